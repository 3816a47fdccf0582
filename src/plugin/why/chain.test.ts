import { describe, expect, test } from 'vitest';

import type { NodeDeploymentStatus, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { revisionOf } from '../../domain/desired/pod-template.ts';
import type { Readings } from '../../domain/observed.ts';
import {
  at,
  attachment,
  claim,
  cleanUpOf,
  cronJobOf,
  deployment,
  followerPod,
  followerSet,
  machine,
  NOW,
  observe,
  pod,
  running,
  settled,
  statefulSet,
  STORAGE,
  surgeSet,
  volumeOf,
  workerOf,
  type SpecInput,
} from '../../domain/testing/build.ts';
import type { StoredPod, StoredVolume } from '../../kube/kinds.ts';
import { kubectlWith } from '../kubectl.ts';
import { NO_COLOURS } from '../palette.ts';
import { explainMember } from './chain.ts';
import type { Facts, Warning } from './facts.ts';
import { chainLines } from './lines.ts';

const spec = { replicas: 2, storage: STORAGE };
const owner = deployment(spec, {}, { observedGeneration: 1 });
const outdated = deployment({ ...spec, template: running('app:0') });
const own = claim(owner, 1);

interface Change {
  readonly of?: StoredNodeDeployment;
  readonly read?: Partial<Readings>;
  readonly unreadable?: readonly string[];
  readonly warnings?: ReadonlyMap<string, Warning>;
}

/** What is read of `web-1` in a settled fleet of two, with changes. */
function facts({ of = owner, read = {}, unreadable = [], warnings = new Map() }: Change = {}): Facts {
  const observed = observe(of, { ...settled(of, [0, 1]), ...read });
  const member = observed.members.find(({ name }) => name === 'web-1');
  if (member === undefined) throw new Error('web-1 is not there');
  const kubectl = kubectlWith({ namespace: 'default' });
  return { observed, member, revision: revisionOf(of.spec), unreadable: new Set(unreadable), warnings, kubectl };
}

const fleet = (change: SpecInput, status: NodeDeploymentStatus = {}): StoredNodeDeployment =>
  deployment({ ...spec, ...change }, {}, { observedGeneration: 1, ...status });
const stopped = statefulSet(owner, 1, { replicas: 0, quiescedAt: at(-60) });
const ending = (seconds: number, metadata: object = {}): StoredPod =>
  pod(owner, 1, { metadata: { deletionTimestamp: at(seconds), ...metadata } });
const waiting = (conditions: readonly object[] = [], nodeName?: string): StoredPod => {
  const one = pod(owner, 1, { ready: false, phase: 'Pending' });
  return {
    ...one,
    spec: {
      containers: [],
      ...one.spec,
      ...(nodeName === undefined ? { nodeName: undefined as never } : { nodeName }),
    },
    status: { phase: 'Pending', conditions: conditions as never },
  };
};
const unscheduled = (message: string): StoredPod =>
  waiting([{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }]);
const foreign = (metadata: object): StoredPod => {
  const one = pod(owner, 1, { metadata: { name: 'backup-b1-x', uid: 'backup-uid', labels: {} } });
  return { ...one, metadata: { ...one.metadata, ...metadata } };
};
const ownedBy = (kind: string, name: string) => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: 'o', controller: true }],
});
const stateless = deployment({ replicas: 2, template: running('app:0') });
const surging = deployment({ replicas: 2 }, {}, { observedGeneration: 1 });
const onMachine = (one: StoredPod, nodeName: string): StoredPod => ({
  ...one,
  spec: { containers: [], ...one.spec, nodeName },
});
const zonal: StoredVolume = {
  ...volumeOf(own),
  spec: {
    ...volumeOf(own).spec,
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'metadata.name', operator: 'In', values: ['z'] }] }],
      },
    },
  },
};
const zoned = { ...machine('m9'), metadata: { ...machine('m9').metadata, labels: { 'metadata.name': 'z' } } };
const condition = (type: string, status: 'True' | 'False', reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: at(-9),
});

describe('a member with consumers', () => {
  const group = (consumers: SpecInput['consumers'], status: NodeDeploymentStatus = {}) => fleet({ consumers }, status);
  const both = group([workerOf('worker:1'), cleanUpOf('clean:1')]);
  const followers = [followerSet(both, 1)];
  const sets = [...settled(both, [0, 1]).statefulSets, ...followers];
  const pods = settled(both, [0, 1]).pods;
  const worker = followerPod(followerSet(both, 1));
  const together = { statefulSets: sets, cronJobs: [cronJobOf(both, 1)], pods: [...pods, worker] };
  const linesOf = (read: Partial<Readings>, of = both) => {
    const { verdict, summary, links } = explainMember(facts({ of, read }));
    const ofConsumers = links.filter(({ kind }) => kind === 'Consumer');
    return { verdict, summary, links: ofConsumers.map(({ name, state, says }) => `${name} ${state}: ${says}`) };
  };

  test('that are well is told of each', () => {
    expect(linesOf(together)).toMatchObject({
      verdict: 'Clear',
      links: ['worker Clear: Follower, Running on machine m1', 'clean-up Clear: CronJob, Scheduled'],
    });
  });

  test('that runs is not blocked by one that does not, which is named with the reason', () => {
    const status = { name: 'w', image: '', imageID: '', ready: false, restartCount: 0 };
    const containerStatuses = [{ ...status, state: { waiting: { reason: 'ImagePullBackOff' } } }];
    const broken = { ...worker, status: { phase: 'Pending', containerStatuses } };
    expect(linesOf({ ...together, pods: [...pods, broken] })).toMatchObject({
      verdict: 'Blocked',
      summary: 'nothing blocks web-1, but its consumer worker does not run',
      links: [
        'clean-up Clear: CronJob, Scheduled',
        'worker Blocked: Follower, Failed on machine m1; container w: ImagePullBackOff',
      ],
    });
    const foreign = followerSet(both, 1, { metadata: { ownerReferences: [] } });
    const theirs = { ...together, statefulSets: [...settled(both, [0, 1]).statefulSets, foreign], pods };
    expect(linesOf(theirs).links).toContain(
      "worker Blocked: statefulset web-1-worker is not this fleet's: rename the consumer, or delete that object",
    );
  });

  test('waits for one that stops before it moves, and that is no stranger to its claim', () => {
    const target = { ...both, spec: { ...both.spec, template: running('app:2') } };
    const quiet = followerSet(both, 1, { replicas: 0 });
    const read = { ...together, statefulSets: [...settled(both, [0, 1]).statefulSets, quiet] };
    expect(linesOf(read, target)).toMatchObject({
      verdict: 'Waiting',
      summary: 'nothing blocks web-1; it waits for Consumer worker',
    });
  });
});

describe('a member that', () => {
  test('runs as it should is blocked by nothing, and says so', () => {
    const explanation = explainMember(facts());
    expect(explanation).toMatchObject({ verdict: 'Clear', summary: expect.stringContaining('nothing blocks web-1') });
    expect(explanation.links.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'NodeDeployment Clear',
      'StatefulSet Clear',
      'Pod Clear',
      'PersistentVolumeClaim Clear',
      'PersistentVolume Clear',
      'VolumeAttachment Clear',
      'Node Clear',
    ]);
  });

  test('has no storage needs no volume', () => {
    const of = deployment({ replicas: 2 }, {}, { observedGeneration: 1 });
    const links = explainMember(facts({ of })).links;
    expect(links.map(({ kind }) => kind)).toEqual([
      'NodeDeployment',
      'StatefulSet',
      'Pod',
      'PersistentVolumeClaim',
      'Node',
    ]);
  });

  test.for<Change & { name: string }>([
    { name: 'another pod mounts its claim', read: { pods: [pod(owner, 1), foreign({})] } },
    {
      name: 'another member is stalled',
      of: fleet({}, { conditions: [condition('Stalled', 'True', 'Forbidden', 'web-0: may not')] }),
    },
    {
      name: 'the cluster warned of its pod',
      warnings: new Map([['web-1-0-Pod-uid', { reason: 'Unhealthy', note: 'probe failed', atMs: NOW - 9_000 }]]),
    },
  ])('runs as it should is not blocked because $name', (change) => {
    expect(explainMember(facts(change)).verdict).toBe('Clear');
  });

  const CASES: readonly (Change & { name: string; at: string; says: string; command: string })[] = [
    {
      name: 'is suspended',
      of: fleet({ suspend: true }),
      at: 'NodeDeployment',
      says: 'spec.suspend',
      command: `kubectl patch nodedeployment web --type=merge -p '{"spec":{"suspend":false}}' -n default`,
    },
    {
      name: 'is to start in a paused fleet',
      of: fleet({ paused: true }),
      read: { statefulSets: [] },
      at: 'NodeDeployment',
      says: 'spec.paused',
      command: `kubectl patch nodedeployment web --type=merge -p '{"spec":{"paused":false}}' -n default`,
    },
    {
      name: 'is to move in a paused rollout',
      of: fleet({ rollout: { paused: true } }),
      read: { statefulSets: [statefulSet(outdated, 1)] },
      at: 'NodeDeployment',
      says: 'spec.rollout.paused',
      command: 'kubectl nodefleet rollout resume web -n default',
    },
    {
      name: 'is below the partition',
      of: fleet({ rollout: { partition: 2 } }),
      read: { statefulSets: [statefulSet(outdated, 1)] },
      at: 'NodeDeployment',
      says: 'spec.rollout.partition is 2',
      command: `kubectl patch nodedeployment web --type=merge -p '{"spec":{"rollout":{"partition":1}}}' -n default`,
    },
    {
      name: 'comes after one that missed its deadline',
      of: fleet({}, { conditions: [condition('Stalled', 'True', 'ProgressDeadlineExceeded', 'web-0: late')] }),
      read: { statefulSets: [statefulSet(outdated, 1)] },
      at: 'NodeDeployment',
      says: 'the rollout has stopped at web-0',
      command: 'kubectl nodefleet why web-0 -n default',
    },
    {
      name: 'has a spec that is refused',
      of: fleet({}, { conditions: [condition('Accepted', 'False', 'InvalidSpec', 'spec.x: wrong')] }),
      at: 'NodeDeployment',
      says: 'spec.x: wrong',
      command: 'kubectl edit nodedeployment web -n default',
    },
    {
      name: 'has the name of a foreign StatefulSet',
      read: { statefulSets: [statefulSet(owner, 1, { metadata: { ownerReferences: [] } })] },
      at: 'StatefulSet',
      says: 'owned by nobody',
      command: 'kubectl describe statefulset web-1 -n default',
    },
    {
      name: 'finds no machine',
      read: { pods: [unscheduled('0/1 nodes are available: 1 Insufficient memory.')], attachments: [] },
      at: 'Pod',
      says: 'Insufficient memory',
      command: 'kubectl describe pod web-1-0 -n default',
    },
    {
      name: 'cannot pull its image',
      read: { pods: [pod(owner, 1, { ready: false, phase: 'Pending', waiting: 'ImagePullBackOff' })] },
      at: 'Pod',
      says: 'ImagePullBackOff',
      command: 'kubectl nodefleet rollout undo web -n default',
    },
    {
      name: 'crashes',
      read: { pods: [pod(owner, 1, { ready: false, waiting: 'CrashLoopBackOff' })] },
      at: 'Pod',
      says: 'CrashLoopBackOff',
      command: 'kubectl logs web-1-0 -c app --previous -n default',
    },
    {
      name: 'does not end on a machine that is Ready',
      read: { pods: [ending(-120)] },
      at: 'Pod',
      says: 'had to end 2m ago',
      command: 'kubectl describe pod web-1-0 -n default',
    },
    {
      name: 'has a claim of somebody else',
      read: {
        statefulSets: [],
        pods: [],
        claims: [claim(owner, 1, { metadata: { annotations: {}, labels: { 'nodefleet.dev/member': 'web-1' } } })],
      },
      at: 'PersistentVolumeClaim',
      says: 'ForeignClaim',
      command: 'kubectl describe persistentvolumeclaim web-1 -n default',
    },
    {
      name: 'has lost its volume',
      read: { pods: [], claims: [claim(owner, 1, { status: { phase: 'Lost' } })] },
      at: 'PersistentVolumeClaim',
      says: 'ClaimLost',
      command: 'kubectl describe persistentvolumeclaim web-1 -n default',
    },
    {
      name: 'runs on a claim that is being deleted',
      read: { claims: [claim(owner, 1, { metadata: { deletionTimestamp: at(-60) } })] },
      at: 'PersistentVolumeClaim',
      says: 'is being deleted for 60s, and its data with it',
      command: 'kubectl delete pod web-1-0 -n default',
    },
    {
      name: 'waits for a pod of nobody',
      read: { statefulSets: [stopped], pods: [foreign({})] },
      at: 'PersistentVolumeClaim',
      says: 'pod backup-b1-x mounts it',
      command: 'kubectl delete pod backup-b1-x -n default',
    },
    {
      name: 'waits for a pod of a Deployment',
      read: {
        statefulSets: [stopped],
        pods: [foreign({ labels: { 'pod-template-hash': 'b1' }, ...ownedBy('ReplicaSet', 'backup-b1') })],
      },
      at: 'PersistentVolumeClaim',
      says: 'of Deployment backup mounts it',
      command: 'kubectl scale deployment backup --replicas=0 -n default',
    },
    {
      name: 'runs and cannot be moved because of another pod',
      read: {
        statefulSets: [statefulSet(outdated, 1)],
        pods: [pod(outdated, 1), foreign(ownedBy('StatefulSet', 'copy'))],
      },
      at: 'PersistentVolumeClaim',
      says: 'of StatefulSet copy mounts it',
      command: 'kubectl scale statefulset copy --replicas=0 -n default',
    },
    {
      name: 'has a claim that the storage refuses to grow',
      read: {
        claims: [
          claim(owner, 1, {
            spec: { resources: { requests: { storage: '20Gi' } } },
            status: {
              phase: 'Bound',
              capacity: { storage: '10Gi' },
              allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' },
            },
          }),
        ],
      },
      at: 'PersistentVolumeClaim',
      says: 'refuses to grow it from 10Gi to 20Gi',
      command: `kubectl patch nodedeployment web --type=merge -p '{"spec":{"storage":{"size":"10Gi"}}}' -n default`,
    },
    {
      name: 'has a claim whose volume is gone',
      read: { volumes: [], pods: [] },
      at: 'PersistentVolume',
      says: 'is gone',
      command: 'kubectl describe persistentvolumeclaim web-1 -n default',
    },
    {
      name: 'has a volume on machines of which none is there',
      read: { pods: [unscheduled('volume node affinity conflict')], volumes: [zonal], attachments: [] },
      at: 'PersistentVolume',
      says: 'there is none',
      command: 'kubectl get nodes --show-labels',
    },
    {
      name: 'has a volume on a machine that is cordoned',
      read: {
        pods: [unscheduled('volume node affinity conflict')],
        volumes: [zonal],
        attachments: [],
        machines: new Map([['m9', { ...zoned, spec: { unschedulable: true } }]]),
      },
      at: 'PersistentVolume',
      says: 'm9 is cordoned',
      command: 'kubectl uncordon m9',
    },
    {
      name: 'cannot have its volume attached',
      read: {
        pods: [waiting([], 'm1')],
        attachments: [{ ...attachment(own), status: { attached: false, attachError: { message: 'no room' } } }],
      },
      at: 'VolumeAttachment',
      says: 'cannot attach to m1: no room',
      command: 'kubectl describe volumeattachment attach-pv-web-1-m1',
    },
    {
      name: 'waits for a detachment that fails',
      read: {
        statefulSets: [stopped],
        pods: [],
        attachments: [
          {
            ...attachment(own, 'm1', { deletionTimestamp: at(-30) }),
            status: { attached: true, detachError: { message: 'device is busy' } },
          },
        ],
      },
      at: 'VolumeAttachment',
      says: 'detaching from machine m1 for 30s: device is busy',
      command: 'kubectl describe volumeattachment attach-pv-web-1-m1',
    },
    {
      name: 'waits too long for a detachment',
      read: { statefulSets: [statefulSet(owner, 1, { replicas: 0, quiescedAt: at(-421) })], pods: [] },
      at: 'VolumeAttachment',
      says: 'still attached to machine m1',
      command: 'kubectl describe volumeattachment attach-pv-web-1-m1',
    },
    {
      name: 'does not end on a machine that is down',
      read: { pods: [ending(-3600)], machines: new Map([['m1', machine('m1', 'Unknown', false, at(-600))]]) },
      at: 'Node',
      says: 'not Ready for 10m',
      command: 'kubectl taint nodes m1 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute',
    },
    {
      name: 'moves, and its replacement is on a machine that is down',
      of: surging,
      read: {
        statefulSets: [statefulSet(stateless, 1), surgeSet(surging, 1)],
        pods: [pod(stateless, 1), onMachine(pod(surging, 1, { surge: true, ready: false }), 'm2')],
        machines: new Map([
          ['m1', machine('m1')],
          ['m2', machine('m2', 'Unknown', false, at(-600))],
        ]),
      },
      at: 'Node',
      says: 'not Ready for 10m',
      command: 'kubectl taint nodes m2 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute',
    },
    {
      name: 'moves, and its replacement crashes',
      of: surging,
      read: {
        statefulSets: [statefulSet(stateless, 1), surgeSet(surging, 1)],
        pods: [pod(stateless, 1), pod(surging, 1, { surge: true, ready: false, waiting: 'CrashLoopBackOff' })],
      },
      at: 'Pod',
      says: 'the replacement while it moves: CrashLoopBackOff',
      command: 'kubectl logs web-1-surge-0 -c app --previous -n default',
    },
    {
      name: 'has its volume on a machine that is down',
      read: {
        statefulSets: [stopped],
        pods: [],
        machines: new Map([['m1', machine('m1', 'Unknown', false, at(-600))]]),
      },
      at: 'Node',
      says: 'not Ready for 10m',
      command: 'kubectl taint nodes m1 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute',
    },
    {
      name: 'has its volume on a machine that is gone',
      read: { statefulSets: [stopped], pods: [], machines: new Map() },
      at: 'Node',
      says: 'the volume is still attached to it',
      command: 'kubectl describe volumeattachment attach-pv-web-1-m1',
    },
    {
      name: 'has a pod that a finalizer of others holds',
      read: { pods: [ending(-120, { finalizers: ['example.com/keep'] })] },
      at: 'Finalizer',
      says: 'example.com/keep on Pod web-1-0',
      command: `kubectl get pod web-1-0 --show-managed-fields -o=jsonpath='{.metadata.managedFields[*].manager}' -n default`,
    },
    {
      name: 'gets no pod, and the cluster says why',
      read: { pods: [], attachments: [] },
      warnings: new Map([
        ['web-1-StatefulSet-uid', { reason: 'FailedCreate', note: 'exceeded quota', atMs: NOW - 9_000 }],
      ]),
      at: 'Event',
      says: 'FailedCreate, 9s ago: exceeded quota',
      command: 'kubectl describe statefulset web-1 -n default',
    },
    {
      name: 'cannot have its volume mounted, and the cluster says why',
      read: { pods: [waiting([], 'm1')] },
      warnings: new Map([['web-1-0-Pod-uid', { reason: 'FailedMount', note: 'no secret', atMs: NOW - 9_000 }]]),
      at: 'Event',
      says: 'FailedMount, 9s ago: no secret',
      command: 'kubectl describe pod web-1-0 -n default',
    },
    {
      name: 'crashed on a machine that is down now',
      read: {
        pods: [pod(owner, 1, { ready: false, waiting: 'CrashLoopBackOff' })],
        machines: new Map([['m1', machine('m1', 'Unknown')]]),
      },
      at: 'Node',
      says: 'not Ready',
      command: 'kubectl taint nodes m1 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute',
    },
    {
      name: 'waits for a detachment that fails on a machine that is down',
      read: {
        statefulSets: [stopped],
        pods: [],
        attachments: [
          {
            ...attachment(own, 'm1', { deletionTimestamp: at(-30) }),
            status: { attached: true, detachError: { message: 'no answer' } },
          },
        ],
        machines: new Map([['m1', machine('m1', 'Unknown')]]),
      },
      at: 'Node',
      says: 'not Ready',
      command: 'kubectl taint nodes m1 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute',
    },
    {
      name: 'is late itself while its replacement starts',
      of: {
        ...surging,
        status: {
          observedGeneration: 1,
          conditions: [condition('Stalled', 'True', 'ProgressDeadlineExceeded', 'web-1: late')],
        },
      },
      read: { statefulSets: [statefulSet(stateless, 1), surgeSet(surging, 1)], pods: [pod(stateless, 1)] },
      at: 'Operator',
      says: 'ProgressDeadlineExceeded: late',
      command: 'kubectl nodefleet status web -n default',
    },
    {
      name: 'is stalled for a reason that only the operator knows',
      of: fleet({}, { conditions: [condition('Stalled', 'True', 'Forbidden', 'web-1: may not create it')] }),
      read: { statefulSets: [], pods: [], claims: [], attachments: [], volumes: [] },
      at: 'Operator',
      says: 'Forbidden: may not create it',
      command: 'kubectl nodefleet status web -n default',
    },
  ];

  test.for(CASES)('$name is blocked there, with the command to run', ({ at: kind, says, command, ...change }) => {
    const { verdict, links, next } = explainMember(facts(change));
    expect(links.at(-1)).toMatchObject({ kind, state: 'Blocked', says: expect.stringContaining(says) });
    expect(verdict).toBe('Blocked');
    expect(next?.commands).toContain(command);
  });

  test.for(CASES)('$name is never told to force anything', (change) => {
    const commands = explainMember(facts(change)).next?.commands.join('\n') ?? '';
    expect(commands).not.toMatch(/--force|--grace-period|delete (volumeattachment|node|persistentvolume)/);
  });

  test.for<Change & { name: string; says: string }>([
    { name: 'should have ended a moment ago', read: { pods: [ending(-30)] }, says: 'Pod web-1-0' },
    {
      name: 'is ending, whatever the cluster warned of before',
      read: { pods: [ending(20)] },
      warnings: new Map([['web-1-0-Pod-uid', { reason: 'FailedMount', note: 'no secret', atMs: NOW - 9_000 }]]),
      says: 'Pod web-1-0',
    },
    {
      name: 'starts, and the last warning is older than ten minutes',
      read: { pods: [waiting([], 'm1')] },
      warnings: new Map([['web-1-0-Pod-uid', { reason: 'FailedMount', note: 'no secret', atMs: NOW - 600_001 }]]),
      says: 'Pod web-1-0',
    },
    { name: 'is ending in its time', read: { pods: [ending(20)] }, says: 'Pod web-1-0' },
    {
      name: 'has no StatefulSet yet',
      read: { statefulSets: [], pods: [], attachments: [] },
      says: 'StatefulSet web-1',
    },
    {
      name: 'waits for the provisioner',
      read: {
        pods: [waiting([], 'm1')],
        claims: [claim(owner, 1, { spec: { volumeName: '' }, status: { phase: 'Pending' } })],
        attachments: [],
      },
      says: 'PersistentVolumeClaim web-1',
    },
    {
      name: 'is being detached',
      read: { statefulSets: [stopped], pods: [], attachments: [attachment(own, 'm1', { deletionTimestamp: at(-3) })] },
      says: 'VolumeAttachment attach-pv-web-1-m1',
    },
    {
      name: 'is on a machine that was declared out of service',
      read: { pods: [ending(-600)], machines: new Map([['m1', machine('m1', 'Unknown', true)]]) },
      says: 'Node m1',
    },
    { name: 'has a spec that nobody has seen', of: deployment(spec), says: 'NodeDeployment web' },
  ])('$name waits, and nothing blocks it', ({ says, ...change }) => {
    expect(explainMember(facts(change))).toMatchObject({
      verdict: 'Waiting',
      summary: `nothing blocks web-1; it waits for ${says}`,
    });
  });

  test('has one before it in the rollout names that one', () => {
    const of = fleet({}, { members: [{ name: 'web-0', phase: 'AwaitingDetach' }] });
    const { verdict, links } = explainMember(facts({ of, read: { statefulSets: [statefulSet(outdated, 1)] } }));
    expect(verdict).toBe('Waiting');
    expect(links[0]?.says).toContain('comes after web-0, which is AwaitingDetach');
  });
});

describe('what may not be read', () => {
  test('is said in the chain, and the verdict is not Clear', () => {
    const unreadable = ['VolumeAttachment', 'PersistentVolume'];
    const explanation = explainMember(facts({ unreadable, read: { attachments: [], volumes: [] } }));
    expect(explanation).toMatchObject({
      verdict: 'Unknown',
      summary: 'nothing that you may read blocks web-1; not read: PersistentVolume, VolumeAttachment',
    });
  });

  test('hides no obstacle that can be read', () => {
    const read = { pods: [pod(owner, 1, { ready: false, waiting: 'CrashLoopBackOff' })] };
    expect(explainMember(facts({ unreadable: ['StatefulSet'], read })).verdict).toBe('Blocked');
  });
});

test('as text: a mark for each link, and below the next step', () => {
  const change = { read: { pods: [pod(owner, 1, { ready: false, waiting: 'CrashLoopBackOff' })] } };
  const explanation = explainMember(facts(change));
  expect(chainLines(explanation, { palette: NO_COLOURS, now: NOW })).toEqual([
    'web-1 is blocked by Pod web-1-0',
    '',
    `✓  NodeDeployment  web: wants the member, on revision ${revisionOf(owner.spec)}`,
    '✓  StatefulSet     web-1: told to have one pod',
    '✗  Pod             web-1-0: CrashLoopBackOff: container app: CrashLoopBackOff',
    '',
    'See why; then correct the template, or go back to the one before:',
    '  kubectl logs web-1-0 -c app --previous -n default',
    '  kubectl nodefleet rollout undo web -n default',
  ]);
});
