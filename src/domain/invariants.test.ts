import { describe, expect, test } from 'vitest';

import { ANNOTATION, FIELD_MANAGER } from '../api/v1alpha1/names.ts';
import type { RolloutPlan, StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { CLAIM, CONTROLLER_REVISION, DISRUPTION_BUDGET, type Kind, STATEFUL_SET } from '../kube/kinds.ts';
import type { Stored } from '../kube/object.ts';
import { type Apply, type Delete, type Plan, readAt } from './actions.ts';
import { desire } from './desired/desire.ts';
import { brokenInvariants } from './invariants.ts';
import type { Readings } from './observed.ts';
import {
  STORAGE,
  attachment,
  at,
  budget,
  claim,
  deployment,
  followerPod,
  followerSet,
  observe,
  pod,
  record,
  running,
  settled,
  statefulSet,
  surgeSet,
  workerOf,
} from './testing/build.ts';

const fleet = deployment({ storage: STORAGE });
const pair = deployment({ replicas: 2 });
const deleting = { ...STORAGE, retention: { onScaleDown: 'Delete' as const } };
const start = (owner: StoredNodeDeployment, purpose: Apply['purpose'] = 'Start'): Apply => ({
  type: 'Apply',
  purpose,
  member: 'web-0',
  kind: STATEFUL_SET,
  object: statefulSet(owner, 0),
  fence: readAt(undefined),
  fieldManager: FIELD_MANAGER,
});
const remove = (kind: Kind, { metadata }: Stored): Delete => ({
  type: 'Delete',
  member: 'web-0',
  kind,
  key: { namespace: 'default', name: metadata.name },
  uid: metadata.uid,
});
const rolloutPlan: RolloutPlan = {
  id: 'p',
  purpose: 'Rollout',
  generation: 1,
  targetRevision: 'r',
  phase: 'Active',
  createdAt: at(0),
  members: [],
};
const judge = (owner: StoredNodeDeployment, read: Partial<Readings>, plan: Partial<Plan>): readonly string[] =>
  brokenInvariants({ actions: [], rolloutPlan: owner.status?.plan, ...plan }, desire(owner), observe(owner, read));
const proven = { provenClaims: new Set(['web-0']) };

describe('brokenInvariants', () => {
  const mine = claim(fleet, 0);
  const scaled = deployment({ replicas: 0, storage: STORAGE });
  const teardown = deployment({ storage: deleting }, { deletionTimestamp: at(0) });
  const olderPod = pod(deployment({ template: running('app:0') }), 0);
  const older = statefulSet(deployment({ template: running('app:0') }), 0, { replicas: 0 });
  const grouped = deployment({ storage: STORAGE, consumers: [workerOf('worker:1')] });
  const worker = followerSet(grouped, 0);
  const surged = surgeSet(pair, 0);
  const memberPod = pod(grouped, 0);
  const startWorker: Apply = { ...start(grouped, 'StartConsumer'), object: worker };
  const oldest = record(deployment({ template: running('app:0') }));
  const foreign = claim(fleet, 0, { metadata: { annotations: { [ANNOTATION.deploymentUid]: 'former' } } });
  const consumer = pod(fleet, 0, { metadata: { labels: {}, name: 'backup' } });

  test.for<[rule: string, name: string, owner: StoredNodeDeployment, read: Partial<Readings>, plan: Partial<Plan>]>([
    ['I5 a plan is stored', 'acting on a plan that is not stored', fleet, {}, { rolloutPlan, actions: [start(fleet)] }],
    [
      'I5 a template moves',
      'moving a template without a plan',
      deployment(),
      { statefulSets: [older] },
      { actions: [start(deployment())] },
    ],
    [
      'I7',
      'starting on a volume that only the cache calls free',
      fleet,
      { claims: [mine] },
      { actions: [start(fleet)] },
    ],
    [
      'I7',
      'resuming on a volume that only the cache calls free',
      fleet,
      { claims: [mine] },
      { actions: [start(fleet, 'Resume')] },
    ],
    [
      'I7',
      'starting beside a pod on the claim',
      fleet,
      { ...proven, claims: [mine], pods: [consumer] },
      { actions: [start(fleet)] },
    ],
    [
      'I7',
      'starting while the volume is attached',
      fleet,
      { ...proven, claims: [mine], attachments: [attachment(mine)] },
      { actions: [start(fleet)] },
    ],
    [
      'I7',
      'a surge on a single-writer volume',
      fleet,
      { ...proven, claims: [mine] },
      { actions: [start(fleet, 'Surge')] },
    ],
    ['I8', 'deleting a claim under Retain', scaled, { claims: [mine] }, { actions: [remove(CLAIM, mine)] }],
    [
      'I9',
      'deleting a claim of a member that is wanted',
      deployment({ storage: deleting }),
      { claims: [mine] },
      { actions: [remove(CLAIM, mine)] },
    ],
    [
      'I9',
      "deleting somebody else's claim",
      deployment({ replicas: 0, storage: deleting }),
      { claims: [foreign] },
      { actions: [remove(CLAIM, foreign)] },
    ],
    ['I9', 'deleting by a uid that was not read', scaled, {}, { actions: [remove(STATEFUL_SET, older)] }],
    [
      'I9',
      "deleting a wanted member's StatefulSet",
      fleet,
      { statefulSets: [older] },
      { actions: [remove(STATEFUL_SET, older)] },
    ],
    [
      'I9',
      "deleting the record of a member's template",
      fleet,
      { statefulSets: [older], revisions: [oldest] },
      { actions: [remove(CONTROLLER_REVISION, oldest)] },
    ],
    [
      'I7 no consumer is started',
      'starting a follower elsewhere than its member is',
      grouped,
      { ...settled(grouped, [0]), pods: [{ ...memberPod, spec: { containers: [], nodeName: 'm2' } }] },
      { actions: [startWorker] },
    ],
    [
      'I7 no consumer is started',
      'starting a follower of a member that is suspended',
      { ...grouped, spec: { ...grouped.spec, suspend: true } },
      settled(grouped, [0]),
      { actions: [startWorker] },
    ],
    [
      'I7 no member is stopped',
      'stopping a member beside its follower',
      grouped,
      { ...settled(grouped, [0]), statefulSets: [older, worker], pods: [memberPod, followerPod(worker)] },
      { actions: [start(grouped, 'Quiesce')] },
    ],
    [
      'I9',
      'deleting a follower that is wanted',
      grouped,
      { ...settled(grouped, [0]), statefulSets: [statefulSet(grouped, 0), worker] },
      { actions: [remove(STATEFUL_SET, worker)] },
    ],
    [
      'I9',
      'deleting the record of the present template',
      fleet,
      { revisions: [record(fleet)] },
      { actions: [remove(CONTROLLER_REVISION, record(fleet))] },
    ],
    [
      'I9',
      "deleting a record that is another's",
      fleet,
      { revisions: [{ ...oldest, metadata: { ...oldest.metadata, ownerReferences: [] } }] },
      { actions: [remove(CONTROLLER_REVISION, oldest)] },
    ],
    [
      'I9',
      'deleting a record that was not read',
      fleet,
      { revisions: [] },
      { actions: [remove(CONTROLLER_REVISION, oldest)] },
    ],
    [
      'I9',
      'deleting the budget of two members',
      pair,
      { disruptionBudget: budget(pair) },
      { actions: [remove(DISRUPTION_BUDGET, budget(pair))] },
    ],
    [
      'I9',
      "deleting a budget that is another's",
      fleet,
      { disruptionBudget: budget(pair, { ownerReferences: [] }) },
      { actions: [remove(DISRUPTION_BUDGET, budget(pair))] },
    ],
    ['I9', 'deleting a budget that was not read', fleet, {}, { actions: [remove(DISRUPTION_BUDGET, budget(pair))] }],
    ['I11 nothing is made', 'making a child in a teardown', teardown, {}, { actions: [start(teardown)] }],
    [
      'I11 in a teardown nothing follows',
      'going on after the finalizer is gone',
      deployment(
        { storage: { ...STORAGE, retention: { onDelete: 'Delete' } } },
        { deletionTimestamp: at(0), finalizers: ['nodefleet.dev/claims'] },
      ),
      { claims: [mine] },
      { actions: [{ type: 'RemoveFinalizer' }, remove(CLAIM, mine)] },
    ],
    [
      'I16',
      'stopping a member that only the cache calls broken',
      fleet,
      { pods: [pod(fleet, 0, { ready: false })] },
      { actions: [start(fleet, 'Quiesce')] },
    ],
    [
      'I16 where rollouts surge',
      'stopping a member for a surge pod that only the cache shows',
      pair,
      { ...settled(pair, [0, 1]), statefulSets: [older], provenClaims: new Set() },
      { actions: [start(pair, 'Quiesce')] },
    ],
    [
      'I16 a surge pod is taken away',
      'taking a surge pod away from a member that only the cache calls available',
      pair,
      { ...settled(pair, [0, 1]), statefulSets: [statefulSet(pair, 0), surged], provenClaims: new Set() },
      { actions: [remove(STATEFUL_SET, surged)] },
    ],
    [
      'I16 a member that has the template',
      'stopping a member of the right template for a pod that only the cache calls outdated',
      fleet,
      { statefulSets: [statefulSet(fleet, 0)], pods: [olderPod] },
      { actions: [start(fleet, 'Quiesce')] },
    ],
    [
      'I16 a member that has the template',
      'stopping a member of the right template whose pod was read live to have it too',
      fleet,
      { ...proven, statefulSets: [statefulSet(fleet, 0)], pods: [pod(fleet, 0)] },
      { actions: [start(fleet, 'Quiesce')] },
    ],
    ['I20', 'removing a finalizer that is not there', fleet, {}, { actions: [{ type: 'RemoveFinalizer' }] }],
  ])('%s is broken by %s, and nothing else is', ([rule, , owner, read, plan]) => {
    expect(judge(owner, read, plan)).toEqual([expect.stringContaining(rule)]);
  });

  test.for<[name: string, owner: StoredNodeDeployment, read: Partial<Readings>, plan: Partial<Plan>]>([
    ['recording a plan alone', fleet, {}, { rolloutPlan }],
    [
      'deleting the record of a template that no member has',
      fleet,
      { revisions: [oldest] },
      { actions: [remove(CONTROLLER_REVISION, oldest)] },
    ],
    [
      'deleting the budget of one member',
      fleet,
      { disruptionBudget: budget(pair) },
      { actions: [remove(DISRUPTION_BUDGET, budget(pair))] },
    ],
    ['starting where there is no claim yet', fleet, {}, { actions: [start(fleet)] }],
    ['starting on a volume that is proven free', fleet, { ...proven, claims: [mine] }, { actions: [start(fleet)] }],
    [
      'deleting a surplus claim of its own under Delete',
      deployment({ replicas: 0, storage: deleting }),
      { claims: [mine] },
      { actions: [remove(CLAIM, mine)] },
    ],
    ['starting a follower where its member is', grouped, settled(grouped, [0]), { actions: [startWorker] }],
    [
      'stopping a member that was read live to be broken',
      fleet,
      { ...proven, pods: [pod(fleet, 0, { ready: false })] },
      { actions: [start(fleet, 'Quiesce')] },
    ],
    [
      'stopping a member whose pod was read live to be of another template than its StatefulSet',
      fleet,
      { ...proven, statefulSets: [statefulSet(fleet, 0)], pods: [olderPod] },
      { actions: [start(fleet, 'Quiesce')] },
    ],
    ['doing nothing', fleet, {}, {}],
  ])('nothing is broken by %s', ([, owner, read, plan]) => {
    expect(judge(owner, read, plan)).toEqual([]);
  });
});
