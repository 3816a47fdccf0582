import { describe, expect, test } from 'vitest';

import type { NodeDeploymentStatus, RolloutPlan, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { STATEFUL_SET } from '../../kube/kinds.ts';
import type { Check } from '../actions.ts';
import { desire } from '../desired/desire.ts';
import { brokenInvariants } from '../invariants.ts';
import { revisionOf } from '../desired/pod-template.ts';
import { revisionOfSet } from '../member.ts';
import type { Readings, TemplateRefusal } from '../observed.ts';
import { NOTHING_DONE } from '../outcome.ts';
import { plan } from '../plan.ts';
import { summarize } from '../summary/summary.ts';
import {
  STORAGE,
  type SpecInput,
  at,
  deployment,
  observe,
  pod,
  running,
  settled,
  statefulSet,
  surgeSet,
} from '../testing/build.ts';

const REFUSAL: TemplateRefusal = { reason: 'InvalidTemplate', message: 'image: Required value' };
const old = deployment({ replicas: 2, template: running('app:1'), storage: STORAGE });
const passed = revisionOf(old.spec);
/** The fleet of `old` with a new template. */
const edited = (spec: SpecInput = {}, status: NodeDeploymentStatus = {}): StoredNodeDeployment =>
  deployment(
    { replicas: 2, storage: STORAGE, template: running('app:2'), ...spec },
    {},
    { updateRevision: passed, ...status },
  );

const read = (owner: StoredNodeDeployment, readings: Partial<Readings>, verdict?: TemplateRefusal | 'accepted') => ({
  ...observe(owner, readings),
  verdict,
});
const decide = (...[owner, readings, verdict]: Parameters<typeof read>) =>
  plan(desire(owner), read(owner, readings, verdict));
const names = (...input: Parameters<typeof read>): readonly string[] =>
  decide(...input).actions.map((action) => {
    if (action.type === 'Apply') return `${action.purpose} ${action.object.metadata?.name}`;
    return action.type === 'Delete' ? `Delete ${action.key.name}` : action.type;
  });

describe('a template', () => {
  test('is asked about alone, before a plan is stored', () => {
    expect(decide(edited(), settled(old, [0, 1]))).toEqual({
      actions: [expect.objectContaining({ type: 'Check', kind: STATEFUL_SET, fieldManager: 'nodefleet' })],
      rolloutPlan: undefined,
    });
  });

  test.for<[what: string, owner: StoredNodeDeployment]>([
    ['has passed before', { ...old, status: { updateRevision: passed } }],
    [
      'is that of a fleet which is being deleted',
      { ...edited(), metadata: { ...old.metadata, deletionTimestamp: at(0) } },
    ],
  ])('that %s is not asked about', ([, owner]) => {
    expect(names(owner, settled(old, [0, 1]))).not.toContain('Check');
  });

  const single = (spec: SpecInput = {}): StoredNodeDeployment => deployment({ storage: STORAGE, ...spec });

  test('of a new fleet of one member is tried by making it', () => {
    expect(names(single(), {})).toEqual(['Ensure web-0', 'Start web-0', 'Ensure web-0']);
  });

  test('that a member has is not asked about', () => {
    const owner = single();
    expect(names(owner, { statefulSets: [statefulSet(owner, 0)] })).not.toContain('Check');
    const other = statefulSet(owner, 0, { metadata: { ownerReferences: [] } });
    expect(names(owner, { statefulSets: [other] })).toEqual(['Check']);
  });

  test.for<[what: string, owner: StoredNodeDeployment]>([
    ['more than one member', single({ replicas: 2 })],
    ['a member that is not to be made yet', single({ suspend: true })],
    ['a pause', single({ paused: true })],
    ['a status, so that it is not new', { ...single(), status: {} }],
  ])('of a new fleet is asked about where there is %s', ([, owner]) => {
    expect(names(owner, {})).toEqual(['Check']);
  });

  test('of a new fleet of one member is asked about once making it has failed', () => {
    const observed = { ...read(single(), {}), hasFailed: true };
    expect(plan(desire(single()), observed).actions).toMatchObject([{ type: 'Check' }]);
  });

  test('passes when a member has it, not when the member is asked for', () => {
    const owner = single();
    const revision = (readings: Partial<Readings>) => {
      const observed = read(owner, readings);
      return summarize(desire(owner), observed, plan(desire(owner), observed), NOTHING_DONE).updateRevision;
    };
    expect(revision({})).toBeUndefined();
    expect(revision({ statefulSets: [statefulSet(owner, 0)] })).toBe(revisionOf(owner.spec));
  });

  test('of a paused fleet is asked about too: asking changes no child', () => {
    expect(names(edited({ paused: true }), settled(old, [0, 1]))).toEqual(['Check']);
  });

  test.for<[what: string, readings: Partial<Readings>, name: string, fence: Check['fence']]>([
    ['a member that there is', settled(old, [1]), 'web-1', { uid: 'web-1-StatefulSet-uid', resourceVersion: '1' }],
    ['the first member where there is none', {}, 'web-0', 'absent'],
    [
      "the first that is not another's",
      { statefulSets: [statefulSet(old, 0, { metadata: { ownerReferences: [] } })] },
      'web-1',
      'absent',
    ],
    [
      'the first that is not going',
      { statefulSets: [statefulSet(old, 0, { metadata: { deletionTimestamp: at(0) } })] },
      'web-1',
      'absent',
    ],
  ])('is tried on %s', ([, readings, name, fence]) => {
    const owner = edited();
    const [check] = decide(owner, readings).actions as readonly Check[];
    expect(check).toMatchObject({ object: { metadata: { name } }, fence });
    expect(revisionOfSet(check?.object as Parameters<typeof revisionOfSet>[0])).toBe(revisionOf(owner.spec));
  });

  test('that is accepted goes its way, and is not asked about again', () => {
    const owner = edited();
    const observed = read(owner, settled(old, [0, 1]), 'accepted');
    const decided = plan(desire(owner), observed);
    expect(decided.rolloutPlan).toMatchObject({ phase: 'Active' });
    expect(summarize(desire(owner), observed, decided, NOTHING_DONE).updateRevision).toBe(revisionOf(owner.spec));
  });
});

describe('under a template that is refused', () => {
  const active: RolloutPlan = {
    id: 'p',
    purpose: 'Rollout',
    generation: 1,
    targetRevision: 'former',
    phase: 'Active',
    createdAt: at(-60),
    members: [],
  };

  test.for<[what: string, owner: StoredNodeDeployment, readings: Partial<Readings>]>([
    ['running members stay', edited(), settled(old, [0, 1])],
    ['a missing member is not made', edited(), settled(old, [0])],
    ['a plan that is under way stays as it is', edited({}, { plan: active }), settled(old, [0, 1])],
    ['a paused fleet stays', edited({ paused: true }), { statefulSets: [statefulSet(old, 0, { replicas: 0 })] }],
  ])('%s', ([, owner, readings]) => {
    expect(decide(owner, readings, REFUSAL)).toMatchObject({
      actions: [],
      rolloutPlan: owner.status?.plan,
      refusal: REFUSAL,
    });
  });

  test('a member that a hand-off has stopped starts again on the template that it has', () => {
    const readings = { ...settled(old, [0, 1]), attachments: [], provenClaims: new Set(['web-1']) };
    const stopped = {
      ...readings,
      statefulSets: [statefulSet(old, 0), statefulSet(old, 1, { replicas: 0, quiescedAt: at(-9) })],
      pods: [pod(old, 0)],
      removedPods: new Map([['web-1', pod(old, 1, { isTerminating: true })]]),
    };
    const owner = edited({}, { plan: active });
    expect(names(owner, { ...stopped, provenClaims: new Set() }, REFUSAL)).toEqual(['Prove']);
    const [resume] = decide(owner, stopped, REFUSAL).actions;
    expect(resume).toMatchObject({ purpose: 'Resume', member: 'web-1', object: { spec: { replicas: 1 } } });
    expect(resume).not.toHaveProperty('object.spec.template');
  });

  test('what is not wanted goes, with the budget for it', () => {
    const gone = ['Delete web-1', 'Delete web-1', 'Delete web'];
    expect(names(edited({ replicas: 1 }), settled(old, [0, 1]), REFUSAL)).toEqual(gone);
  });

  test('suspend stops every member: that takes no template', () => {
    const owner = edited({ suspend: true });
    expect(names(owner, settled(old, [0, 1]), REFUSAL)).toEqual(['Quiesce web-0', 'Quiesce web-1']);
    const observed = read(owner, settled(old, [0, 1]), REFUSAL);
    expect(brokenInvariants(plan(desire(owner), observed), desire(owner), observed)).toEqual([]);
  });

  test('suspend takes a surge pod too', () => {
    const owner = deployment({ template: running('app:2'), suspend: true }, {}, { updateRevision: passed });
    const statefulSets = [statefulSet(owner, 0, { replicas: 0 }), surgeSet(owner, 0)];
    const readings = { ...settled(owner, [0]), statefulSets };
    expect(names(owner, readings, REFUSAL)).toEqual(['Delete web-0-surge']);
  });

  test.for(['InvalidTemplate', 'Forbidden', 'QuotaExceeded'] as const)(
    'the status says %s in the words of the server, and what is true of the members',
    (reason) => {
      const owner = edited({}, { currentRevision: passed });
      const observed = read(owner, settled(old, [0, 1]), { ...REFUSAL, reason });
      const status = summarize(desire(owner), observed, plan(desire(owner), observed), NOTHING_DONE);
      expect(status).toMatchObject({
        updateRevision: passed,
        currentRevision: passed,
        availableReplicas: 2,
        updatedReplicas: 0,
      });
      for (const type of ['Accepted', 'Ready', 'Progressing']) {
        expect(status.conditions?.find((condition) => condition.type === type)).toMatchObject({
          status: 'False',
          reason,
          message: expect.stringContaining(REFUSAL.message),
        });
      }
    },
  );

  test('a fleet of no members does not take it for one that they agree on', () => {
    const owner = edited({ replicas: 0 });
    const observed = read(owner, {}, REFUSAL);
    expect(
      summarize(desire(owner), observed, plan(desire(owner), observed), NOTHING_DONE).currentRevision,
    ).toBeUndefined();
  });

  test('a revert passes without a question', () => {
    expect(decide({ ...old, status: { updateRevision: passed } }, settled(old, [0, 1])).refusal).toBeUndefined();
  });
});
