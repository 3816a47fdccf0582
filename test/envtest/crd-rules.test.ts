// Each CEL rule of the CRD on a real API server, asked by a real kubectl: an accepted neighbour, a refused value, what
// it says.
import { describe, expect, test } from 'vitest';

import { RULES } from '../../src/api/v1alpha1/rules.ts';
import { CONSUMER_CASES } from './crd-rules-consumers.ts';
import { kubectlFor, sharedControlPlane } from './start.ts';
import { newCluster } from './support/cluster.ts';
import { fleet } from './support/fleets.ts';

interface CreateCase {
  readonly rule: string;
  readonly what: string;
  readonly accepts: object;
  readonly refuses: object;
  /** What kubectl prints, from the field on. */
  readonly says: string;
}

interface UpdateCase {
  readonly rule: string;
  readonly what: string;
  readonly before: object;
  readonly status?: object;
  /** Where the patches go. */
  readonly subresource?: 'status';
  readonly accepts: object;
  readonly refuses: object;
  readonly says: string;
}

const CONTAINER = { name: 'web', image: 'web:1' };
const withTemplate = (template: object) =>
  fleet({ spec: { template: { spec: { containers: [CONTAINER] }, ...template } } });
const withPod = (pod: object) => withTemplate({ spec: { containers: [CONTAINER], ...pod } });
const withMounts = (storage: object, ...mounts: readonly { name: string; mountPath: string }[]) =>
  fleet({
    storage,
    spec: {
      template: {
        spec: {
          containers: [{ ...CONTAINER, volumeMounts: mounts }],
          volumes: mounts.filter(({ name }) => name !== 'data').map(({ name }) => ({ name, emptyDir: {} })),
        },
      },
    },
  });
const withService = (service: object) => fleet({ spec: { service } });
const ports = (...names: readonly (string | undefined)[]) =>
  names.map((name, index) => ({ port: 80 + index, ...(name !== undefined && { name }) }));
const withArguments = (characters: number) =>
  withPod({
    containers: [{ ...CONTAINER, args: ['x'.repeat(65_536), 'x'.repeat(65_535), 'x'.repeat(characters - 131_071)] }],
  });

const ON_CREATE: readonly CreateCase[] = [
  ...CONSUMER_CASES,
  {
    rule: 'name-fits',
    what: '41 characters',
    accepts: fleet({ name: 'n'.repeat(40) }),
    refuses: fleet({ name: 'n'.repeat(41) }),
    says: 'metadata.name has more than 40 characters: the names of its pods would not fit into a label. Choose a shorter name',
  },
  {
    rule: 'name-is-a-dns-label',
    what: 'a digit first',
    accepts: fleet({ name: 'web-1' }),
    refuses: fleet({ name: '1-web' }),
    says: 'metadata.name has to start with a letter, end with a letter or digit, and hold only a-z, 0-9 and -',
  },
  {
    rule: 'name-is-a-dns-label',
    what: 'a dot',
    accepts: fleet({ name: 'web' }),
    refuses: fleet({ name: 'web.example' }),
    says: 'metadata.name has to start with a letter',
  },
  {
    rule: 'template-labels-are-free',
    what: 'a reserved label',
    accepts: withTemplate({ metadata: { labels: { 'app.kubernetes.io/name': 'geth', 'x-nodefleet.dev/a': 'b' } } }),
    refuses: withTemplate({ metadata: { labels: { 'nodefleet.dev/revision': 'mine' } } }),
    says: 'spec.template.metadata.labels: Forbidden: the prefix nodefleet.dev/ is reserved for labels that the operator sets: remove the label',
  },
  {
    rule: 'template-annotations-are-free',
    what: 'a reserved annotation',
    accepts: withTemplate({ metadata: { annotations: { 'example.com/a': 'b' } } }),
    refuses: withTemplate({ metadata: { annotations: { 'nodefleet.dev/anything': 'b' } } }),
    says: 'spec.template.metadata.annotations: Forbidden: the prefix nodefleet.dev/ is reserved for annotations',
  },
  {
    rule: 'restart-policy-is-always',
    what: 'OnFailure',
    accepts: withPod({ restartPolicy: 'Always' }),
    refuses: withPod({ restartPolicy: 'OnFailure' }),
    says: 'spec.template.spec.restartPolicy: Invalid value: "OnFailure": a member runs for ever: remove restartPolicy, or set it to Always',
  },
  {
    rule: 'no-active-deadline',
    what: 'a deadline',
    accepts: withPod({ terminationGracePeriodSeconds: 60 }),
    refuses: withPod({ activeDeadlineSeconds: 60 }),
    says: 'spec.template.spec.activeDeadlineSeconds: Forbidden: a member runs for ever',
  },
  {
    rule: 'data-volume-is-reserved',
    what: 'a volume data in the template',
    accepts: withPod({ volumes: [{ name: 'database', emptyDir: {} }] }),
    refuses: withPod({ volumes: [{ name: 'data', emptyDir: {} }] }),
    says: "spec.template.spec.volumes: Forbidden: the volume data is reserved: it is the member's claim when spec.storage is set, else an emptyDir. Remove or rename it",
  },
  {
    rule: 'template-fits',
    what: '131,073 characters of arguments',
    accepts: withArguments(131_072),
    refuses: withArguments(131_073),
    says: 'the annotations, commands, arguments and environment of the template have more than 131072 characters',
  },
  {
    rule: 'template-fits',
    what: 'environment, annotations and init containers together',
    accepts: withPod({
      containers: [{ ...CONTAINER, env: [{ name: 'A', value: 'x'.repeat(65_536) }, { name: 'B' }] }],
      initContainers: [{ name: 'init', image: 'init:1', command: ['x'.repeat(65_536)] }],
    }),
    refuses: withTemplate({
      metadata: { annotations: { a: 'x' } },
      spec: {
        containers: [{ ...CONTAINER, env: [{ name: 'A', value: 'x'.repeat(65_536) }] }],
        initContainers: [{ name: 'init', image: 'init:1', command: ['x'.repeat(65_536)] }],
      },
    }),
    says: 'put them into a ConfigMap',
  },
  ...['ten', '10Gigs', '10 Gi', '1e', '--1Gi'].map((size) => ({
    rule: 'size-is-a-quantity',
    what: JSON.stringify(size),
    accepts: fleet({ storage: { size: '10Gi' } }),
    refuses: fleet({ storage: { size } }),
    says: `spec.storage.size: Invalid value: "${size}": not a quantity: write a number and a unit, for example 500Gi`,
  })),
  ...['0', '1m', '-1Gi', '1023Ki', '999999999999999999999Ei', '65Ti', '70368744177665'].map((size) => ({
    rule: 'size-is-in-range',
    what: size,
    accepts: fleet({ storage: { size: size.length > 6 ? '64Ti' : '1Mi' } }),
    refuses: fleet({ storage: { size } }),
    says: `spec.storage.size: Invalid value: "${size}": has to be at least 1Mi and at most 64Ti`,
  })),
  ...['Fast', 'fast_ssd', '-fast', 'fast..ssd'].map((storageClassName) => ({
    rule: 'storage-class-is-a-name',
    what: JSON.stringify(storageClassName),
    accepts: fleet({ storage: { storageClassName: 'fast.ssd-2' } }),
    refuses: fleet({ storage: { storageClassName } }),
    says: `spec.storage.storageClassName: Invalid value: "${storageClassName}": not the name of a class`,
  })),
  ...['data', './data', '/', '/data/', '//data', '/a//b', '/..', '/a/../b', '/a/.', '/a:b', ''].map((mountPath) => ({
    rule: 'mount-path-is-clean',
    what: JSON.stringify(mountPath),
    accepts: fleet({ storage: { mountPath: '/..data/.cache/a.b' } }),
    refuses: fleet({ storage: { mountPath } }),
    says: `spec.storage.mountPath: Invalid value: "${mountPath}": has to be an absolute path below /`,
  })),
  {
    rule: 'mount-path-is-free',
    what: 'another volume at the path',
    accepts: withMounts({ mountPath: '/data' }, { name: 'logs', mountPath: '/data/logs' }),
    refuses: withMounts({ mountPath: '/data' }, { name: 'logs', mountPath: '/data' }),
    says: 'spec.storage.mountPath: Invalid value: the first container mounts another volume at /data: choose another path',
  },
  {
    rule: 'mount-path-is-free',
    what: '/data beside /data/',
    accepts: withMounts({ mountPath: '/data' }, { name: 'data', mountPath: '/data' }),
    refuses: withMounts({ mountPath: '/data' }, { name: 'logs', mountPath: '/data/' }),
    says: 'the first container mounts another volume at /data',
  },
  ...['ReadWriteOnce', 'ReadWriteOncePod'].map((accessMode) => ({
    rule: 'surge-needs-shared-storage',
    what: accessMode,
    accepts: fleet({ storage: { accessMode: 'ReadWriteMany' }, rollout: { strategy: 'RollingUpdate' } }),
    refuses: fleet({ storage: { accessMode }, rollout: { strategy: 'RollingUpdate' } }),
    says: `spec.rollout.strategy: Invalid value: RollingUpdate runs two pods of a member at once, and with accessMode ${accessMode} only one of them can have its volume: use Recreate or Auto`,
  })),
  {
    rule: 'surge-needs-shared-storage',
    what: 'the default access mode',
    accepts: fleet({ rollout: { strategy: 'RollingUpdate' } }),
    refuses: fleet({ storage: {}, rollout: { strategy: 'RollingUpdate' } }),
    says: 'with accessMode ReadWriteOnce only one of them can have its volume',
  },
  ...[0, '0%'].map((maxUnavailable) => ({
    rule: 'recreate-needs-unavailability',
    what: `Recreate with ${maxUnavailable}`,
    accepts: fleet({ rollout: { strategy: 'RollingUpdate', maxUnavailable } }),
    refuses: fleet({ rollout: { strategy: 'Recreate', maxUnavailable } }),
    says: 'spec.rollout.maxUnavailable: Invalid value: Recreate stops a member before it starts it anew',
  })),
  {
    rule: 'recreate-needs-unavailability',
    what: 'Auto that means Recreate',
    accepts: fleet({ storage: { accessMode: 'ReadWriteMany' }, rollout: { maxUnavailable: 0 } }),
    refuses: fleet({ storage: {}, rollout: { maxUnavailable: 0 } }),
    says: 'Auto means Recreate for ReadWriteOnce and ReadWriteOncePod',
  },
  ...['101%', '-1%', '5', ''].map((maxUnavailable) => ({
    rule: 'unavailability-is-an-amount',
    what: JSON.stringify(maxUnavailable),
    accepts: fleet({ rollout: { maxUnavailable: '100%' } }),
    refuses: fleet({ rollout: { maxUnavailable } }),
    says: `spec.rollout.maxUnavailable: Invalid value: "${maxUnavailable}": neither a number nor a percentage from 0% to 100%: write for example 1, without quotation marks, or 25%`,
  })),
  {
    rule: 'surge-is-an-amount',
    what: '"1.5%"',
    accepts: fleet({ rollout: { maxSurge: 3 } }),
    refuses: fleet({ rollout: { maxSurge: '1.5%' } }),
    says: 'spec.rollout.maxSurge: Invalid value: "1.5%": neither a number nor a percentage',
  },
  {
    rule: 'rollout-can-move',
    what: '0 and "0%"',
    accepts: fleet({ rollout: { maxUnavailable: 0, maxSurge: '1%' } }),
    refuses: fleet({ rollout: { maxUnavailable: 0, maxSurge: '0%' } }),
    says: 'spec.rollout.maxUnavailable: Invalid value: maxUnavailable and maxSurge are both 0',
  },
  {
    rule: 'deadline-is-reachable',
    what: 'a deadline of minReadySeconds',
    accepts: fleet({ rollout: { minReadySeconds: 59, progressDeadlineSeconds: 60 } }),
    refuses: fleet({ rollout: { minReadySeconds: 60, progressDeadlineSeconds: 60 } }),
    says: 'spec.rollout.progressDeadlineSeconds: Invalid value: 60 is not greater than minReadySeconds, 60, so that no member could become available in time: raise it, or lower minReadySeconds',
  },
  {
    rule: 'service-ports-are-named',
    what: 'the second port without a name',
    accepts: withService({ ports: ports(undefined) }),
    refuses: withService({ ports: ports('http', undefined) }),
    says: 'with more than one port each needs a name of its own',
  },
  {
    rule: 'service-ports-are-named',
    what: 'a name twice',
    accepts: withService({ ports: ports('http', 'metrics') }),
    refuses: withService({ ports: ports('http', 'http') }),
    says: 'with more than one port each needs a name of its own',
  },
  ...['Http', '8080', 'a--b', '-a'].map((targetPort) => ({
    rule: 'target-port-is-a-name',
    what: JSON.stringify(targetPort),
    accepts: withService({ ports: [{ port: 80, targetPort: 'a-8080' }] }),
    refuses: withService({ ports: [{ port: 80, targetPort }] }),
    says: 'a targetPort is neither a number nor the name of a port',
  })),
  {
    rule: 'app-protocols-are-names',
    what: 'a space',
    accepts: withService({ ports: [{ port: 80, appProtocol: 'kubernetes.io/h2c' }] }),
    refuses: withService({ ports: [{ port: 80, appProtocol: 'http 2' }] }),
    says: 'an appProtocol is not the name of a protocol: write for example http, or kubernetes.io/h2c',
  },
  ...['', '_a', 'a b', 'a/b/c', 'x'.repeat(64)].map((key) => ({
    rule: 'service-annotations-are-named',
    what: JSON.stringify(key),
    accepts: withService({ annotations: { 'example.com/Owner_1.x': 'b' } }),
    refuses: withService({ annotations: { [key]: 'b' } }),
    says: 'a key is not the name of an annotation: write for example example.com/owner',
  })),
  {
    rule: 'service-annotations-are-free',
    what: 'a reserved annotation',
    accepts: withService({ annotations: { 'example.com/a': 'b' } }),
    refuses: withService({ annotations: { 'nodefleet.dev/applied-hash': 'b' } }),
    says: 'spec.service.annotations: Forbidden: the prefix nodefleet.dev/ is reserved for annotations',
  },
];

const persistent = fleet({ storage: { size: '10Gi', storageClassName: 'fast' } });
const ofClass = (storageClassName: string | null) => ({ spec: { storage: { storageClassName } } });
const ofSize = (size: string) => ({ spec: { storage: { size } } });
const plan = {
  id: 'plan-1',
  purpose: 'Rollout',
  generation: 1,
  targetRevision: 'abc',
  phase: 'Active',
  createdAt: '2026-01-01T00:00:00Z',
  members: ['web-0'],
};

const ON_UPDATE: readonly UpdateCase[] = [
  {
    rule: 'storage-stays',
    what: 'storage: null',
    before: persistent,
    accepts: { spec: { suspend: true } },
    refuses: { spec: { storage: null } },
    says: 'spec.storage: Forbidden: storage can be added but not removed',
  },
  {
    rule: 'storage-class-is-immutable',
    what: 'another class',
    before: persistent,
    accepts: ofClass('fast'),
    refuses: ofClass('slow'),
    says: 'spec.storage.storageClassName: Forbidden: cannot change from "fast" to "slow": immutable, as in the claims. Keep it, or create another NodeDeployment',
  },
  {
    rule: 'storage-class-is-immutable',
    what: 'a class → absent',
    before: persistent,
    accepts: ofClass('fast'),
    refuses: ofClass(null),
    says: 'from "fast" to absent',
  },
  {
    rule: 'storage-class-is-immutable',
    what: 'absent → ""',
    before: fleet({ storage: {} }),
    accepts: ofClass(null),
    refuses: ofClass(''),
    says: 'from absent to "": immutable, as in the claims. Keep it, or create another NodeDeployment. Absent (the default class) and "" (no provisioning) are different',
  },
  {
    rule: 'storage-class-is-immutable',
    what: '"" → absent',
    before: fleet({ storage: { storageClassName: '' } }),
    accepts: ofClass(''),
    refuses: ofClass(null),
    says: 'from "" to absent',
  },
  {
    rule: 'access-mode-is-immutable',
    what: 'another mode',
    before: persistent,
    accepts: { spec: { storage: { accessMode: 'ReadWriteOnce' } } },
    refuses: { spec: { storage: { accessMode: 'ReadWriteMany' } } },
    says: 'spec.storage.accessMode: Forbidden: cannot change from ReadWriteOnce to ReadWriteMany: immutable, as in the claims. Keep it',
  },
  {
    rule: 'size-does-not-shrink',
    what: 'below what the volumes have',
    before: persistent,
    status: { largestCapacity: '10Gi' },
    accepts: ofSize('10240Mi'),
    refuses: ofSize('10239Mi'),
    says: 'spec.storage.size: Forbidden: volumes do not shrink: 10239Mi is less than 10Gi, the largest volume of the members. Set at least that',
  },
  {
    rule: 'size-does-not-shrink',
    what: 'a growth that was never fulfilled may be taken back, but no further',
    before: persistent,
    status: { largestCapacity: '5Gi' },
    accepts: ofSize('5Gi'),
    refuses: ofSize('4Gi'),
    says: '4Gi is less than 5Gi',
  },
  {
    rule: 'size-does-not-shrink',
    what: 'the least size still counts while no volume is known',
    before: persistent,
    accepts: ofSize('1Gi'),
    refuses: ofSize('1Ki'),
    says: 'has to be at least 1Mi',
  },
  {
    rule: 'active-plan-stays',
    what: 'another id',
    before: persistent,
    status: { plan },
    subresource: 'status',
    accepts: { status: { plan: { phase: 'Superseded' } } },
    refuses: { status: { plan: { id: 'plan-2' } } },
    says: 'status.plan: Forbidden: the plan plan-1 is active and can be neither removed nor replaced: first set its phase to Completed or Superseded',
  },
  {
    rule: 'active-plan-stays',
    what: 'plan: null',
    before: persistent,
    status: { plan },
    subresource: 'status',
    accepts: { status: { readyReplicas: 1 } },
    refuses: { status: { plan: null } },
    says: 'the plan plan-1 is active',
  },
  {
    rule: 'active-plan-stays',
    what: 'status: null, which skips the rules of status',
    before: persistent,
    status: { plan },
    subresource: 'status',
    accepts: { status: { plan: { phase: 'Completed' } } },
    refuses: { status: null },
    says: 'the plan plan-1 is active',
  },
];

describe('on create', () => {
  const kubectl = kubectlFor(sharedControlPlane());
  const create = (object: object) => kubectl(['create', '--dry-run=server', '-o=name', '-f', '-'], object);

  test.for(ON_CREATE)('$rule: $what', async ({ accepts, refuses, says }) => {
    await expect(create(accepts)).resolves.toContain('nodedeployment.nodefleet.dev/');
    await expect(create(refuses)).rejects.toThrow(says);
  });
});

describe('on update', () => {
  test.for(ON_UPDATE)('$rule: $what', async ({ before, status, subresource, accepts, refuses, says }) => {
    const { patch, patchStatus } = await create(before);
    if (status !== undefined) await patchStatus({ status });
    const write = subresource === 'status' ? patchStatus : patch;
    await expect(write(refuses)).rejects.toThrow(says);
    await expect(write(accepts)).resolves.toContain('web patched');
  });

  test('a plan that is over makes room for the next', async () => {
    const { patchStatus } = await create(fleet());
    await patchStatus({ status: { plan: { ...plan, phase: 'Completed' } } });
    await expect(patchStatus({ status: { plan: { ...plan, id: 'plan-2' } } })).resolves.toContain('web patched');
  });

  test('a fleet with an active plan can be edited and deleted', async () => {
    const { cluster, patch, patchStatus } = await create(fleet());
    await patchStatus({ status: { plan } });
    await expect(patch({ spec: { replicas: 2 } })).resolves.toContain('web patched');
    await expect(cluster.kubectl(['delete', 'nd', 'web'])).resolves.toContain('deleted');
  });

  test('storage can be added', async () => {
    const { patch } = await create(fleet());
    await expect(patch({ spec: { storage: { size: '1Gi', mountPath: '/data' } } })).resolves.toContain('web patched');
  });

  /** The fleet `web` in a namespace of its own. */
  async function create(web: object) {
    const cluster = await newCluster();
    await cluster.kubectl(['create', '-f', '-'], web);
    const patch = (change: object, ...flags: readonly string[]) =>
      cluster.kubectl(['patch', 'nd', 'web', '--type=merge', `--patch=${JSON.stringify(change)}`, ...flags]);
    return { cluster, patch, patchStatus: (change: object) => patch(change, '--subresource=status') };
  }
});

test('every rule of the CRD has a case here', () => {
  const covered = new Set([...ON_CREATE, ...ON_UPDATE].map(({ rule }) => rule));
  expect(RULES.map(({ id }) => id).filter((id) => !covered.has(id))).toEqual([]);
  expect([...covered].filter((rule) => !RULES.some(({ id }) => id === rule))).toEqual([]);
});
