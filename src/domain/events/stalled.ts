// Warnings: what has begun to keep a member, or the fleet, from getting on, and needs somebody to act. Pure.
//
// A member's trouble is told when `status.members[].reason` begins to name it; one that no member shows, when the
// condition Stalled does.
import { CONDITION, STALLED_REASONS, type StalledReason } from '../../api/v1alpha1/conditions.ts';
import type { MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { CLAIM, POD } from '../../kube/kinds.ts';
import { type ObjectReference, referenceOf } from '../../kube/object-reference.ts';
import { type Observed, type ObservedMember } from '../observed.ts';
import { podOf } from '../member.ts';
import { toldByName } from '../told.ts';
import { type FleetEvent, type Trouble, actionOf, noteOf, troubleOf } from './catalogue.ts';
import { newly } from './rollout.ts';

export function stalledEvents(
  before: NodeDeploymentStatus | undefined,
  observed: Observed,
  after: NodeDeploymentStatus,
): readonly FleetEvent[] {
  const members = after.members ?? [];
  const told = toldByName(before);
  const ofMembers = members.flatMap((member) => {
    const stalled = stalledOf(member);
    if (stalled === undefined || stalled === stalledOf(told.get(member.name))) return [];
    return [warning(stalled, member.message ?? '', observed, member.name)];
  });
  const condition = newly(before, after, CONDITION.Stalled, 'True');
  const stalled = condition && asStalled(condition.reason);
  const isShown = members.some((member) => stalledOf(member) === stalled);
  if (condition === undefined || stalled === undefined || isShown) return ofMembers;
  return [...ofMembers, warning(stalled, condition.message, observed)];
}

/** `ClaimMismatch` is what a member shows of `ForeignClaim` where the claim is not of the wanted kind. */
function stalledOf(member: MemberStatus | undefined): StalledReason | undefined {
  return member?.reason === 'ClaimMismatch' ? 'ForeignClaim' : asStalled(member?.reason);
}

function asStalled(reason: string | undefined): StalledReason | undefined {
  return STALLED_REASONS.find((known) => known === reason);
}

function warning(stalled: StalledReason, message: string, observed: Observed, member?: string): FleetEvent {
  const reason = troubleOf(stalled);
  const found = observed.members.find(({ name }) => name === member);
  return {
    ...(member !== undefined && { member }),
    type: 'Warning',
    reason,
    action: actionOf(reason),
    note: noteOf(member, message),
    related: found && relatedTo(reason, found),
  };
}

/** The pod that is in the way, else the claim that is waited for. */
function relatedTo(reason: Trouble, member: ObservedMember): ObjectReference | undefined {
  const own = podOf(member);
  const other = member.claimUsers.find((user) => !member.pods.includes(user));
  const isAboutPod = reason === 'PodTerminatingTooLong' || reason === 'NodeUnreachable';
  const pod = reason === 'BlockedByConsumer' ? other : isAboutPod ? own : undefined;
  if (pod !== undefined) return referenceOf(POD, pod);
  return member.claim && referenceOf(CLAIM, member.claim);
}
