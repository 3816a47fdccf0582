import { describe, expect, test } from 'vitest';

import { desire } from '../domain/desired/desire.ts';
import { arrange, type Readings } from '../domain/observed.ts';
import { NOTHING_DONE } from '../domain/outcome.ts';
import { plan } from '../domain/plan.ts';
import { summarize } from '../domain/summary/summary.ts';
import {
  at,
  attachment,
  claim,
  deployment,
  machine,
  NOW,
  pod,
  settled,
  statefulSet,
  STORAGE,
  volumeOf,
} from '../domain/testing/build.ts';
import type { StoredControllerRevision, StoredMachine, StoredPod, StoredVolume } from '../kube/kinds.ts';
import { projectDriver, projectMachine, projectPod, projectRevision, projectVolume, shareSpec } from './projections.ts';

const web = deployment({ storage: STORAGE, replicas: 2 });
const rest = settled(web, [0, 1]);

function project(read: Readings): Readings {
  return {
    ...read,
    pods: read.pods.map(projectPod),
    removedPods: new Map([...read.removedPods].map(([member, removed]) => [member, projectPod(removed)])),
    volumes: read.volumes.map(projectVolume),
    machines: new Map([...read.machines].map(([name, one]) => [name, projectMachine(one)])),
    drivers: read.drivers.map(projectDriver),
    revisions: read.revisions.map(projectRevision),
  };
}

function decide(read: Readings, owner = web) {
  const observed = arrange(owner, NOW, read);
  const planned = plan(desire(owner), observed);
  return { planned, status: summarize(desire(owner), observed, planned, NOTHING_DONE) };
}

const overdue = { deletionTimestamp: at(-600), deletionGracePeriodSeconds: 30 };
const cannotBeScheduled = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'Unschedulable',
  message: 'no machine fits',
};
const waiting: StoredPod = {
  ...pod(web, 0),
  spec: { containers: [], volumes: pod(web, 0).spec?.volumes ?? [] },
  status: { phase: 'Pending', conditions: [cannotBeScheduled] },
};
const consumer: StoredPod = {
  ...pod(web, 0),
  metadata: {
    ...pod(web, 0).metadata,
    name: 'backup',
    uid: 'backup-uid',
    labels: { app: 'backup' },
    ownerReferences: [
      { apiVersion: 'v1', kind: 'Team', name: 'a', uid: 'a-uid' },
      { apiVersion: 'batch/v1', kind: 'Job', name: 'backup', uid: 'job-uid', controller: true },
    ],
  },
};

const removed = pod(web, 0, { phase: 'Running', metadata: overdue });
const runningContainer = { name: 'app', image: '', imageID: '', ready: true, restartCount: 0, state: { running: {} } };
const failed = { ...removed, status: { phase: 'Failed', containerStatuses: [runningContainer] } };
const stopped = {
  statefulSets: [statefulSet(web, 0, { replicas: 0, quiescedAt: at(-60) }), statefulSet(web, 1)],
  pods: [pod(web, 1)],
  attachments: [attachment(claim(web, 1))],
  provenClaims: new Set(['web-0']),
};

/** The volume of member 0 as `spec` has it, and that of member 1. */
const volumes = (spec: StoredVolume['spec']): readonly StoredVolume[] => [
  { ...volumeOf(claim(web, 0)), spec: { capacity: { storage: '10Gi' }, ...spec } },
  volumeOf(claim(web, 1)),
];
const silent = { driver: 'silent.example.com', volumeHandle: 'v', volumeAttributes: { key: 'value' } };
const drivers = [
  { metadata: { ...volumeOf(claim(web, 0)).metadata, name: silent.driver }, spec: { attachRequired: false } },
];
const inZone = (zone: string) => ({
  required: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] }] }],
  },
});

const beating = (one: StoredMachine, change: Partial<StoredMachine> = {}): StoredMachine => {
  const conditions = one.status?.conditions?.map((condition) => ({ ...condition, lastHeartbeatTime: at(-1) }));
  const pressure = { type: 'DiskPressure', status: 'False' };
  return { ...one, ...change, status: { conditions: [pressure, ...(conditions ?? [])] } };
};
const m1 = machine('m1');
const machines = (one: StoredMachine): Pick<Readings, 'machines'> => ({ machines: new Map([['m1', beating(one)]]) });
const labelled = { ...m1, metadata: { ...m1.metadata, labels: { 'topology.kubernetes.io/zone': 'a' } } };
const cordoned = { ...labelled, spec: { unschedulable: true } };
const revision: StoredControllerRevision = {
  metadata: { ...m1.metadata, name: 'web-1' },
  revision: 1,
  data: { spec: {} },
};

describe('the domain decides the same on what is kept as on the whole', () => {
  test.for<[string, Partial<Readings>]>([
    ['of a fleet at rest', {}],
    ['of a pod that waits for its image', { pods: [pod(web, 0), pod(web, 1, { ready: false, waiting: 'ImagePull' })] }],
    ['of a pod that ends', { pods: [pod(web, 0, { isTerminating: true }), pod(web, 1)] }],
    ['of a pod that should have ended', { pods: [pod(web, 0, { metadata: overdue })] }],
    ['of a pod that a finalizer holds', { pods: [pod(web, 0, { metadata: { ...overdue, finalizers: ['x/y'] } })] }],
    [
      'of a pod that fits no machine',
      {
        pods: [waiting],
      },
    ],
    ['of a pod of somebody else that holds a claim', { ...stopped, pods: [pod(web, 1), consumer] }],
    ['of a machine that is silent', machines(machine('m1', 'Unknown', false, at(-300)))],
    [
      'of a machine that is silent under a pod that ends',
      {
        ...machines(machine('m1', 'Unknown', false, at(-300))),
        pods: [pod(web, 0, { metadata: overdue })],
      },
    ],
    ['of a machine that is out of service', { ...stopped, ...machines(machine('m1', 'False', true)) }],
    ['of a stopped member', stopped],
    ['of a driver that attaches nothing', { ...stopped, volumes: volumes({ csi: silent }), drivers }],
    [
      'of a pod that was removed before it had ended',
      {
        ...stopped,
        volumes: volumes({ csi: silent }),
        drivers,
        removedPods: new Map([['web-0', removed]]),
      },
    ],
    [
      'of a pod that was failed over the head of its kubelet',
      {
        ...stopped,
        volumes: volumes({ csi: silent }),
        drivers,
        removedPods: new Map([['web-0', failed]]),
      },
    ],
    ['of a volume that is in-tree', { ...stopped, volumes: volumes({ nfs: { server: 's', path: '/' } }) }],
    [
      'of a volume that Kubernetes hands to a driver',
      {
        ...stopped,
        volumes: volumes({ awsElasticBlockStore: { volumeID: 'v' } }),
      },
    ],
    [
      'of a volume in a zone without a machine',
      {
        ...machines(labelled),
        pods: [waiting],
        volumes: volumes({ csi: silent, nodeAffinity: inZone('b') }),
      },
    ],
    [
      'of a volume whose only machine is cordoned',
      {
        ...machines(cordoned),
        pods: [waiting],
        volumes: volumes({ csi: silent, nodeAffinity: inZone('a') }),
      },
    ],
    ['of revisions', { revisions: [revision] }],
  ])('%s', ([, change]) => {
    const read = { ...rest, ...change };
    expect(decide(project(read))).toEqual(decide(read));
  });
});

test('the domain decides the same on what is kept of a fleet without storage', () => {
  const plain = deployment({ replicas: 2 });
  const read = settled(plain, [0, 1]);
  expect(decide(project(read), plain)).toEqual(decide(read, plain));
});

describe('what is kept', () => {
  test('of a pod is who controls it, alone', () => {
    expect(projectPod(consumer).metadata.ownerReferences?.map(({ kind }) => kind)).toEqual(['Job']);
  });

  test('of a pod is what its end is judged by', () => {
    const spec = { ...removed.spec, containers: [], terminationGracePeriodSeconds: 30 };
    expect(projectPod({ ...removed, spec })).toMatchObject({
      metadata: overdue,
      spec: { nodeName: 'm1', terminationGracePeriodSeconds: 30 },
      status: { phase: 'Running' },
    });
  });

  test('of a pod without a claim and without our label is its identity', () => {
    const other = { ...consumer, spec: { containers: [], nodeName: 'm1' } };
    const { name, namespace, uid, resourceVersion, creationTimestamp } = other.metadata;
    expect(projectPod(other)).toEqual({
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      spec: { containers: [] },
      status: {},
    });
  });

  test('of a volume is its driver, whose it is and what it asks of machines', () => {
    const spec = { csi: silent, claimRef: { namespace: 'default', name: 'web-0', uid: 'u', fieldPath: 'x' } };
    const whole = {
      ...volumeOf(claim(web, 0)),
      spec: { ...spec, nodeAffinity: inZone('a') },
      status: { phase: 'Bound' },
    };
    expect(projectVolume({ ...whole, metadata: { ...whole.metadata, annotations: { a: 'b' } } })).toEqual({
      metadata: whole.metadata,
      spec: {
        csi: { driver: silent.driver, volumeHandle: 'v' },
        claimRef: { namespace: 'default', name: 'web-0', uid: 'u' },
        nodeAffinity: inZone('a'),
      },
      status: { phase: 'Bound' },
    });
  });

  test('of a machine is the same from one heartbeat to the next', () => {
    const [before, after] = [at(-20), at(-10)].map((lastHeartbeatTime) => {
      const conditions = [{ type: 'Ready', status: 'True', lastHeartbeatTime, lastTransitionTime: at(-7200) }];
      return projectMachine({ ...m1, status: { conditions, images: [{ names: [lastHeartbeatTime] }] } });
    });
    expect(after).toEqual(before);
  });

  test('of a revision is all but its template and managedFields', () => {
    const metadata = { ...revision.metadata, annotations: { a: 'b' }, managedFields: [{}] };
    const { managedFields: _, ...kept } = metadata;
    expect(projectRevision({ ...revision, metadata })).toEqual({ metadata: kept, revision: 1 });
  });
});

describe('shareSpec', () => {
  const echo = structuredClone({
    ...web,
    metadata: { ...web.metadata, resourceVersion: '2' },
    status: { replicas: 2 },
  });

  test('keeps the spec of the one before, and nothing else of it, where both say the same', () => {
    const shared = shareSpec(web, echo);
    expect(shared).toEqual(echo);
    expect(shared.spec).toBe(web.spec);
  });

  test('takes a spec that says anything else', () => {
    const scaled = { ...echo, spec: { ...echo.spec, replicas: 3 } };
    expect(shareSpec(web, scaled)).toBe(scaled);
  });
});
