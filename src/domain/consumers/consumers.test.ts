import { describe, expect, test } from 'vitest';

import { LABEL } from '../../api/v1alpha1/names.ts';
import type { NodeDeploymentStatus, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { desire } from '../desired/desire.ts';
import { revisionOf } from '../desired/pod-template.ts';
import type { Readings } from '../observed.ts';
import { plan } from '../plan.ts';
import { summarize } from '../summary/summary.ts';
import { NOTHING_DONE } from '../outcome.ts';
import {
  STORAGE,
  type SpecInput,
  at,
  attachment,
  claim,
  deployment,
  followerPod,
  followerSet,
  observe,
  pod,
  running,
  settled,
  statefulSet,
  workerOf,
} from '../testing/build.ts';

const GROUP: SpecInput = { storage: STORAGE, consumers: [workerOf('worker:1')] };
const group = deployment(GROUP);
const alone = settled(group, [0]);
const set = followerSet(group, 0);
/** The follower runs on m1, as the member does. */
const together: Partial<Readings> = {
  ...alone,
  statefulSets: [...alone.statefulSets, set],
  pods: [...alone.pods, followerPod(set)],
};
const withMember = (change: Partial<Readings>): Partial<Readings> => ({ ...together, ...change });
const elsewhere = pod(group, 0);
const OF_FORMER = {
  ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web-0', uid: 'former', controller: true }],
};
const movedPod = { ...elsewhere, spec: { containers: [], ...elsewhere.spec, nodeName: 'm2' } };

/** What is done, a line each: `StartConsumer web-0-worker`, `Wait ConsumersStopping`. */
function linesOf(owner: StoredNodeDeployment, read: Partial<Readings>): readonly string[] {
  return plan(desire(owner), observe(owner, read)).actions.map((action) => {
    if (action.type === 'Apply') return `${action.purpose} ${action.object.metadata?.name}`;
    if (action.type === 'Delete') return `Delete ${action.kind.kind} ${action.key.name}`;
    return action.type === 'Wait' ? `Wait ${action.reason}` : action.type;
  });
}

const moving = (spec: SpecInput = {}): StoredNodeDeployment => {
  const target = deployment({ ...GROUP, template: running('app:2'), ...spec });
  const base = { id: 'p', purpose: 'Rollout', generation: 1, createdAt: at(-10), members: [] } as const;
  const status: NodeDeploymentStatus = {
    plan: { ...base, targetRevision: revisionOf(target.spec), phase: 'Active' },
    updateRevision: revisionOf(target.spec),
  };
  return { ...target, status };
};

describe('a follower', () => {
  test('is made once the pod of its member is on a machine', () => {
    expect(linesOf(group, alone)).toEqual(['StartConsumer web-0-worker']);
  });

  test.for<[name: string, change: Partial<Readings>]>([
    ['has no pod yet', { pods: [] }],
    ['has one that is on no machine yet', { pods: [{ ...pod(group, 0), spec: { containers: [] } }] }],
    ['has one that ends', { pods: [pod(group, 0, { isTerminating: true })] }],
    ['has one of a StatefulSet that is gone, with which it goes', { pods: [pod(group, 0, { metadata: OF_FORMER })] }],
  ])('is not made while its member %s', ([, change]) => {
    expect(linesOf(group, { ...alone, ...change })).not.toContain('StartConsumer web-0-worker');
  });

  test('is left alone where all is well', () => {
    expect(linesOf(group, together)).toEqual([]);
  });

  test.for<[name: string, owner: StoredNodeDeployment, read: Partial<Readings>]>([
    ['its member is on another machine', group, withMember({ pods: [movedPod, followerPod(set)] })],
    ['its member has lost its pod', group, withMember({ pods: [followerPod(set)] })],
    ['its template changes', deployment({ ...GROUP, consumers: [workerOf('worker:2')] }), together],
  ])('stops first when %s', ([, owner, read]) => {
    expect(linesOf(owner, read)).toEqual(['StopConsumer web-0-worker']);
  });

  test.for<[name: string, pods: Partial<Readings>['pods'], generation: number, lines: readonly string[]]>([
    ['its old pod is gone', [movedPod], 1, ['StartConsumer web-0-worker']],
    ['its old pod is still there', [movedPod, followerPod(set)], 1, []],
    ['its StatefulSet has not seen yet that it is to have none', [movedPod], 2, []],
  ])('that has stopped follows its member where %s', ([, pods, generation, lines]) => {
    const stopped = followerSet(group, 0, { replicas: 0, metadata: { generation } });
    const statefulSets = [...alone.statefulSets, { ...stopped, status: { observedGeneration: 1, replicas: 0 } }];
    expect(linesOf(group, withMember({ statefulSets, pods: pods ?? [] }))).toEqual(lines);
  });

  test('gets its update strategy back, as its member does', () => {
    const rolling = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };
    const changed = { ...set, ...(set.spec && { spec: { ...set.spec, updateStrategy: rolling } }) };
    const read = withMember({ statefulSets: [...alone.statefulSets, changed] });
    const [apply] = plan(desire(group), observe(group, read)).actions;
    expect(apply).toMatchObject({
      object: { metadata: { name: 'web-0-worker' }, spec: { updateStrategy: { rollingUpdate: { partition: 1 } } } },
    });
  });

  test('of another owner is not touched, and said so', () => {
    const foreign = followerSet(group, 0, { metadata: { ownerReferences: [] } });
    const read = withMember({ statefulSets: [...alone.statefulSets, foreign], pods: alone.pods });
    expect(linesOf(group, read)).toEqual(['Wait ForeignOwner']);
  });

  test('that the spec does not have any more is deleted, and its member is not', () => {
    expect(linesOf(deployment({ storage: STORAGE }), together)).toEqual(['Delete StatefulSet web-0-worker']);
  });
});

describe('a member with a follower', () => {
  test.for<[name: string, owner: StoredNodeDeployment]>([
    ['moves', moving()],
    ['is suspended', deployment({ ...GROUP, suspend: true })],
  ])('that %s waits for its follower to stop', ([, owner]) => {
    const lines = linesOf(owner, together);
    expect(lines).toEqual(expect.arrayContaining(['Wait ConsumersStopping', 'StopConsumer web-0-worker']));
    expect(lines).not.toContain('Quiesce web-0');
    const quiet = followerSet(group, 0, { replicas: 0 });
    const after = withMember({ statefulSets: [...alone.statefulSets, quiet], pods: alone.pods });
    expect(linesOf(owner, after)).toContain('Quiesce web-0');
  });

  test('that is scaled away goes after its follower', () => {
    const owner = deployment({ ...GROUP, replicas: 0 });
    expect(linesOf(owner, together)).toEqual(['Delete StatefulSet web-0-worker', 'Wait ConsumersStopping']);
    expect(linesOf(owner, withMember({ statefulSets: alone.statefulSets }))).toEqual(['Wait ConsumersStopping']);
    expect(linesOf(owner, alone)).toEqual(['Delete StatefulSet web-0', 'Delete Service web-0']);
  });

  test('is not held up for ever by a pod that only has the labels of a follower: it blocks as anybody does', () => {
    const labels = { [LABEL.consumerOf]: 'web-0', [LABEL.consumer]: 'worker', [LABEL.deployment]: 'web' };
    const imposter = followerPod(set, { name: 'imposter', labels, ownerReferences: [] });
    const read = { ...alone, pods: [...alone.pods, imposter] };
    expect(linesOf(moving(), read)).toContain('Wait BlockedByConsumer');
  });

  test('does not start while a follower is on its volume, and does not call that a blockage', () => {
    const stopped = statefulSet(group, 0, { replicas: 0 });
    const read = { statefulSets: [stopped, set], claims: [claim(group, 0)], pods: [followerPod(set)] };
    expect(linesOf(group, { ...alone, ...read, attachments: [attachment(claim(group, 0))] })).toContain(
      'Wait ConsumersStopping',
    );
  });
});

describe('status.members[].consumers', () => {
  const consumersOf = (owner: StoredNodeDeployment, read: Partial<Readings>) => {
    const observed = observe(owner, read);
    const decided = plan(desire(owner), observed);
    return summarize(desire(owner), observed, decided, NOTHING_DONE).members?.[0]?.consumers;
  };

  const podUID = followerPod(set).metadata.uid;
  test.for<[phase: string, read: Partial<Readings>, more: object]>([
    ['Waiting', alone, { message: "waits until its member's pod is on a machine" }],
    ['Running', together, { nodeName: 'm1', podUID }],
    ['Starting', withMember({ pods: alone.pods }), {}],
    ['Stopped', withMember({ statefulSets: [followerSet(group, 0, { replicas: 0 })], pods: [] }), {}],
    ['Stopping', withMember({ statefulSets: [followerSet(group, 0, { replicas: 0 })] }), { nodeName: 'm1', podUID }],
  ])('tells a follower as %s', ([phase, read, more]) => {
    expect(consumersOf(group, read)).toEqual([{ name: 'worker', kind: 'Follower', phase, ...more }]);
  });

  test('tells what is wrong with a container of a sidecar, and not what is wrong with others', () => {
    const sidecar = { name: 'log', kind: 'Sidecar' as const, template: running('log:1') };
    const owner = deployment({ consumers: [sidecar] });
    const stuck = pod(owner, 0, { ready: false, waiting: 'ImagePullBackOff' });
    const read = { ...settled(owner, [0]), pods: [stuck] };
    expect(consumersOf(owner, read)).toMatchObject([{ phase: 'Failed', message: 'container app: ImagePullBackOff' }]);
    const named = { spec: { containers: [{ name: 'log', image: 'log:1' }] } };
    const other = deployment({ consumers: [{ ...sidecar, template: named }] });
    expect(consumersOf(other, { ...settled(other, [0]), pods: [stuck] })).toMatchObject([{ phase: 'Starting' }]);
  });

  test('is absent in a fleet without consumers', () => {
    expect(consumersOf(deployment(), settled(deployment(), [0]))).toBeUndefined();
  });
});
