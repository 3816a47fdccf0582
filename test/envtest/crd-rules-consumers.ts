// Cases of the rules of `spec.consumers`, for crd-rules.test.ts.
import { fleet } from './support/fleets.ts';

const C = { name: 'log', image: 'log:1' };
const NATIVE = { ...C, restartPolicy: 'Always' };
const sidecar = (pod: object, name = 'log', template: object = {}) => ({
  name,
  kind: 'Sidecar',
  template: { ...template, spec: pod },
});
const withConsumers = (...consumers: readonly object[]) => fleet({ spec: { consumers } });
const withSidecar = (pod: object, name?: string, template?: object) => withConsumers(sidecar(pod, name, template));
const withArgument = (characters: number) =>
  withSidecar({ containers: [{ ...C, args: ['x'.repeat(65_536 - 1), 'x'.repeat(characters - 65_535)] }] });
const withFollower = (pod: object, storage: object = {}) =>
  fleet({ storage, spec: { consumers: [{ name: 'log', kind: 'Follower', template: { spec: pod } }] } });
const one = { containers: [C] };
const withCronJob = (more: object, storage: object = {}) => {
  const consumer = { name: 'log', kind: 'CronJob', schedule: '0 3 * * *', template: { spec: one }, ...more };
  return fleet({ storage, spec: { consumers: [consumer] } });
};
const volume = (name: string) => ({ ...one, volumes: [{ name, emptyDir: {} }] });
const isTaken = 'of a Sidecar has the name of another';

export const CONSUMER_CASES = [
  {
    rule: 'consumer-name-is-a-dns-label',
    what: 'the reserved name surge',
    accepts: withSidecar(one, 'surge-1'),
    refuses: withSidecar(one, 'surge'),
    says: 'has to start with a letter, end with a letter or digit, hold only a-z, 0-9 and -, and not be surge',
  },
  {
    rule: 'consumer-names-fit',
    what: '48 characters with the name of the fleet, web',
    accepts: withSidecar(one, 'n'.repeat(44)),
    refuses: withSidecar(one, 'n'.repeat(45)),
    says: 'a name of a consumer and metadata.name have more than 47 characters together',
  },
  {
    rule: 'consumer-has-containers',
    what: 'neither a container nor a native sidecar',
    accepts: withSidecar({ initContainers: [NATIVE] }),
    refuses: withSidecar({ initContainers: [] }),
    says: 'spec.consumers[0].template.spec: Invalid value: has no container: add one',
  },
  {
    rule: 'consumer-labels-are-free',
    what: 'a reserved label',
    accepts: withSidecar(one),
    refuses: withSidecar(one, 'log', { metadata: { labels: { 'nodefleet.dev/member': 'web-0' } } }),
    says: 'spec.consumers[0].template.metadata.labels: Forbidden: the prefix nodefleet.dev/ is reserved',
  },
  {
    rule: 'consumer-annotations-are-free',
    what: 'a reserved annotation',
    accepts: withSidecar(one),
    refuses: withSidecar(one, 'log', { metadata: { annotations: { 'nodefleet.dev/a': 'b' } } }),
    says: 'spec.consumers[0].template.metadata.annotations: Forbidden: the prefix nodefleet.dev/ is reserved',
  },
  {
    rule: 'consumer-data-volume-is-reserved',
    what: 'a volume data of its own',
    accepts: withSidecar(volume('logs')),
    refuses: withSidecar(volume('data')),
    says: "spec.consumers[0].template.spec.volumes: Forbidden: the volume data is reserved: it is the member's",
  },
  {
    rule: 'sidecar-leaves-the-pod-alone',
    what: 'a nodeSelector, which is for the whole pod',
    accepts: withSidecar(one),
    refuses: withSidecar({ ...one, nodeSelector: { a: 'b' } }),
    says: 'spec.consumers[0].template: Forbidden: a Sidecar runs in the member',
  },
  {
    rule: 'native-sidecars-stay',
    what: 'an init container that ends',
    accepts: withSidecar({ initContainers: [NATIVE] }),
    refuses: withSidecar({ initContainers: [C] }),
    says: 'an init container of a Sidecar runs beside the member: set its restartPolicy to Always',
  },
  {
    rule: 'sidecar-containers-are-named-apart',
    what: "the name of the member's container",
    accepts: withSidecar({ containers: [{ ...C, name: 'web-1' }] }),
    refuses: withSidecar({ containers: [{ ...C, name: 'web' }] }),
    says: `a container ${isTaken} container in the member's pod`,
  },
  {
    rule: 'sidecar-containers-are-named-apart',
    what: 'the name of a container of another sidecar',
    accepts: withConsumers(sidecar(one), sidecar({ initContainers: [{ ...NATIVE, name: 'log-1' }] }, 'b')),
    refuses: withConsumers(sidecar(one), sidecar({ initContainers: [NATIVE] }, 'b')),
    says: `a container ${isTaken} container in the member's pod`,
  },
  {
    rule: 'sidecar-volumes-are-named-apart',
    what: 'the name of a volume of another sidecar',
    accepts: withConsumers(sidecar(volume('a')), sidecar({ ...volume('b'), containers: [{ ...C, name: 'b' }] }, 'b')),
    refuses: withConsumers(sidecar(volume('a')), sidecar({ ...volume('a'), containers: [{ ...C, name: 'b' }] }, 'b')),
    says: `a volume ${isTaken} volume in the member's pod`,
  },
  {
    rule: 'follower-stays',
    what: 'a restart policy of a Job',
    accepts: withFollower({ ...one, restartPolicy: 'Always' }),
    refuses: withFollower({ ...one, restartPolicy: 'OnFailure' }),
    says: 'spec.consumers[0].template.spec: Invalid value: a Follower runs as long as its member',
  },
  {
    rule: 'schedule-is-of-a-cron-job',
    what: 'a CronJob without a schedule',
    accepts: withCronJob({}),
    refuses: withCronJob({ schedule: undefined }),
    says: 'spec.consumers[0].schedule: Invalid value: a CronJob needs a schedule, and no other kind has schedule or timeZone',
  },
  {
    rule: 'schedule-is-of-a-cron-job',
    what: 'a time zone of a follower',
    accepts: withCronJob({ timeZone: 'Europe/Berlin' }),
    refuses: withCronJob({ kind: 'Follower', schedule: undefined, timeZone: 'Europe/Berlin' }),
    says: 'a CronJob needs a schedule, and no other kind has schedule or timeZone',
  },
  {
    rule: 'schedule-is-readable',
    what: 'four fields',
    accepts: withCronJob({ schedule: '*/5  0-6,22 * JAN-mar 1' }),
    refuses: withCronJob({ schedule: '0 3 * *' }),
    says: 'spec.consumers[0].schedule: Invalid value: "0 3 * *": not a schedule',
  },
  {
    rule: 'schedule-is-readable',
    what: 'an interval, which has no fixed times',
    accepts: withCronJob({ schedule: '@daily' }),
    refuses: withCronJob({ schedule: '@every 5m' }),
    says: 'not a schedule: write minute, hour, day of the month, month and day of the week',
  },
  {
    rule: 'schedule-is-readable',
    what: 'a minute that no hour has',
    accepts: withCronJob({ schedule: '59 23 31 12 6' }),
    refuses: withCronJob({ schedule: '60 3 * * *' }),
    says: 'spec.consumers[0].schedule: Invalid value: "60 3 * * *": not a schedule',
  },
  ...['0 0 30 2 *', '0 0 30,31 02 ?', '0 0 31 4,jun,SEP *', '0  0  30-31  feb  *'].map((schedule) => ({
    rule: 'schedule-is-ever-due',
    what: schedule,
    accepts: withCronJob({ schedule: schedule.replace(/[*?]$/, '1') }),
    refuses: withCronJob({ schedule }),
    says: `spec.consumers[0].schedule: Invalid value: "${schedule}": no month of it has such a day, so that it would never run`,
  })),
  {
    rule: 'schedule-is-ever-due',
    what: 'a day that one of the months has',
    accepts: withCronJob({ schedule: '0 0 31 2,3 *' }),
    refuses: withCronJob({ schedule: '0 0 31 2,4 *' }),
    says: 'no month of it has such a day',
  },
  {
    rule: 'time-zone-is-a-name',
    what: 'the zone of whatever machine the controllers run on',
    accepts: withCronJob({ timeZone: 'Etc/GMT+3' }),
    refuses: withCronJob({ timeZone: 'Local' }),
    says: 'spec.consumers[0].timeZone: Invalid value: "Local": not the name of a time zone',
  },
  {
    rule: 'cron-job-ends',
    what: 'a restart policy of a server',
    accepts: withCronJob({ template: { spec: { ...one, restartPolicy: 'Never' } } }),
    refuses: withCronJob({ template: { spec: { ...one, restartPolicy: 'Always' } } }),
    says: 'a run of a CronJob ends: remove restartPolicy',
  },
  {
    rule: 'follower-needs-shared-storage',
    what: 'a volume for one pod only, under a CronJob',
    accepts: withCronJob({}),
    refuses: withCronJob({}, { accessMode: 'ReadWriteOncePod' }),
    says: 'a consumer with a pod of its own needs a volume that two pods can mount',
  },
  {
    rule: 'follower-needs-shared-storage',
    what: 'a volume for one pod only',
    accepts: withFollower(one, { accessMode: 'ReadWriteOnce' }),
    refuses: withFollower(one, { accessMode: 'ReadWriteOncePod' }),
    says: 'spec.consumers: Invalid value: a consumer with a pod of its own needs a volume that two pods can mount',
  },
  {
    rule: 'follower-needs-shared-storage',
    what: 'no storage at all',
    accepts: withSidecar(one),
    refuses: fleet({ spec: { consumers: [{ name: 'log', kind: 'Follower', template: { spec: one } }] } }),
    says: 'a consumer with a pod of its own needs a volume that two pods can mount',
  },
  {
    rule: 'consumers-fit',
    what: '65,537 characters of arguments',
    accepts: withArgument(65_536),
    refuses: withArgument(65_537),
    says: 'the commands, arguments and environment of the consumers have more than 65536 characters',
  },
];
