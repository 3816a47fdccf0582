// Values of a property: others that it may have, and some that it must not have. Derived from its schema; where the
// schema cannot know what a value means, a hint says it.
import type { Property } from './properties.ts';
import { isOfPod } from './properties.ts';

export interface Hint {
  /** Instead of what the schema would give. */
  readonly values?: readonly unknown[];
  /** Other fields that the value needs, by path. */
  readonly beside?: Readonly<Record<string, unknown>>;
  /** Only fleets that are made with it have it: why nobody can change to it, or back. */
  readonly isFinal?: string;
  /** Only grows: there is a way to it, and none back. */
  readonly isOneWay?: string;
  /** Which item of a list has it. */
  readonly index?: number;
  /** What a fresh fleet legitimately lacks, so that the two are not compared. */
  readonly differs?: string;
}

const IMMUTABLE = 'immutable, as in the claims';
const SHARED = { 'spec.storage.accessMode': 'ReadWriteMany' };

/** By path; several where values differ in what they need. */
const HINTS: Readonly<Record<string, readonly Hint[]>> = {
  'spec.replicas': [{ values: [0, 1, 3] }],
  'spec.paused': [{ values: [true], differs: 'a fleet that is made paused has no children' }],
  'spec.suspend': [{ values: [true], differs: 'a fleet that is made suspended has no StatefulSets' }],
  'spec.consumers[].name': [{ values: ['other'] }],
  'spec.consumers[].kind': [
    { values: ['Sidecar'] },
    { values: ['CronJob'], beside: { 'spec.consumers[].schedule': '@hourly' } },
  ],
  'spec.consumers[].schedule': [{ values: ['@daily', '30 4 * * 1'], index: 1 }],
  'spec.consumers[].timeZone': [{ values: ['Europe/Berlin', 'Etc/GMT+3'], index: 1 }],
  'spec.storage.size': [{ values: ['20Gi', '10.5Gi', '12e9'], isOneWay: 'volumes do not shrink' }],
  'spec.storage.mountPath': [{ values: ['/var/lib/x', '/d'] }],
  'spec.storage.storageClassName': [{ values: ['', 'fast'], isFinal: IMMUTABLE }],
  'spec.storage.accessMode': [
    { values: ['ReadWriteMany'], isFinal: IMMUTABLE },
    { values: ['ReadWriteOncePod'], isFinal: IMMUTABLE, beside: { 'spec.consumers': [] } },
  ],
  'spec.rollout.strategy': [
    { values: ['Recreate'] },
    { values: ['RollingUpdate'], beside: SHARED, isFinal: 'needs an access mode that is immutable' },
  ],
  'spec.rollout.maxUnavailable': [{ values: [2, '50%', '100%'] }],
  'spec.rollout.maxSurge': [{ values: [0, 2, '30%'] }],
  'spec.rollout.partition': [{ values: [1, 2_147_483_647] }],
  'spec.rollout.minReadySeconds': [{ values: [1, 30] }],
  'spec.rollout.progressDeadlineSeconds': [{ values: [30, 604_800] }],
  'spec.service.ports[].targetPort': [{ values: [9090, 'http'] }],
  'spec.service.ports[].appProtocol': [{ values: ['http', 'kubernetes.io/h2c'] }],
};

/** The same for a pod's fields, by what comes after `template.`. */
const POD_HINTS: Readonly<Record<string, readonly Hint[]>> = {
  'spec.restartPolicy': [{ values: ['Always'] }],
  // Refused: a member runs for ever.
  'spec.activeDeadlineSeconds': [{ values: [] }],
  'spec.containers[].image': [{ values: ['other:2'] }],
  // Any other claim is one that nobody has made.
  'spec.volumes[].persistentVolumeClaim.claimName': [{ values: ['web-0'] }],
  'spec.nodeName': [{ values: ['m1'] }],
  'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[].matchFields[].key': [
    { values: ['metadata.name'] },
  ],
  'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[].matchFields[].values[]':
    [{ values: ['m1'] }],
};

export function hintsFor(property: Property): readonly Hint[] {
  const own = HINTS[property.path];
  const ofPod = isOfPod(property) ? POD_HINTS[property.path.replace(/^.*?template\./, '')] : undefined;
  return own ?? ofPod ?? [{}];
}

/** Other values that the property may have, besides `current`. */
export function validValues({ schema, path }: Property, hint: Hint, current: unknown): readonly unknown[] {
  return (hint.values ?? bySchema({ schema, path })).filter((value) => value !== current);
}

function bySchema({ schema }: Property): readonly unknown[] {
  const { type, enum: values, pattern, minimum, maximum } = schema;
  if (values !== undefined) return values;
  if (schema['x-kubernetes-int-or-string']) return pattern === undefined ? [1, 'http'] : [1, '2'];
  if (type === 'boolean') return [true, false];
  if (type === 'integer' || type === 'number') {
    const low = minimum ?? 1;
    return [low, low + 1, ...(maximum === undefined ? [] : [maximum])];
  }
  return ['a', 'b'];
}

/** Values that the schema itself refuses. */
export function invalidValues({ schema }: Property): readonly unknown[] {
  const { type, enum: values, pattern, minimum, maximum, maxLength, minLength } = schema;
  const isBoth = schema['x-kubernetes-int-or-string'] === true;
  return [
    { an: 'object' },
    ['a', 'list'],
    ...(isBoth ? [true, 1.5] : type === 'string' ? [1, true] : type === 'boolean' ? ['true', 0] : ['1', 1.5, true]),
    ...(schema.format === 'int32' ? [2 ** 31] : []),
    ...(values === undefined ? [] : ['Nonsense', '']),
    ...(pattern === undefined ? [] : ['!?']),
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
    ...(maxLength === undefined ? [] : ['1'.repeat(maxLength + 1)]),
    ...(minLength === undefined || minLength === 0 ? [] : ['']),
  ];
}
