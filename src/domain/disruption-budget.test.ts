import { describe, expect, test } from 'vitest';

import { ANNOTATION } from '../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { StoredDisruptionBudget } from '../kube/kinds.ts';
import type { Action } from './actions.ts';
import { desire } from './desired/desire.ts';
import { disruptionBudget } from './desired/disruption-budget.ts';
import { NOTHING_DONE } from './outcome.ts';
import { plan } from './plan.ts';
import { summarize } from './summary/summary.ts';
import { type SpecInput, at, budget, deployment, observe, settled, statefulSet } from './testing/build.ts';

const trio = deployment({ replicas: 3 });
const of = (name: string, uid: string) => ({
  ownerReferences: [{ apiVersion: 'x/v1', kind: 'NodeDeployment', name, uid, controller: true }],
});

function read(owner: StoredNodeDeployment, current: StoredDisruptionBudget | undefined) {
  const ordinals = Array.from({ length: owner.spec.replicas }, (_, ordinal) => ordinal);
  return observe(owner, { ...settled(owner, ordinals), disruptionBudget: current });
}

/** What a fleet that is at rest in everything else does, one line each. */
function linesOf(owner: StoredNodeDeployment, current?: StoredDisruptionBudget): readonly string[] {
  const lineOf = (action: Action): string => {
    if (action.type === 'Wait') return action.reason;
    return 'kind' in action ? `${action.type} ${action.kind.kind}` : action.type;
  };
  return plan(desire(owner), read(owner, current)).actions.map(lineOf);
}

describe('what evictions have to leave', () => {
  test.for<[left: number, replicas: number, rollout: SpecInput['rollout']]>([
    [1, 2, {}],
    [2, 3, {}],
    [7, 10, { maxUnavailable: 3 }],
    [8, 10, { maxUnavailable: '25%' }],
    [1, 2, { maxUnavailable: '10%' }],
    [2, 3, { maxUnavailable: 0 }],
    [1, 3, { maxUnavailable: '100%' }],
  ])('is %i of %i members with rollout %j', ([left, replicas, rollout]) => {
    const { spec } = disruptionBudget(deployment({ replicas, rollout }));
    expect(spec).toMatchObject({ minAvailable: left, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  test('is counted in pods of members, those of a surge included, and of nothing else', () => {
    expect(disruptionBudget(trio).spec?.selector).toEqual({
      matchLabels: { 'nodefleet.dev/deployment': 'web' },
      matchExpressions: [{ key: 'nodefleet.dev/member', operator: 'Exists' }],
    });
  });

  test('goes with the fleet', () => {
    expect(disruptionBudget(trio).metadata).toMatchObject({ name: 'web', ownerReferences: [{ uid: 'web-uid' }] });
  });
});

describe('the budget of a fleet', () => {
  const stale = budget(trio, { annotations: { [ANNOTATION.appliedHash]: 'old' } });
  const loosened = { ...budget(trio), spec: { ...budget(trio).spec, minAvailable: 1 } };
  const widened = { ...budget(trio), spec: { ...budget(trio).spec, selector: {} } };
  test.for<[name: string, lines: readonly string[], spec: SpecInput, current: StoredDisruptionBudget | undefined]>([
    ['is made for two members', ['Apply PodDisruptionBudget'], { replicas: 2 }, undefined],
    ['is not made for one', [], { replicas: 1 }, undefined],
    ['is not made for none', [], { replicas: 0 }, undefined],
    ['is not made where the spec says None', [], { replicas: 3, disruptionBudget: 'None' }, undefined],
    ['is not written at rest', [], { replicas: 3 }, budget(trio)],
    ['follows the members', ['Apply PodDisruptionBudget'], { replicas: 4 }, budget(trio)],
    ['is repaired where its hash is another', ['Apply PodDisruptionBudget'], { replicas: 3 }, stale],
    ['is repaired where it leaves fewer', ['Apply PodDisruptionBudget'], { replicas: 3 }, loosened],
    ['is repaired where it selects others', ['Apply PodDisruptionBudget'], { replicas: 3 }, widened],
    ['goes with the second member', ['Delete PodDisruptionBudget'], { replicas: 1 }, budget(trio)],
    ['goes with None', ['Delete PodDisruptionBudget'], { replicas: 3, disruptionBudget: 'None' }, budget(trio)],
    ['stays while the fleet is paused', [], { replicas: 1, paused: true }, budget(trio)],
    [
      'is waited for while it is being deleted',
      ['ChildTerminating'],
      { replicas: 3 },
      budget(trio, { deletionTimestamp: at(-1) }),
    ],
    [
      "is waited for where a deleted fleet's is left",
      ['FormerOwner'],
      { replicas: 3 },
      budget(trio, of('web', 'former')),
    ],
    ["is not somebody else's", ['ForeignOwner'], { replicas: 3 }, budget(trio, { ownerReferences: [] })],
    ["leaves somebody else's alone", [], { replicas: 1 }, budget(trio, { ownerReferences: [] })],
    ['is not deleted twice', [], { replicas: 1 }, budget(trio, { deletionTimestamp: at(-1) })],
  ])('%s', ([, lines, spec, current]) => {
    expect(linesOf(deployment(spec), current)).toEqual(lines);
  });

  test('stays while the fleet is suspended', () => {
    const asleep = deployment({ replicas: 3, suspend: true });
    const stopped = [0, 1, 2].map((ordinal) => statefulSet(asleep, ordinal, { replicas: 0 }));
    const { actions } = plan(desire(asleep), observe(asleep, { ...settled(asleep, [0, 1, 2]), statefulSets: stopped }));
    expect(actions).toEqual([]);
  });

  test('is the garbage collector’s when the fleet is deleted', () => {
    expect(linesOf(deployment({ replicas: 3 }, { deletionTimestamp: at(0) }), budget(trio))).toEqual([]);
  });

  test("comes last, so that its refusal holds up no member's children", () => {
    const { actions } = plan(desire(trio), observe(trio, { revisions: [], disruptionBudget: undefined }));
    const kinds = actions.map((action) => ('kind' in action ? action.kind.kind : action.type));
    expect(kinds.indexOf('PodDisruptionBudget')).toBe(kinds.length - 1);
    expect(kinds).toContain('StatefulSet');
  });
});

test("a fleet under somebody else's budget is Ready, and says in Stalled what to do", () => {
  const observed = read(trio, budget(trio, { ownerReferences: [] }));
  const status = summarize(desire(trio), observed, plan(desire(trio), observed), NOTHING_DONE);
  const told = Object.fromEntries((status.conditions ?? []).map(({ type, ...condition }) => [type, condition]));
  expect(told['Ready']).toMatchObject({ status: 'True', reason: 'AllMembersReady' });
  expect(told['Stalled']).toMatchObject({
    status: 'True',
    reason: 'ForeignOwner',
    message:
      'web: PodDisruptionBudget web exists and is owned by nobody; delete it, or keep it and set spec.disruptionBudget to None',
  });
});
