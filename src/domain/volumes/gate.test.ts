import { describe, expect, test } from 'vitest';

import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import type { StoredCsiDriver, StoredPod, StoredVolume } from '../../kube/kinds.ts';
import { gate, stopObstacle } from './gate.ts';
import { suspectsOf } from './release.ts';
import { type Observed, type Optional, type Readings, isWanted } from '../observed.ts';
import {
  NOW,
  type PodChange,
  STORAGE,
  type SpecInput,
  at,
  attachment,
  claim,
  deployment,
  machine,
  observe,
  pod,
  statefulSet,
  volumeOf,
} from '../testing/build.ts';

const fleet = deployment({ storage: STORAGE });
const READY = new Map([['m1', machine('m1')]]);
const first = (observed: Observed) =>
  observed.members.find((member) => isWanted(observed.deployment, member)) ?? expect.fail('no member');
const foreignPod = (metadata = {}): StoredPod => {
  const mine = pod(fleet, 0);
  return { ...mine, metadata: { ...mine.metadata, name: 'backup', uid: 'backup-uid', labels: {}, ...metadata } };
};

describe('gate', () => {
  const mine = claim(fleet, 0);
  const stopped = (seconds: number) => statefulSet(fleet, 0, { replicas: 0, quiescedAt: at(-seconds) });
  const judge = (
    read: Partial<Readings>,
    rollout: SpecInput['rollout'] = {},
    spec: SpecInput = { storage: STORAGE },
  ) => {
    const observed = observe(deployment({ ...spec, rollout }), { claims: [mine], ...read });
    const answer = gate(observed, first(observed));
    return answer?.type === 'Wait' ? answer : (answer?.type ?? 'free');
  };
  const proven = { provenClaims: new Set(['web-0']) };

  test('a volume whose freedom was read live is free', () => {
    expect(judge(proven)).toBe('free');
  });

  test('a volume that only the cache calls free has to be proven free', () => {
    expect(judge({})).toBe('Prove');
  });

  test.for(['Pending', 'Running', 'Unknown'])("waits for the member's own %s pod", (phase) => {
    expect(judge({ ...proven, pods: [pod(fleet, 0, { phase })] })).toMatchObject({
      reason: 'PodTerminating',
      message: expect.stringContaining('web-0-0'),
    });
  });

  test('waits for a pod that is being deleted: it may still write', () => {
    expect(judge({ ...proven, pods: [pod(fleet, 0, { isTerminating: true })] })).toMatchObject({
      reason: 'PodTerminating',
    });
  });

  test('waits until the StatefulSet controller counts the pod no more: a start would meet its write', () => {
    const counted = { ...stopped(1), status: { replicas: 1 } };
    expect(judge({ ...proven, statefulSets: [counted] })).toMatchObject({
      reason: 'PodTerminating',
      message: 'StatefulSet web-0 still counts its pod',
    });
    expect(judge({ ...proven, statefulSets: [{ ...counted, status: { replicas: 0 } }] })).toBe('free');
  });

  test('does not wait to be counted no more for a pod that finalizers hold: it has ended', () => {
    const statefulSets = [{ ...stopped(1), status: { replicas: 1 } }];
    const ended = pod(fleet, 0, { phase: 'Succeeded', isTerminating: true });
    expect(judge({ ...proven, statefulSets, pods: [ended] })).toBe('free');
  });

  test.for(['Succeeded', 'Failed'])('does not wait for a %s pod', (phase) => {
    expect(judge({ ...proven, pods: [pod(fleet, 0, { phase })] })).toBe('free');
  });

  test('names a foreign pod that mounts the claim', () => {
    expect(judge({ ...proven, pods: [foreignPod()] })).toMatchObject({
      reason: 'BlockedByConsumer',
      stalled: 'BlockedByConsumer',
      message: expect.stringContaining('pod backup mounts claim web-0'),
    });
  });

  test('names the same pod of several, in whatever order the cache lists them', () => {
    const pods = ['backup', 'restore'].map((name) => foreignPod({ name, uid: name }));
    for (const order of [pods, pods.toReversed()]) {
      expect(judge({ ...proven, pods: order })).toMatchObject({ message: expect.stringMatching(/^pod backup /) });
    }
  });

  test.for<[name: string, owner: string | undefined, labels: Readonly<Record<string, string>>, remedy: string]>([
    ['nobody', undefined, {}, 'delete that pod'],
    ['a StatefulSet', 'StatefulSet db', {}, 'scale down or delete its StatefulSet db'],
    ['a ReplicaSet', 'ReplicaSet a-b1', {}, 'scale down or delete its ReplicaSet a-b1'],
    [
      'a Deployment, by way of its ReplicaSet',
      'ReplicaSet a-b1',
      { 'pod-template-hash': 'b1' },
      'scale down or delete its Deployment a',
    ],
  ])('says how to end a foreign pod that was made by %s', ([, owner, labels, remedy]) => {
    const [kind = '', name = ''] = owner?.split(' ') ?? [];
    const controller = { apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true };
    const ownerReferences = owner === undefined ? [] : [controller];
    const pods = [foreignPod({ labels, ownerReferences })];
    expect(judge({ ...proven, pods })).toMatchObject({ message: `pod backup mounts claim web-0; ${remedy}` });
  });

  test.for([
    ['attached', {}],
    ['being detached: it still counts', { deletionTimestamp: at(-1) }],
  ] as const)('waits while the volume is %s', ([, metadata]) => {
    const read = { ...proven, statefulSets: [stopped(10)], attachments: [attachment(mine, 'm1', metadata)] };
    expect(judge(read)).toMatchObject({
      reason: 'AwaitingDetach',
      untilMs: NOW + 410_000,
      message: expect.stringMatching(/pv-web-0 .*m1/),
    });
  });

  test.for([
    ['early, on a machine that is there', READY, 10, /\(VolumeAttachment \S+\)$/],
    ['early, on a machine that is gone', new Map(), 10, /\)\. That machine is gone: the CSI driver csi\.example\.com /],
    [
      'late, on a machine that is there',
      READY,
      420,
      /\) for more than 420 s\. Check that machine and the CSI driver csi\.example\.com\. /,
    ],
    [
      'late, on a machine that is gone',
      new Map(),
      420,
      /\) for more than 420 s\. That machine is gone: the CSI driver csi\.example\.com /,
    ],
  ] as const)('says who has to detach: %s', ([, machines, seconds, message]) => {
    const read = { ...proven, machines, statefulSets: [stopped(seconds)], attachments: [attachment(mine)] };
    expect(judge(read)).toMatchObject({ message: expect.stringMatching(message) });
  });

  test("is not concerned with another volume's attachment", () => {
    expect(judge({ ...proven, attachments: [attachment(claim(fleet, 1))] })).toBe('free');
  });

  test.for([
    ['Required', 419, false, 'AwaitingDetach'],
    ['Required', 420, true, 'DetachTimeout'],
    ['Required', 86_400, true, 'DetachTimeout'],
    ['BestEffort', 419, true, 'AwaitingDetach'],
    ['BestEffort', 420, true, 'free'],
    ['BestEffort', 420, false, 'Prove'],
  ] as const)('%s, attached %i s after the stop, read live %s: %s', ([detach, seconds, isProven, answer]) => {
    const read = { ...(isProven ? proven : {}), statefulSets: [stopped(seconds)], attachments: [attachment(mine)] };
    const judged = judge(read, { detach });
    expect(typeof judged === 'string' ? judged : judged.reason).toBe(answer);
  });

  test.for([
    [30, 'AwaitingDetach'],
    [420, 'free'],
  ] as const)(
    'the timeout begins once the pod is gone, %i s ago, however long it took to end: %s',
    ([gone, answer]) => {
      const record = { stoppedAt: at(-1000), podUID: 'x', nodeName: 'm1', podGoneAt: at(-gone) };
      const status: NodeDeploymentStatus = { members: [{ name: 'web-0', phase: 'AwaitingDetach', handoff: record }] };
      const owner = deployment({ storage: STORAGE, rollout: { detach: 'BestEffort' } }, {}, status);
      const read = { ...proven, claims: [mine], statefulSets: [stopped(1000)], attachments: [attachment(mine)] };
      const observed = observe(owner, read);
      const judged = gate(observed, first(observed));
      expect(judged === undefined ? 'free' : judged.type === 'Wait' && judged.reason).toBe(answer);
    },
  );

  test('a pod on the claim outlasts the timeout of BestEffort', () => {
    const read = { ...proven, statefulSets: [stopped(9999)], pods: [foreignPod()], attachments: [attachment(mine)] };
    expect(judge(read, { detach: 'BestEffort' })).toMatchObject({ reason: 'BlockedByConsumer' });
  });

  test('counts from the deletion of the attachment where there is no StatefulSet to tell', () => {
    const attachments = [attachment(mine, 'm1', { deletionTimestamp: at(-420) })];
    expect(judge({ ...proven, attachments })).toMatchObject({ reason: 'DetachTimeout', stalled: 'DetachTimeout' });
  });

  test('has no timeout where nothing says when the member was stopped', () => {
    const judged = judge({ ...proven, attachments: [attachment(mine)] });
    expect(judged).toMatchObject({ reason: 'AwaitingDetach' });
    expect(judged).not.toHaveProperty('untilMs');
  });

  test('a claim that is not there yet is free', () => {
    expect(judge({ claims: [] })).toBe('free');
  });

  test.for<[name: string, claims: Partial<Readings>['claims'] & object, answer: string]>([
    ['is not made yet', [], 'ClaimPending'],
    ['has no volume yet', [claim(fleet, 0, { spec: { volumeName: '' } })], 'ClaimPending'],
    ['has one', [mine], 'Prove'],
  ])('a claim for a volume that is made by hand, which %s: %s', ([, claims, answer]) => {
    const judged = judge({ claims }, {}, { storage: { ...STORAGE, storageClassName: '' } });
    expect(typeof judged === 'string' ? judged : judged.reason).toBe(answer);
    const remedy = expect.stringContaining('claimRef: {namespace: default, name: web-0}');
    if (answer === 'ClaimPending') expect(judged).toMatchObject({ message: remedy });
  });

  test.for<[name: string, spec: SpecInput]>([
    ['an emptyDir', {}],
    ['a volume that many may write', { storage: { ...STORAGE, accessMode: 'ReadWriteMany' } }],
  ])('asks for no proof for %s', ([, spec]) => {
    expect(judge({ attachments: [attachment(mine)] }, {}, spec)).toBe('free');
  });

  test.for<[name: string, isTainted: boolean, state: string, answer: string]>([
    ['the attachment', false, 'False', 'NodeUnreachable'],
    ['the attachment, which is said to be off', true, 'False', 'AwaitingDetach'],
    ['the attachment, which is Ready', false, 'True', 'AwaitingDetach'],
  ])('a silent machine of %s: %s %s', ([, isTainted, state, answer]) => {
    const machines = new Map([['m1', machine('m1', state, isTainted)]]);
    expect(judge({ ...proven, machines, attachments: [attachment(mine)] })).toMatchObject({ reason: answer });
  });

  test('a pod on a silent machine: says which command helps if it is off', () => {
    const machines = new Map([['m1', machine('m1', 'Unknown')]]);
    expect(judge({ ...proven, machines, pods: [pod(fleet, 0, { isTerminating: true })] })).toMatchObject({
      stalled: 'NodeUnreachable',
      message: expect.stringContaining(
        'kubectl taint nodes m1 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute',
      ),
    });
  });

  test.for([
    [59, [], 'PodTerminating', ''],
    [60, [], 'PodTerminatingTooLong', 'the kubelet of machine m1'],
    [60, ['backup.example.com/hold'], 'PodTerminatingTooLong', 'backup.example.com/hold'],
  ] as const)('a pod %i s after its grace period, finalizers %j: %s', ([late, finalizers, reason, names]) => {
    const metadata = { deletionTimestamp: at(-late), finalizers };
    const judged = judge({ ...proven, machines: READY, pods: [pod(fleet, 0, { metadata })] });
    expect(judged).toMatchObject({ reason, message: expect.stringContaining(names) });
  });

  describe('without the right to read attachments', () => {
    const blind = { ...proven, unreadable: new Set<Optional>(['attachments']), statefulSets: [stopped(419)] };

    test('refuses under Required, and says what to grant', () => {
      expect(judge(blind)).toMatchObject({
        reason: 'CannotReadVolumeAttachments',
        stalled: 'Forbidden',
        message: expect.stringContaining('volumeattachments.storage.k8s.io'),
      });
    });

    test('goes on after the timeout under BestEffort', () => {
      expect(judge(blind, { detach: 'BestEffort' })).toMatchObject({ reason: 'CannotReadVolumeAttachments' });
      expect(judge({ ...blind, statefulSets: [stopped(420)] }, { detach: 'BestEffort' })).toBe('free');
    });

    test('starts the first pod on a volume that nothing has ever used', () => {
      expect(judge({ ...proven, unreadable: blind.unreadable })).toBe('free');
    });
  });
});

describe('stopObstacle', () => {
  const mine = claim(fleet, 0);
  const judge = (read: Partial<Readings>, rollout: SpecInput['rollout'] = {}) => {
    const observed = observe(deployment({ storage: STORAGE, rollout }), { claims: [mine], ...read });
    return stopObstacle(observed, first(observed));
  };
  const blind = { unreadable: new Set<Optional>(['attachments']) };

  test("a member is not stopped for a move while somebody else's pod has its claim", () => {
    expect(judge({ pods: [pod(fleet, 0), foreignPod()] })).toMatchObject({ stalled: 'BlockedByConsumer' });
    expect(judge({ pods: [pod(fleet, 0)] })).toBeUndefined();
  });

  test('nor before the volume that is made by hand for it is there', () => {
    const owner = deployment({ storage: { ...STORAGE, storageClassName: '' } });
    const reasonWith = (claims: Readings['claims']) => {
      const observed = observe(owner, { claims, pods: [pod(deployment(), 0)] });
      return stopObstacle(observed, first(observed))?.reason;
    };
    expect([[], [claim(owner, 0, { spec: { volumeName: '' } })], [mine]].map(reasonWith)).toEqual([
      'ClaimPending',
      'ClaimPending',
      undefined,
    ]);
  });

  test('nor where nobody could tell when its volume is detached, unless BestEffort goes on', () => {
    expect(judge(blind)).toMatchObject({ stalled: 'Forbidden' });
    expect(judge(blind, { detach: 'BestEffort' })).toBeUndefined();
  });
});

describe('a volume of which no attachment tells', () => {
  const annotations = { [ANNOTATION.deploymentUid]: 'former-uid' };
  const used = claim(fleet, 0, { metadata: { annotations } });
  const stop = statefulSet(fleet, 0, { replicas: 0, quiescedAt: at(-30) });
  const drivers: readonly StoredCsiDriver[] = [
    {
      metadata: { name: 'csi.example.com', uid: 'driver', resourceVersion: '1', creationTimestamp: at(0) },
      spec: { attachRequired: false },
    },
  ];
  const read = { drivers, provenClaims: new Set(['web-0']), claims: [used], machines: READY };
  const before = { members: [{ name: 'web-0', phase: 'Running', podUID: 'web-0-0-Pod-uid', nodeName: 'm1' }] } as const;
  const judge = (
    more: Partial<Readings>,
    rollout: SpecInput['rollout'] = {},
    status: NodeDeploymentStatus = before,
  ) => {
    const owner = deployment({ storage: STORAGE, rollout }, {}, status);
    const observed = observe(owner, { ...read, statefulSets: [stop], ...more });
    const answer = gate(observed, first(observed));
    return answer?.type === 'Wait' ? answer.reason : (answer?.type ?? 'free');
  };
  const removed = (change: PodChange) => ({ removedPods: new Map([['web-0', pod(fleet, 0, change)]]) });

  test.for<[name: string, more: Partial<Readings>, answer: string]>([
    ['its pod was ended by the kubelet', removed({ phase: 'Succeeded', isTerminating: true }), 'free'],
    ['its pod was removed by force', removed({ phase: 'Running' }), 'ReleaseUnproven'],
    ['nobody watched, on a machine that is Ready', {}, 'AwaitingRelease'],
    ['on a machine that is silent', { machines: new Map([['m1', machine('m1', 'Unknown')]]) }, 'NodeUnreachable'],
    ['on a machine that is off', { machines: new Map([['m1', machine('m1', 'Unknown', true)]]) }, 'free'],
    ['on a machine that is gone', { machines: new Map() }, 'ReleaseUnproven'],
    [
      'on a machine that must not be read',
      { machines: new Map(), unreadable: new Set<Optional>(['machines']) },
      'ReleaseUnproven',
    ],
  ])('%s: %s', ([, more, answer]) => {
    expect(judge(more)).toBe(answer);
  });

  test.for([
    [59, 3600, 'AwaitingRelease'],
    [60, 3600, 'free'],
    [90, 59, 'AwaitingRelease'],
    [90, 60, 'free'],
  ] as const)(
    'that went unwatched %i s ago from a machine that has been Ready for %i s: %s',
    ([gone, ready, answer]) => {
      const record = { stoppedAt: at(-90), podUID: 'x', nodeName: 'm1', podGoneAt: at(-gone) };
      const machines = new Map([['m1', machine('m1', 'True', false, at(-ready))]]);
      const status: NodeDeploymentStatus = { members: [{ name: 'web-0', phase: 'AwaitingDetach', handoff: record }] };
      const statefulSets = [statefulSet(fleet, 0, { replicas: 0, quiescedAt: at(-90) })];
      expect(judge({ statefulSets, machines }, {}, status)).toBe(answer);
    },
  );

  test('BestEffort goes on at the timeout, Required never', () => {
    const late = {
      ...removed({ phase: 'Running' }),
      statefulSets: [statefulSet(fleet, 0, { replicas: 0, quiescedAt: at(-420) })],
    };
    const record = { stoppedAt: at(-420), podUID: 'web-0-0-Pod-uid', nodeName: 'm1', podGoneAt: at(-420) };
    const status: NodeDeploymentStatus = { members: [{ name: 'web-0', phase: 'Starting', handoff: record }] };
    expect(judge(late, { detach: 'BestEffort' }, status)).toBe('free');
    expect(judge(late, {}, status)).toBe('ReleaseUnproven');
  });

  test('what the status has recorded counts after a restart of the operator', () => {
    const record = { stoppedAt: at(-30), podUID: 'x', nodeName: 'm1', podGoneAt: at(-20) };
    const recorded = (removedBy: 'Kubelet' | 'Other'): NodeDeploymentStatus => ({
      members: [{ name: 'web-0', phase: 'AwaitingDetach', handoff: { ...record, removedBy } }],
    });
    expect(judge({}, {}, recorded('Kubelet'))).toBe('free');
    expect(judge({}, {}, recorded('Other'))).toBe('ReleaseUnproven');
  });

  test('an unknown former writer can only be on a machine that has been silent since the claim was made', () => {
    const silent = (since: string) => ({
      statefulSets: [],
      machines: new Map([['m9', machine('m9', 'Unknown', false, since)]]),
    });
    expect(judge(silent(at(-10)), {}, {})).toBe('ReleaseUnproven');
    expect(judge(silent(at(-99_999)), {}, {})).toBe('free');
  });

  test('a volume made by hand may have had a writer before its claim was made', () => {
    const own = (storageClassName: string) => [claim(fleet, 0, { spec: { storageClassName } })];
    const silent = { statefulSets: [], machines: new Map([['m9', machine('m9', 'Unknown', false, at(-10))]]) };
    expect(judge({ ...silent, claims: own('') }, {}, {})).toBe('ReleaseUnproven');
    expect(judge({ ...silent, claims: own('fast') }, {}, {})).toBe('free');
  });

  test('a claim whose pod was lost is not unused because its StatefulSet is gone too', () => {
    const handoff = { podUID: 'x', nodeName: 'm1', podGoneAt: at(-20), removedBy: 'Other' } as const;
    const suspects = [{ podUID: 'x', nodeName: 'm1', goneAt: at(-20), isForced: true }];
    const lost = { statefulSets: [], claims: [claim(fleet, 0)], machines: new Map([['m1', machine('m1', 'Unknown')]]) };
    const told = (entry: object): NodeDeploymentStatus => ({
      members: [{ name: 'web-0', phase: 'Pending', ...entry }],
    });
    expect(judge(lost, {}, told({ handoff }))).toBe('NodeUnreachable');
    expect(judge(lost, {}, told({ suspects }))).toBe('NodeUnreachable');
    expect(judge(lost, {}, told({}))).toBe('free');
  });

  describe('a pod that was removed by force', () => {
    const suspect = (podUID: string, seconds: number) =>
      ({ podUID, nodeName: 'm1', goneAt: at(-seconds), isForced: true }) as const;
    const next = pod(fleet, 0, { metadata: { uid: 'next', creationTimestamp: at(-60) } });
    const running = (detach: 'Required' | 'BestEffort', suspects = [suspect('x', 90)]) => {
      const entry = { name: 'web-0', phase: 'Running', podUID: 'next', suspects } as const;
      const owner = deployment({ storage: STORAGE, rollout: { detach } }, {}, { members: [entry] });
      const observed = observe(owner, { ...read, statefulSets: [statefulSet(fleet, 0)], pods: [next] });
      return { observed, member: first(observed) };
    };
    const uids = ({ observed, member }: ReturnType<typeof running>) =>
      suspectsOf(observed, member).map(({ podUID }) => podUID);

    test('is answered for by whoever let the next one start by BestEffort, and no later one is', () => {
      expect(uids(running('Required'))).toEqual(['x']);
      expect(uids(running('BestEffort'))).toEqual([]);
      expect(uids(running('BestEffort', [suspect('x', 90), suspect('y', 30)]))).toEqual(['y']);
    });

    test('is not suspected again by its record when the next hand-off is to be Required', () => {
      const handoff = {
        podUID: 'x',
        nodeName: 'm1',
        podGoneAt: at(-90),
        removedBy: 'Other',
        startedAt: at(-60),
      } as const;
      const entry = { name: 'web-0', phase: 'Running', podUID: 'next', handoff } as const;
      const owner = deployment({ storage: STORAGE }, {}, { members: [entry] });
      const old = pod(fleet, 0, { metadata: { uid: 'x' } });
      const more = { statefulSets: [statefulSet(fleet, 0)], pods: [next], removedPods: new Map([['web-0', old]]) };
      const observed = observe(owner, { ...read, ...more });
      expect(uids({ observed, member: first(observed) })).toEqual([]);
    });

    test('keeps the member from being stopped for a move: it could not be started again', () => {
      const reasonOf = ({ observed, member }: ReturnType<typeof running>) => stopObstacle(observed, member)?.reason;
      expect(reasonOf(running('Required'))).toBe('ReleaseUnproven');
      expect(reasonOf(running('BestEffort', [suspect('y', 30)]))).toBeUndefined();
      expect(reasonOf(running('Required', []))).toBeUndefined();
    });
  });

  test('an in-tree volume is such a volume, one that Kubernetes hands to a CSI driver is not', () => {
    const inTree = (spec: StoredVolume['spec']) => ({ volumes: [{ ...volumeOf(used), spec: spec ?? {} }] });
    const forced = removed({ phase: 'Running' });
    expect(judge({ ...forced, ...inTree({ nfs: { server: 's', path: '/' } }) })).toBe('ReleaseUnproven');
    expect(judge({ ...forced, ...inTree({ gcePersistentDisk: { pdName: 'd' } }) })).toBe('free');
    expect(judge({ ...forced, drivers: [] })).toBe('free');
  });
});
