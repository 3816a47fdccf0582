// The rules of NodeDeployment that a field's own schema cannot say: CEL, checked by the API server at admission.
//
// Each has a stable id; crd-rules.test.ts holds, by id, an accepted neighbour, a refused value and the message. A message
// says the limit, the reason and the remedy; the server puts the field in front of it, and without a fieldPath its value.
import { RESERVED_PREFIX, type Rule, bulkOf, hasReservedKey } from './cel.ts';
import { ofConsumers } from './consumer-rules.ts';
import { DATA_VOLUME } from './names.ts';

/** `<name>-<ordinal>-surge` plus the StatefulSet controller's `-<hash>` has to fit into a label of 63 characters. */
export const MAX_NAME_LENGTH = 40;

/** Characters. Keeps what users write a tenth of the 1.5 MB that etcd stores: the status needs room beside it. */
const MAX_TEMPLATE_BULK = 131_072;
const isZero = (field: string) => `string(${field}) in ['0', '0%']`;
const classOf = (storage: string) =>
  `(has(${storage}.storageClassName) ? '"' + ${storage}.storageClassName + '"' : 'absent')`;
const isClean = (path: string) => `${path}.matches('^(/[^/:]+)+$') && !${path}.matches('/[.][.]?(/|$)')`;

const ofMetadata: readonly Rule[] = [
  {
    id: 'name-fits',
    at: '',
    rule: `self.metadata.name.size() <= ${MAX_NAME_LENGTH}`,
    message: `metadata.name has more than ${MAX_NAME_LENGTH} characters: the names of its pods would not fit into a label. Choose a shorter name`,
  },
  {
    id: 'name-is-a-dns-label',
    at: '',
    rule: `self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')`,
    message:
      'metadata.name has to start with a letter, end with a letter or digit, and hold only a-z, 0-9 and -: each member gets a Service of this name',
  },
];

const ofTemplate: readonly Rule[] = [
  {
    id: 'template-labels-are-free',
    at: 'spec.template.metadata.labels',
    rule: `!${hasReservedKey}`,
    message: `the prefix ${RESERVED_PREFIX} is reserved for labels that the operator sets: remove the label`,
    reason: 'FieldValueForbidden',
  },
  {
    id: 'template-annotations-are-free',
    at: 'spec.template.metadata.annotations',
    rule: `!${hasReservedKey}`,
    message: `the prefix ${RESERVED_PREFIX} is reserved for annotations that the operator sets: remove the annotation`,
    reason: 'FieldValueForbidden',
  },
  {
    id: 'restart-policy-is-always',
    at: 'spec.template.spec.restartPolicy',
    rule: `self == 'Always'`,
    message: 'a member runs for ever: remove restartPolicy, or set it to Always',
  },
  {
    id: 'no-active-deadline',
    at: 'spec.template.spec',
    rule: '!has(self.activeDeadlineSeconds)',
    message: 'a member runs for ever, and StatefulSets refuse this field: remove activeDeadlineSeconds',
    fieldPath: '.activeDeadlineSeconds',
    reason: 'FieldValueForbidden',
  },
  {
    id: 'data-volume-is-reserved',
    at: 'spec.template.spec.volumes',
    rule: `self.all(volume, volume.name != '${DATA_VOLUME}')`,
    message: `the volume ${DATA_VOLUME} is reserved: it is the member's claim when spec.storage is set, else an emptyDir. Remove or rename it; containers mount ${DATA_VOLUME} by name without defining it`,
    reason: 'FieldValueForbidden',
  },
  {
    id: 'template-fits',
    at: 'spec.template',
    rule: [
      '(has(self.metadata) && has(self.metadata.annotations) ? self.metadata.annotations.map(key, self.metadata.annotations[key].size()).sum() : 0)',
      bulkOf('self.spec.containers'),
      `(has(self.spec.initContainers) ? ${bulkOf('self.spec.initContainers')} : 0) <= ${MAX_TEMPLATE_BULK}`,
    ].join(' + '),
    message: `the annotations, commands, arguments and environment of the template have more than ${MAX_TEMPLATE_BULK} characters, so that the object could outgrow the cluster's storage: put them into a ConfigMap`,
  },
];

const ofStorage: readonly Rule[] = [
  {
    id: 'storage-stays',
    at: 'spec',
    rule: 'has(self.storage) || !has(oldSelf.storage)',
    message:
      'storage can be added but not removed: the members would start without their data. For members without storage create another NodeDeployment',
    fieldPath: '.storage',
    reason: 'FieldValueForbidden',
  },
  {
    id: 'size-is-a-quantity',
    at: 'spec.storage.size',
    rule: 'isQuantity(self)',
    message: 'not a quantity: write a number and a unit, for example 500Gi',
  },
  {
    id: 'size-is-in-range',
    at: 'spec.storage.size',
    rule: `!isQuantity(self) || (quantity(self).compareTo(quantity('1Mi')) >= 0 && quantity(self).compareTo(quantity('64Ti')) <= 0)`,
    message: 'has to be at least 1Mi and at most 64Ti, the range in which volumes exist',
  },
  {
    // Without a capacity observed no volume is known to hold data: a mistyped first size, or one over quota, may be lowered.
    id: 'size-does-not-shrink',
    at: '',
    rule: [
      '!has(self.spec.storage) || !has(oldSelf.spec.storage) || !isQuantity(self.spec.storage.size)',
      'quantity(self.spec.storage.size).compareTo(quantity(oldSelf.spec.storage.size)) >= 0',
      '!has(self.status) || !has(self.status.largestCapacity)',
      'quantity(self.spec.storage.size).compareTo(quantity(self.status.largestCapacity)) >= 0',
    ].join(' || '),
    message: 'volumes do not shrink: set at least status.largestCapacity, the largest volume of the members',
    messageExpression: `'volumes do not shrink: ' + self.spec.storage.size + ' is less than ' + self.status.largestCapacity + ', the largest volume of the members. Set at least that'`,
    fieldPath: '.spec.storage.size',
    reason: 'FieldValueForbidden',
  },
  {
    id: 'storage-class-is-a-name',
    at: 'spec.storage.storageClassName',
    rule: `self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?$')`,
    message:
      'not the name of a class, which holds only a-z, 0-9, - and . in between: take one of kubectl get storageclasses, "" for static binding, or leave it out for the default class',
  },
  {
    id: 'storage-class-is-immutable',
    at: 'spec.storage',
    rule: 'has(self.storageClassName) == has(oldSelf.storageClassName) && (!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)',
    message:
      'immutable, as in the claims: to change the class create another NodeDeployment. Absent (the default class) and "" (no provisioning) are different',
    messageExpression: `'cannot change from ' + ${classOf('oldSelf')} + ' to ' + ${classOf('self')} + ': immutable, as in the claims. Keep it, or create another NodeDeployment. Absent (the default class) and "" (no provisioning) are different'`,
    fieldPath: '.storageClassName',
    reason: 'FieldValueForbidden',
  },
  {
    id: 'access-mode-is-immutable',
    at: 'spec.storage.accessMode',
    rule: 'self == oldSelf',
    message: 'immutable, as in the claims: to change the access mode create another NodeDeployment',
    messageExpression: `'cannot change from ' + oldSelf + ' to ' + self + ': immutable, as in the claims. Keep it, or create another NodeDeployment'`,
    reason: 'FieldValueForbidden',
  },
  {
    id: 'mount-path-is-clean',
    at: 'spec.storage.mountPath',
    rule: isClean('self'),
    message:
      'has to be an absolute path below /, without . or .. as a part, //, a colon or a / at its end, for example /data',
  },
  {
    id: 'mount-path-is-free',
    at: 'spec',
    rule: [
      '!has(self.storage) || !has(self.storage.mountPath)',
      `self.template.spec.containers.exists(c, has(c.volumeMounts) && c.volumeMounts.exists(m, m.name == '${DATA_VOLUME}'))`,
      '!has(self.template.spec.containers[0].volumeMounts)',
      `self.template.spec.containers[0].volumeMounts.all(m, m.mountPath != self.storage.mountPath && m.mountPath != self.storage.mountPath + '/')`,
    ].join(' || '),
    message:
      'the first container mounts another volume at this path: choose another path, or mount the volume data in the template instead',
    messageExpression: `'the first container mounts another volume at ' + self.storage.mountPath + ': choose another path, or mount the volume data in the template instead'`,
    fieldPath: '.storage.mountPath',
  },
];

/** As Kubernetes' own (apimachinery v0.36 validate.LabelKey): a name of at most 63 characters, after a domain or not. */
const QUALIFIED_NAME = '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';

/** The pattern of the schema refuses the same, but says it in the words of regular expressions. */
const amountRule = (id: string, field: string): Rule => ({
  id,
  at: `spec.rollout.${field}`,
  rule: `type(self) == int || string(self).matches('^(100|[1-9]?[0-9])%$')`,
  message: 'neither a number nor a percentage from 0% to 100%: write for example 1, without quotation marks, or 25%',
});

// At spec: the server checks a field's rules against its default, here {}, before it fills in the defaults inside.
const ofRollout: readonly Rule[] = [
  amountRule('unavailability-is-an-amount', 'maxUnavailable'),
  amountRule('surge-is-an-amount', 'maxSurge'),
  {
    id: 'surge-needs-shared-storage',
    at: 'spec',
    rule: `self.rollout.strategy != 'RollingUpdate' || !has(self.storage) || self.storage.accessMode == 'ReadWriteMany'`,
    message:
      'RollingUpdate runs two pods of a member at once, and only one of them can have its volume: use Recreate or Auto, or storage with accessMode ReadWriteMany',
    messageExpression: `'RollingUpdate runs two pods of a member at once, and with accessMode ' + self.storage.accessMode + ' only one of them can have its volume: use Recreate or Auto, or storage with accessMode ReadWriteMany'`,
    fieldPath: '.rollout.strategy',
  },
  {
    id: 'recreate-needs-unavailability',
    at: 'spec',
    rule: [
      `!(${isZero('self.rollout.maxUnavailable')})`,
      `self.rollout.strategy == 'RollingUpdate'`,
      `(self.rollout.strategy == 'Auto' && (!has(self.storage) || self.storage.accessMode == 'ReadWriteMany'))`,
    ].join(' || '),
    message:
      'Recreate stops a member before it starts it anew, so that 0 would never let it begin: set at least 1, or a percentage above 0. Auto means Recreate for ReadWriteOnce and ReadWriteOncePod',
    fieldPath: '.rollout.maxUnavailable',
  },
  {
    id: 'rollout-can-move',
    at: 'spec',
    rule: `!(${isZero('self.rollout.maxUnavailable')}) || !(${isZero('self.rollout.maxSurge')})`,
    message: 'maxUnavailable and maxSurge are both 0, so that no member could ever be replaced: raise one of them',
    fieldPath: '.rollout.maxUnavailable',
  },
  {
    id: 'deadline-is-reachable',
    at: 'spec',
    rule: 'self.rollout.progressDeadlineSeconds > self.rollout.minReadySeconds',
    message: 'has to be greater than minReadySeconds, or no member could become available in time: raise it',
    messageExpression: `'%d is not greater than minReadySeconds, %d, so that no member could become available in time: raise it, or lower minReadySeconds'.format([self.rollout.progressDeadlineSeconds, self.rollout.minReadySeconds])`,
    fieldPath: '.rollout.progressDeadlineSeconds',
  },
];

const ofService: readonly Rule[] = [
  {
    id: 'service-ports-are-named',
    at: 'spec.service.ports',
    rule: 'self.size() <= 1 || self.all(p, has(p.name) && self.exists_one(q, has(q.name) && q.name == p.name))',
    message: 'with more than one port each needs a name of its own',
  },
  {
    id: 'target-port-is-a-name',
    at: 'spec.service.ports',
    rule: `self.all(p, !has(p.targetPort) || type(p.targetPort) == int || (string(p.targetPort).matches('^[a-z0-9]+(-[a-z0-9]+)*$') && string(p.targetPort).matches('[a-z]')))`,
    message:
      'a targetPort is neither a number nor the name of a port, which holds only a-z, 0-9 and single - in between, with a letter: write for example 8080, without quotation marks, or http',
  },
  {
    id: 'app-protocols-are-names',
    at: 'spec.service.ports',
    rule: `self.all(p, !has(p.appProtocol) || p.appProtocol.matches('${QUALIFIED_NAME}'))`,
    message: 'an appProtocol is not the name of a protocol: write for example http, or kubernetes.io/h2c',
  },
  {
    id: 'service-annotations-are-named',
    at: 'spec.service.annotations',
    rule: `self.all(key, key.matches('${QUALIFIED_NAME}'))`,
    message: 'a key is not the name of an annotation: write for example example.com/owner',
  },
  {
    id: 'service-annotations-are-free',
    at: 'spec.service.annotations',
    rule: `!${hasReservedKey}`,
    message: `the prefix ${RESERVED_PREFIX} is reserved for annotations that the operator sets: remove the annotation`,
    reason: 'FieldValueForbidden',
  },
];

const ofStatus: readonly Rule[] = [
  {
    // At the root: a write of `status: null` skips the rules of status. It also runs on writes of the spec, which keep status.
    id: 'active-plan-stays',
    at: '',
    rule: [
      `!has(oldSelf.status) || !has(oldSelf.status.plan) || oldSelf.status.plan.phase != 'Active'`,
      '(has(self.status) && has(self.status.plan) && self.status.plan.id == oldSelf.status.plan.id)',
    ].join(' || '),
    message: 'the active plan can be neither removed nor replaced: first set its phase to Completed or Superseded',
    messageExpression: `'the plan ' + oldSelf.status.plan.id + ' is active and can be neither removed nor replaced: first set its phase to Completed or Superseded'`,
    fieldPath: '.status.plan',
    reason: 'FieldValueForbidden',
  },
];

/** All rules, in the order of the fields. */
export const RULES: readonly Rule[] = [
  ...ofMetadata,
  ...ofTemplate,
  ...ofConsumers,
  ...ofStorage,
  ...ofRollout,
  ...ofService,
  ...ofStatus,
];
