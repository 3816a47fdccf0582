// One line of `status.members`: where the member is in its life, and what it waits for.
import type { MemberPhase } from '../../api/v1alpha1/conditions.ts';
import type { MemberStatus } from '../../api/v1alpha1/node-deployment.ts';
import type { StoredPod } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { stuckReason } from '../../kube/pods.ts';
import { shorten } from '../../kube/text.ts';
import type { Plan, Wait } from '../actions.ts';
import { consumersStatus } from '../consumers/status.ts';
import type { Desired } from '../desired/desire.ts';
import { handoffOf } from '../volumes/handoff.ts';
import { machineState } from '../machines.ts';
import { isReady, isStopped, podOf, revisionOfPod, revisionOfSet } from '../member.ts';
import { type Observed, type ObservedMember, isWanted } from '../observed.ts';
import type { Outcome } from '../outcome.ts';
import { suspectsOf } from '../volumes/release.ts';
import { capacityOf, requestedOf, resizeOf } from '../volumes/resize.ts';

const MAX_REASON = 64;
const MAX_MESSAGE = 512;

interface Phase {
  readonly phase: MemberPhase;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

export function summarizeMember(
  desired: Desired,
  observed: Observed,
  plan: Plan,
  outcome: Outcome,
  member: ObservedMember,
): MemberStatus {
  const pod = podOf(member);
  const wait = plan.actions.find((action): action is Wait => action.type === 'Wait' && action.member === member.name);
  const refusal = outcome.refusals.find((one) => one.member === member.name);
  const { phase, reason, message } = phaseOf(desired, observed, member);
  const why = refusal ?? wait ?? { reason, message };
  const { claim } = member;
  const suspects = suspectsOf(observed, member);
  return {
    name: member.name,
    phase,
    reason: why.reason?.slice(0, MAX_REASON),
    message: why.message === undefined ? undefined : shorten(why.message, MAX_MESSAGE),
    revision: (pod === undefined ? undefined : revisionOfPod(pod)) ?? revisionOfSet(member.statefulSet),
    podUID: pod?.metadata.uid,
    nodeName: pod?.spec?.nodeName,
    claim: claim && {
      name: claim.metadata.name,
      uid: claim.metadata.uid,
      requested: requestedOf(claim),
      capacity: capacityOf(claim),
    },
    attachment: attachmentOf(observed, member),
    handoff: handoffOf(observed, member),
    consumers: consumersStatus(observed.deployment.spec.consumers, member, observed.now),
    suspects: suspects.length === 0 ? undefined : [...suspects],
  };
}

function phaseOf(desired: Desired, observed: Observed, member: ObservedMember): Phase {
  const { deployment } = observed;
  const pod = podOf(member);
  if (desired.isTeardown || !isWanted(deployment, member)) return { phase: 'Deleting' };
  if (isUnreachable(observed, pod)) return { phase: 'Unreachable' };
  if (member.statefulSet === undefined) return { phase: member.claim === undefined ? 'Pending' : 'Provisioning' };
  if (isStopped(member)) return { phase: stoppedPhase(desired, member) };
  if (pod === undefined) return { phase: member.endedPods.length > 0 ? 'AwaitingTermination' : 'Provisioning' };
  if (isTerminating(pod)) return { phase: 'AwaitingTermination' };
  if (isReady(member)) return runningPhase(member);
  const stuck = stuckReason(pod);
  return stuck === undefined ? { phase: 'Starting', ...unschedulable(member) } : { phase: 'Failed', ...stuck };
}

/** Its machine is silent, off or gone: what the pod says of itself is old. */
function isUnreachable(observed: Observed, pod: StoredPod | undefined): boolean {
  const name = pod?.spec?.nodeName;
  return name !== undefined && !['Ready', 'Unknown'].includes(machineState(observed, name));
}

function runningPhase({ claim }: ObservedMember): Phase {
  const resize = claim === undefined ? 'None' : resizeOf(claim);
  if (claim === undefined || (resize !== 'InProgress' && resize !== 'FileSystemPending')) return { phase: 'Running' };
  const message = `claim ${claim.metadata.name} grows from ${capacityOf(claim)} to ${requestedOf(claim)}`;
  return { phase: 'Resizing', reason: resize === 'InProgress' ? 'VolumeGrowing' : 'FileSystemResizePending', message };
}

function stoppedPhase(desired: Desired, member: ObservedMember): MemberPhase {
  if (member.pods.length > 0) return member.pods.every(isTerminating) ? 'AwaitingTermination' : 'Quiescing';
  if (member.attachments.length > 0) return 'AwaitingDetach';
  return desired.isSuspended ? 'Stopped' : 'Starting';
}

function unschedulable(member: ObservedMember): Omit<Phase, 'phase'> {
  const scheduled = podOf(member)?.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  return scheduled?.status === 'False' ? { reason: scheduled.reason, message: scheduled.message } : {};
}

function attachmentOf({ unreadable }: Observed, member: ObservedMember): MemberStatus['attachment'] {
  if (!member.claim?.spec?.volumeName) return undefined;
  const [attachment] = member.attachments;
  if (attachment === undefined) {
    const isKnown = member.isAttachable === true && member.pods.length === 0 && !unreadable.has('attachments');
    return { state: isKnown ? 'Detached' : 'Unknown' };
  }
  const { deletionTimestamp, creationTimestamp } = attachment.metadata;
  if (deletionTimestamp !== undefined) return { state: 'Detaching', since: deletionTimestamp };
  return { state: attachment.status?.attached === true ? 'Attached' : 'Attaching', since: creationTimestamp };
}
