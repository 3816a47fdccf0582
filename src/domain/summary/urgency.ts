// Whether a status has to be stored now, or half a second later with what follows. Pure.
//
// Guarantees: what unlocks an action, or is the evidence that a later decision rests on, never waits; nor does what a
// user waits for. What waits is computed anew from what is read then, and kept nowhere.
import { CONDITION } from '../../api/v1alpha1/conditions.ts';
import type { Condition, MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { isSameJson } from '../../kube/merge-patch.ts';
import { isTerminating } from '../../kube/object.ts';
import { isStatusTheOnlyWord } from '../member.ts';
import type { Observed, ObservedMember } from '../observed.ts';
import { toldByName } from '../told.ts';

/** Whether nothing in `status` is urgent that the stored status does not tell. */
export function canWait(observed: Observed, status: NodeDeploymentStatus): boolean {
  const { deployment } = observed;
  // A new fleet: that it is accepted and begun is told with what comes of it.
  const isNew = deployment.status === undefined;
  const before = deployment.status ?? seen(status);
  const isToldAlready = ({ name }: ObservedMember): boolean =>
    isSameJson(evidenceOf(toldByName(before).get(name)), evidenceOf(toldByName(status).get(name)));
  return (
    // What was acted on, and what the next reconcile may act on: a stored plan, a template that has passed, a claim's past.
    isSameJson([before.plan, before.retainedClaims], [status.plan, status.retainedClaims]) &&
    // Who deletes a fleet waits for its end.
    (isTerminating(deployment) ||
      isSameJson([seen(before), isNew ? BEGUN : newsOf(before)], [seen(status), newsOf(status)])) &&
    observed.members.every((member) => !isStatusTheOnlyWord(observed, member) || isToldAlready(member))
  );
}

function seen({ observedGeneration, updateRevision }: NodeDeploymentStatus): Partial<NodeDeploymentStatus> {
  return { observedGeneration, updateRevision };
}

type News = Readonly<Record<'accepted' | 'stalled' | 'paused' | 'ready' | 'progressing' | 'safe', string | undefined>>;

/** The news of a fleet that has just been made. */
const BEGUN: News = {
  accepted: 'True Valid',
  stalled: 'False NotStalled',
  paused: 'False NotPaused',
  ready: 'False',
  progressing: 'True',
  safe: undefined,
};

/** What people and their tools wait for: accepted, begun, ready, stuck; and that a volume has two writers. */
function newsOf({ conditions = [] }: NodeDeploymentStatus): News {
  const find = (type: string): Condition | undefined => conditions.find((condition) => condition.type === type);
  const inFull = (type: string): string => `${find(type)?.status} ${find(type)?.reason}`;
  return {
    accepted: inFull(CONDITION.Accepted),
    stalled: inFull(CONDITION.Stalled),
    paused: inFull(CONDITION.Paused),
    ready: find(CONDITION.Ready)?.status,
    progressing: find(CONDITION.Progressing)?.status,
    safe: find(CONDITION.VolumesSafe)?.status === 'False' ? 'False' : undefined,
  };
}

function evidenceOf(told: Partial<MemberStatus> = {}): Partial<MemberStatus> {
  const { podUID, nodeName, handoff, suspects, consumers } = told;
  return { podUID, nodeName, handoff, suspects, consumers };
}
