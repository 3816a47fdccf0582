// The catalogue of bad NodeDeployments that the API server itself refuses, each with what it has to say.
import { fleet } from '../support/fleets.ts';

export interface RefusedInput {
  readonly what: string;
  readonly object: object;
  /** The path that the answer has to name, with indices. */
  readonly field: string;
  /** The limit, and the remedy where the words are ours: the server's own schema has none. */
  readonly says: string;
}

const WEB = { name: 'web', image: 'web:1' };
const withPod = (pod: object, metadata?: object) =>
  fleet({ spec: { template: { ...(metadata && { metadata }), spec: { containers: [WEB], ...pod } } } });
const withContainer = (container: object) => withPod({ containers: [{ ...WEB, ...container }] });
const withSpec = (spec: object) => fleet({ spec });
const withStorage = (storage: object) => fleet({ storage });
const withRollout = (rollout: object) => fleet({ rollout });
const withConsumer = (consumer: object, storage: object = {}) =>
  fleet({
    storage,
    spec: {
      consumers: [{ name: 'log', kind: 'Follower', template: { spec: { containers: [WEB] } }, ...consumer }],
    },
  });
const cron = (schedule: string) => withConsumer({ kind: 'CronJob', schedule });
const many = <T>(count: number, item: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => item(index));
const keys = (count: number) => Object.fromEntries(many(count, (index) => [`k${index}`, 'v']));
/** As a client in another language sends it: JSON.parse makes an own key of it, as the server does. */
const proto = JSON.parse('{"__proto__": {"polluted": true}}');

const NUMBERS: readonly RefusedInput[] = [
  {
    what: 'a billion replicas',
    object: fleet({ replicas: 1e9 }),
    field: 'spec.replicas',
    says: 'less than or equal to 256',
  },
  { what: '-1 replicas', object: fleet({ replicas: -1 }), field: 'spec.replicas', says: 'greater than or equal to 0' },
  { what: '1.5 replicas', object: fleet({ replicas: 1.5 }), field: 'spec.replicas', says: 'must be of type integer' },
  {
    what: 'replicas past an int32',
    object: fleet({ replicas: 2 ** 53 }),
    field: 'spec.replicas',
    says: 'less than or equal to 256',
  },
  {
    what: 'replicas as a word',
    object: withSpec({ replicas: 'three' }),
    field: 'spec.replicas',
    says: 'must be of type integer: "string"',
  },
  ...['0', '1m', '-1Gi', '999999999999999999999Ei', '65Ti', '1n'].map((size) => ({
    what: `the size ${size}`,
    object: withStorage({ size }),
    field: 'spec.storage.size',
    says: `"${size}": has to be at least 1Mi and at most 64Ti`,
  })),
  ...['1e1000', 'ten', '1 Gi', '١٠Gi', '10Gi\u0000', '10Gi\n'].map((size) => ({
    what: `the size ${JSON.stringify(size)}`,
    object: withStorage({ size }),
    field: 'spec.storage.size',
    says: size === '1e1000' ? 'Invalid value' : 'not a quantity: write a number and a unit, for example 500Gi',
  })),
  {
    what: 'an empty size',
    object: withStorage({ size: '' }),
    field: 'spec.storage.size',
    says: 'at least 1 chars long',
  },
  {
    what: 'a size without end',
    object: withStorage({ size: '9'.repeat(100_000) }),
    field: 'spec.storage.size',
    says: 'may not be more than 32 bytes',
  },
  {
    what: 'a negative partition',
    object: withRollout({ partition: -1 }),
    field: 'spec.rollout.partition',
    says: 'greater than or equal to 0',
  },
  {
    what: 'a partition past an int32',
    object: withRollout({ partition: 2 ** 40 }),
    field: 'spec.rollout.partition',
    says: 'must be of type integer with format int32',
  },
  {
    what: 'no unavailability and no surge',
    object: withRollout({ maxUnavailable: 0, maxSurge: 0 }),
    field: 'spec.rollout.maxUnavailable',
    says: 'both 0, so that no member could ever be replaced: raise one of them',
  },
  {
    what: '101 percent',
    object: withRollout({ maxUnavailable: '101%' }),
    field: 'spec.rollout.maxUnavailable',
    says: 'neither a number nor a percentage from 0% to 100%: write for example 1',
  },
  {
    what: 'a deadline before readiness',
    object: withRollout({ minReadySeconds: 600 }),
    field: 'spec.rollout.progressDeadlineSeconds',
    says: '600 is not greater than minReadySeconds, 600',
  },
  {
    what: 'a detach timeout of a second',
    object: withRollout({ detachTimeoutSeconds: 1 }),
    field: 'spec.rollout.detachTimeoutSeconds',
    says: 'greater than or equal to 30',
  },
  {
    what: 'port 0',
    object: withSpec({ service: { ports: [{ port: 0 }] } }),
    field: 'spec.service.ports[0].port',
    says: 'greater than or equal to 1',
  },
];

const NAMES: readonly RefusedInput[] = [
  ...[41, 53, 63].map((length) => ({
    what: `a name of ${length} characters`,
    object: fleet({ name: 'n'.repeat(length) }),
    field: 'metadata.name',
    says: 'has more than 40 characters: the names of its pods would not fit into a label. Choose a shorter name',
  })),
  {
    what: 'a name with a dot',
    object: fleet({ name: 'web.example' }),
    field: 'metadata.name',
    says: 'has to start with a letter, end with a letter or digit, and hold only a-z, 0-9 and -',
  },
  { what: 'a name in capitals', object: fleet({ name: 'Web' }), field: 'metadata.name', says: 'RFC 1123 subdomain' },
  {
    what: 'a name that leads out of its path',
    object: fleet({ name: '../../secrets/web' }),
    field: 'metadata.name',
    says: 'Invalid value',
  },
  {
    what: 'a name in look-alike letters',
    object: fleet({ name: 'wеb' }),
    field: 'metadata.name',
    says: 'RFC 1123 subdomain',
  },
  {
    what: 'a reserved label',
    object: withPod({}, { labels: { 'nodefleet.dev/member': 'other-0' } }),
    field: 'spec.template.metadata.labels',
    says: 'the prefix nodefleet.dev/ is reserved for labels that the operator sets: remove the label',
  },
  {
    what: 'a reserved annotation',
    object: withPod({}, { annotations: { 'nodefleet.dev/applied-hash': 'x' } }),
    field: 'spec.template.metadata.annotations',
    says: 'is reserved for annotations that the operator sets: remove the annotation',
  },
  {
    what: 'a reserved annotation of the Service',
    object: withSpec({ service: { annotations: { 'nodefleet.dev/applied-hash': 'x' } } }),
    field: 'spec.service.annotations',
    says: 'remove the annotation',
  },
  {
    what: 'a consumer named as the surge pod',
    object: withConsumer({ name: 'surge' }),
    field: 'spec.consumers[0].name',
    says: 'and not be surge: objects are named after it',
  },
  {
    what: 'a consumer named as a member',
    object: withConsumer({ name: '0' }),
    field: 'spec.consumers[0].name',
    says: 'has to start with a letter',
  },
  {
    what: 'consumers of one name',
    object: fleet({
      storage: {},
      spec: {
        consumers: ['a', 'a'].map((name) => ({ name, kind: 'Follower', template: { spec: { containers: [WEB] } } })),
      },
    }),
    field: 'spec.consumers[1]',
    says: 'Duplicate value: {"name":"a"}',
  },
  {
    what: 'a consumer whose name does not fit',
    object: withConsumer({ name: 'n'.repeat(45) }),
    field: 'spec.consumers',
    says: 'have more than 47 characters together',
  },
  {
    what: 'a storage class with a newline',
    object: withStorage({ storageClassName: 'fast\nslow' }),
    field: 'spec.storage.storageClassName',
    says: 'not the name of a class',
  },
];

const TEMPLATES: readonly RefusedInput[] = [
  { what: 'no template', object: withSpec({ template: null }), field: 'spec.template', says: 'Required value' },
  {
    what: 'no container',
    object: withPod({ containers: [] }),
    field: 'spec.template.spec.containers',
    says: 'should have at least 1 items',
  },
  {
    what: 'two volumes of one name',
    object: withPod({ volumes: many(2, () => ({ name: 'logs', emptyDir: {} })) }),
    field: 'spec.template.spec.volumes[1]',
    says: 'Duplicate value: {"name":"logs"}',
  },
  {
    what: 'two containers of one name',
    object: withPod({ containers: [WEB, WEB] }),
    field: 'spec.template.spec.containers[1]',
    says: 'Duplicate value: {"name":"web"}',
  },
  {
    what: 'two environment variables of one name',
    object: withContainer({ env: many(2, (index) => ({ name: 'A', value: `${index}` })) }),
    field: 'spec.template.spec.containers[0].env[1]',
    says: 'Duplicate value: {"name":"A"}',
  },
  {
    what: 'a volume of the reserved name',
    object: withPod({ volumes: [{ name: 'data', hostPath: { path: '/' } }] }),
    field: 'spec.template.spec.volumes',
    says: "the volume data is reserved: it is the member's claim",
  },
  {
    what: 'a pod that ends',
    object: withPod({ restartPolicy: 'Never' }),
    field: 'spec.template.spec.restartPolicy',
    says: 'a member runs for ever: remove restartPolicy, or set it to Always',
  },
  {
    what: 'a deadline of the pod',
    object: withPod({ activeDeadlineSeconds: 5 }),
    field: 'spec.template.spec.activeDeadlineSeconds',
    says: 'remove activeDeadlineSeconds',
  },
  {
    what: 'a field with a typo',
    object: withContainer({ imagePullPolice: 'Always' }),
    field: 'spec.template.spec.containers[0].imagePullPolice',
    says: 'unknown field',
  },
  { what: 'a field named __proto__', object: withSpec(proto), field: 'spec.__proto__', says: 'unknown field' },
  {
    what: 'an annotation named __proto__ that is no string',
    object: withPod({}, { annotations: proto }),
    field: 'spec.template.metadata.annotations.__proto__',
    says: 'unknown field',
  },
  {
    what: 'an annotation of the Service named __proto__',
    object: withSpec({ service: { annotations: JSON.parse('{"__proto__": "polluted"}') } }),
    field: 'spec.service.annotations',
    says: 'a key is not the name of an annotation: write for example example.com/owner',
  },
  {
    what: 'a port by a name that no port can have',
    object: withSpec({ service: { ports: [{ port: 80, targetPort: 'Not_A_Port' }] } }),
    field: 'spec.service.ports',
    says: 'write for example 8080, without quotation marks, or http',
  },
  {
    what: 'an application protocol that is none',
    object: withSpec({ service: { ports: [{ port: 80, appProtocol: 'http/ 2' }] } }),
    field: 'spec.service.ports',
    says: 'write for example http, or kubernetes.io/h2c',
  },
  {
    what: 'a consumer on no machine',
    object: withConsumer({
      template: {
        spec: {
          containers: [WEB],
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } },
        },
      },
    }),
    field: 'requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms',
    says: 'should have at least 1 items',
  },
  {
    what: '65 labels',
    object: withPod({}, { labels: keys(65) }),
    field: 'spec.template.metadata.labels',
    says: 'must have at most 64 items',
  },
  {
    what: '513 environment variables',
    object: withContainer({ env: many(513, (index) => ({ name: `A${index}` })) }),
    field: 'spec.template.spec.containers[0].env',
    says: 'must have at most 512 items',
  },
  {
    what: 'arguments of 300 KB',
    object: withContainer({ args: many(5, () => 'x'.repeat(60_000)) }),
    field: 'spec.template',
    says: "more than 131072 characters, so that the object could outgrow the cluster's storage: put them into a ConfigMap",
  },
  {
    what: 'an argument of a megabyte',
    object: withContainer({ args: ['x'.repeat(1e6)] }),
    field: 'spec.template.spec.containers[0].args[0]',
    says: 'may not be more than 65536 bytes',
  },
  {
    what: 'a template that is a list',
    object: withSpec({ template: [] }),
    field: 'spec.template',
    says: 'must be of type object',
  },
  {
    what: 'a memory that is no quantity',
    object: withContainer({ resources: { limits: { memory: '1GB' } } }),
    field: 'spec.template.spec.containers[0].resources.limits.memory',
    says: '"1GB"',
  },
];

const STORAGE: readonly RefusedInput[] = [
  ...['/data/../etc', 'data', '/', '/data/', '//data', '/da:ta', '/.', ''].map((mountPath) => ({
    what: `the mount path ${JSON.stringify(mountPath)}`,
    object: withStorage({ mountPath }),
    field: 'spec.storage.mountPath',
    says: 'has to be an absolute path below /, without . or .. as a part',
  })),
  {
    what: 'the mount path /d beside a /d/ of the container',
    object: fleet({
      storage: { mountPath: '/d' },
      spec: {
        template: {
          spec: {
            containers: [{ ...WEB, volumeMounts: [{ name: 'x', mountPath: '/d/' }] }],
            volumes: [{ name: 'x', emptyDir: {} }],
          },
        },
      },
    }),
    field: 'spec.storage.mountPath',
    says: 'the first container mounts another volume at /d: choose another path',
  },
  {
    what: 'a mount path without end',
    object: withStorage({ mountPath: `/${'d'.repeat(10_000)}` }),
    field: 'spec.storage.mountPath',
    says: 'may not be more than 512 bytes',
  },
  {
    what: 'an access mode that no member can use',
    object: withStorage({ accessMode: 'ReadOnlyMany' }),
    field: 'spec.storage.accessMode',
    says: 'supported values: "ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"',
  },
  {
    what: 'RollingUpdate on a single-writer volume',
    object: fleet({ storage: {}, rollout: { strategy: 'RollingUpdate' } }),
    field: 'spec.rollout.strategy',
    says: 'use Recreate or Auto, or storage with accessMode ReadWriteMany',
  },
  {
    what: 'a follower on a volume for one pod',
    object: withConsumer({}, { accessMode: 'ReadWriteOncePod' }),
    field: 'spec.consumers',
    says: 'use kind Sidecar, or spec.storage with accessMode ReadWriteOnce or ReadWriteMany',
  },
  ...['60 3 * * *', '0 3 * *', '@every 1s', '* * * * * *', '0 0 31 2 *', '0 0 30 2 *', '0 0 31 4,6,9,11 *'].map(
    (schedule) => ({
      what: `the schedule ${schedule}`,
      object: cron(schedule),
      field: 'spec.consumers[0].schedule',
      says: schedule.startsWith('0 0 3')
        ? 'no month of it has such a day, so that it would never run'
        : 'not a schedule',
    }),
  ),
  {
    what: 'a time zone that depends on a machine',
    object: withConsumer({ kind: 'CronJob', schedule: '@daily', timeZone: 'Local' }),
    field: 'spec.consumers[0].timeZone',
    says: 'not the name of a time zone: write for example Europe/Berlin',
  },
];

export const REFUSED_INPUT: readonly RefusedInput[] = [...NUMBERS, ...NAMES, ...TEMPLATES, ...STORAGE];
