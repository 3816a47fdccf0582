// The rules of `spec.consumers`: CEL, as those of rules.ts, which holds all.
import { RESERVED_PREFIX, type Rule, bulkOf, hasReservedKey } from './cel.ts';
import { DATA_VOLUME } from './names.ts';

/** Characters, of all consumers together. */
const MAX_CONSUMER_BULK = 65_536;

/** `<name>-<ordinal>-<consumer>` has to fit into 52 characters: a StatefulSet's pods, and a CronJob's Jobs, carry it with more in a label. */
export const MAX_CONSUMER_NAMES = 47;

const hasItems = (list: string) => `(has(${list}) && ${list}.size() > 0)`;

/** Everything of a PodSpec that a sidecar has no say in: it is the member's. Held against the schema by a test. */
export const OF_THE_POD = [
  'activeDeadlineSeconds affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC',
  'hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets nodeName nodeSelector os overhead',
  'preemptionPolicy priority priorityClassName readinessGates resourceClaims resources restartPolicy runtimeClassName',
  'schedulerName schedulingGates schedulingGroup securityContext serviceAccount serviceAccountName setHostnameAsFQDN',
  'shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations topologySpreadConstraints',
].flatMap((line) => line.split(' '));

const isIn = (list: string, item: string) => `(has(${list}) && ${list}.exists(x, x.name == ${item}))`;
/** Whether no item of this list in a sidecar has a name that is taken in the member's pod, by itself or by another sidecar. */
const areNamesFree = (list: string, lists: readonly string[]) => {
  const isTaken = (pod: string) => lists.map((one) => isIn(`${pod}.${one}`, 'k.name')).join(' || ');
  const others = `self.consumers.exists(o, o.name != c.name && o.kind == 'Sidecar' && (${isTaken('o.template.spec')}))`;
  const own = `c.template.spec.${list}`;
  return `(!has(${own}) || ${own}.all(k, !(${isTaken('self.template.spec')}) && !${others}))`;
};
/** Values of minute, hour, day of the month, month, day of the week. */
const CRON_FIELDS = [
  '[0-5]?[0-9]',
  '([01]?[0-9]|2[0-3])',
  '(0?[1-9]|[12][0-9]|3[01])',
  '(0?[1-9]|1[0-2]|(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))',
  '([0-6]|(?i:sun|mon|tue|wed|thu|fri|sat))',
];
/** `*`, a value, or a range, each with a step or not; one or more of them. */
const listOf = (value: string) => {
  const part = `([*?]|${value}(-${value})?)(/[1-9][0-9]*)?`;
  return `${part}(,${part})*`;
};
const listed = (values: string) => `(${values})([,-](${values}))*`;
/** Days and months of a schedule that do not meet: 30 and 31 of February, 31 of the short months. */
const NEVER_DUE = [
  `${listed('30|31')} +${listed('0?2|(?i:feb)')}`,
  `${listed('31')} +${listed('0?[2469]|11|(?i:feb|apr|jun|sep|nov)').replace('[,-]', ',')}`,
].join('|');
const CONTAINER_LISTS = ['containers', 'initContainers'];

export const ofConsumers: readonly Rule[] = [
  {
    id: 'consumer-name-is-a-dns-label',
    at: 'spec.consumers[].name',
    rule: `self.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$') && self != 'surge'`,
    message:
      'has to start with a letter, end with a letter or digit, hold only a-z, 0-9 and -, and not be surge: objects are named after it',
  },
  {
    id: 'consumer-names-fit',
    at: '',
    rule: `!has(self.spec.consumers) || self.spec.consumers.all(c, self.metadata.name.size() + c.name.size() <= ${MAX_CONSUMER_NAMES})`,
    message: `a name of a consumer and metadata.name have more than ${MAX_CONSUMER_NAMES} characters together: the names of its objects would not fit into a label. Choose a shorter name`,
    fieldPath: '.spec.consumers',
  },
  {
    id: 'consumer-has-containers',
    at: 'spec.consumers[]',
    rule: `${hasItems('self.template.spec.containers')} || (self.kind == 'Sidecar' && ${hasItems('self.template.spec.initContainers')})`,
    message: 'has no container: add one, or to a Sidecar an init container with restartPolicy Always',
    fieldPath: '.template.spec',
  },
  {
    id: 'consumer-labels-are-free',
    at: 'spec.consumers[].template.metadata.labels',
    rule: `!${hasReservedKey}`,
    message: `the prefix ${RESERVED_PREFIX} is reserved for labels that the operator sets: remove the label`,
    reason: 'FieldValueForbidden',
  },
  {
    id: 'consumer-annotations-are-free',
    at: 'spec.consumers[].template.metadata.annotations',
    rule: `!${hasReservedKey}`,
    message: `the prefix ${RESERVED_PREFIX} is reserved for annotations that the operator sets: remove the annotation`,
    reason: 'FieldValueForbidden',
  },
  {
    id: 'consumer-data-volume-is-reserved',
    at: 'spec.consumers[].template.spec.volumes',
    rule: `self.all(volume, volume.name != '${DATA_VOLUME}')`,
    message: `the volume ${DATA_VOLUME} is reserved: it is the member's. Remove or rename it; containers mount ${DATA_VOLUME} by name without defining it`,
    reason: 'FieldValueForbidden',
  },
  {
    id: 'sidecar-leaves-the-pod-alone',
    at: 'spec.consumers[]',
    rule: `self.kind != 'Sidecar' || !(${['has(self.template.metadata)', ...OF_THE_POD.map((field) => `has(self.template.spec.${field})`)].join(' || ')})`,
    message:
      "a Sidecar runs in the member's pod and brings only containers, initContainers and volumes: move every other field to spec.template",
    fieldPath: '.template',
    reason: 'FieldValueForbidden',
  },
  {
    id: 'native-sidecars-stay',
    at: 'spec.consumers[]',
    rule: `self.kind != 'Sidecar' || !has(self.template.spec.initContainers) || self.template.spec.initContainers.all(c, has(c.restartPolicy) && c.restartPolicy == 'Always')`,
    message: 'an init container of a Sidecar runs beside the member: set its restartPolicy to Always',
    fieldPath: '.template.spec.initContainers',
  },
  {
    id: 'sidecar-containers-are-named-apart',
    at: 'spec',
    rule: `!has(self.consumers) || self.consumers.all(c, c.kind != 'Sidecar' || (${CONTAINER_LISTS.map((list) => areNamesFree(list, CONTAINER_LISTS)).join(' && ')}))`,
    message: "a container of a Sidecar has the name of another container in the member's pod: rename one of them",
    fieldPath: '.consumers',
  },
  {
    id: 'sidecar-volumes-are-named-apart',
    at: 'spec',
    rule: `!has(self.consumers) || self.consumers.all(c, c.kind != 'Sidecar' || ${areNamesFree('volumes', ['volumes'])})`,
    message: "a volume of a Sidecar has the name of another volume in the member's pod: rename one of them",
    fieldPath: '.consumers',
  },
  {
    id: 'follower-stays',
    at: 'spec.consumers[]',
    rule: `self.kind != 'Follower' || ((!has(self.template.spec.restartPolicy) || self.template.spec.restartPolicy == 'Always') && !has(self.template.spec.activeDeadlineSeconds))`,
    message:
      'a Follower runs as long as its member: remove activeDeadlineSeconds, and restartPolicy or set it to Always',
    fieldPath: '.template.spec',
  },
  {
    id: 'schedule-is-of-a-cron-job',
    at: 'spec.consumers[]',
    rule: `(self.kind == 'CronJob') == has(self.schedule) && (self.kind == 'CronJob' || !has(self.timeZone))`,
    message:
      'a CronJob needs a schedule, and no other kind has schedule or timeZone: write for example schedule: "0 3 * * *", or remove them',
    fieldPath: '.schedule',
  },
  {
    id: 'schedule-is-readable',
    at: 'spec.consumers[].schedule',
    rule: `self.matches('^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|${CRON_FIELDS.map(listOf).join(' +')})$')`,
    message:
      'not a schedule: write minute, hour, day of the month, month and day of the week, for example "0 3 * * *", or @hourly, @daily, @weekly, @monthly, @yearly; the zone goes into timeZone',
  },
  {
    // Only the plain ways to write it: the operator knows the others too (belts.ts).
    id: 'schedule-is-ever-due',
    at: 'spec.consumers[].schedule',
    rule: `!self.matches('^[^ ]+ +[^ ]+ +(${NEVER_DUE}) +[*?]$')`,
    message:
      'no month of it has such a day, so that it would never run: choose another day or month, for example "0 3 1 * *" for the first of each month',
  },
  {
    id: 'time-zone-is-a-name',
    at: 'spec.consumers[].timeZone',
    rule: `self.matches('^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$') && self != 'Local'`,
    message: 'not the name of a time zone: write for example Europe/Berlin, or Etc/UTC',
  },
  {
    id: 'cron-job-ends',
    at: 'spec.consumers[]',
    rule: `self.kind != 'CronJob' || !has(self.template.spec.restartPolicy) || self.template.spec.restartPolicy in ['OnFailure', 'Never']`,
    message: 'a run of a CronJob ends: remove restartPolicy, or set it to OnFailure, which is the default, or Never',
    fieldPath: '.template.spec',
  },
  {
    id: 'follower-needs-shared-storage',
    at: 'spec',
    rule: `!has(self.consumers) || self.consumers.all(c, c.kind == 'Sidecar') || (has(self.storage) && self.storage.accessMode != 'ReadWriteOncePod')`,
    message:
      'a consumer with a pod of its own needs a volume that two pods can mount: use kind Sidecar, or spec.storage with accessMode ReadWriteOnce or ReadWriteMany',
    fieldPath: '.consumers',
  },
  {
    id: 'consumers-fit',
    at: 'spec',
    rule: `!has(self.consumers) || self.consumers.map(c, ${CONTAINER_LISTS.map((list) => `(has(c.template.spec.${list}) ? ${bulkOf(`c.template.spec.${list}`)} : 0)`).join(' + ')}).sum() <= ${MAX_CONSUMER_BULK}`,
    message: `the commands, arguments and environment of the consumers have more than ${MAX_CONSUMER_BULK} characters, so that the object could outgrow the cluster's storage: put them into a ConfigMap`,
    fieldPath: '.consumers',
  },
];
