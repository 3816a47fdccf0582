// Whether a status has to be stored now, or half a second later with what follows. Pure.
//
// Guarantees: what unlocks an action, or is the evidence that a later decision rests on, never waits; nor does what a user
// waits for. What waits is computed anew from what is read then, and kept nowhere.
import { CONDITION } from '../../api/v1alpha1/conditions.ts';
import type { Condition, MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { canonicalJson } from '../../kube/hash.ts';
import { isStatusTheOnlyWord } from '../member.ts';
import type { Observed } from '../observed.ts';
import { toldByName } from '../told.ts';

/** Whether nothing in `status` is urgent that the stored status does not tell. */
export function canWait(observed: Observed, status: NodeDeploymentStatus): boolean {
  const before = observed.deployment.status;
  if (before === undefined) return false;
  const [told, toTell] = [toldByName(before), toldByName(status)];
  return [
    // What was acted on, and what the next reconcile may act on: a stored plan, a template that has passed, a claim's past.
    ...(['observedGeneration', 'updateRevision', 'plan', 'retainedClaims'] as const).map((field) =>
      isSame(before[field], status[field]),
    ),
    isSame(newsOf(before), newsOf(status)),
    ...observed.members
      .filter((member) => isStatusTheOnlyWord(observed, member))
      .map(({ name }) => isSame(evidenceOf(told.get(name)), evidenceOf(toTell.get(name)))),
  ].every(Boolean);
}

/** What people and their tools wait for: accepted, begun, ready, stuck; and that a volume has two writers. */
function newsOf({ conditions = [] }: NodeDeploymentStatus): unknown {
  const find = (type: string): Condition | undefined => conditions.find((condition) => condition.type === type);
  return [
    ...[CONDITION.Accepted, CONDITION.Stalled, CONDITION.Paused].map((type) => [
      find(type)?.status,
      find(type)?.reason,
    ]),
    ...[CONDITION.Ready, CONDITION.Progressing].map((type) => find(type)?.status),
    find(CONDITION.VolumesSafe)?.status === 'False',
  ];
}

function evidenceOf(told: Partial<MemberStatus> = {}): Partial<MemberStatus> {
  const { podUID, nodeName, handoff, suspects, consumers } = told;
  return { podUID, nodeName, handoff, suspects, consumers };
}

function isSame(left: unknown, right: unknown): boolean {
  return left === right || canonicalJson(left ?? null) === canonicalJson(right ?? null);
}
