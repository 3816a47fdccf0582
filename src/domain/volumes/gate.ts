// The hand-off gate: what stands between a member and its next pod, and whether it may be stopped at all.
//
// Guarantees: on a single-writer volume no pod is started before nothing that may still run mounts the claim, and no
// VolumeAttachment names the volume; where the driver makes none, before the last pod was removed by a kubelet that is
// Ready. Absence counts only when it was read live. Nothing is ever force-deleted, no attachment is ever deleted.
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { StalledReason } from '../../api/v1alpha1/conditions.ts';
import type { StoredAttachment, StoredPod } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { makerOf } from '../../kube/pods.ts';
import type { Prove, Wait } from '../actions.ts';
import { machineState, unreachable } from '../machines.ts';
import { isSingleWriter } from '../member.ts';
import { type Observed, type ObservedMember, isConsumerPod } from '../observed.ts';
import { handoffOf } from './handoff.ts';
import { isFresh, suspicion, unreleased } from './release.ts';

/**
 * What stands between a member and its next pod; undefined when nothing does. A claim that does not exist yet is free, unless
 * its volume is to be one that was made by hand.
 */
export function gate(observed: Observed, member: ObservedMember): Wait | Prove | undefined {
  const [pod] = member.pods;
  if (pod !== undefined)
    return (
      podTrouble(observed, member, pod) ?? wait(member, 'PodTerminating', `pod ${pod.metadata.name} is not gone yet`)
    );
  if (isStillCounted(member)) return wait(member, 'PodTerminating', `StatefulSet ${member.name} still counts its pod`);
  if (!isSingleWriter(observed.deployment.spec.storage)) return undefined;
  const unbound = volumeToMake(observed, member);
  if (unbound !== undefined || member.claim === undefined) return unbound;
  const [user] = member.claimUsers;
  if (user !== undefined) return heldBy(observed, member, user);
  const late = member.consumers.flatMap(({ runs }) => runs)[0];
  if (late !== undefined) return wait(member, 'ConsumersStopping', `Job ${late.metadata.name} is not gone yet`);
  const obstacle = detachObstacle(observed, member);
  if (obstacle !== undefined && !mayGoOn(observed, member)) return patiently(observed, member, obstacle);
  return member.proof === 'live' ? undefined : { type: 'Prove', member: member.name };
}

/**
 * Whether the StatefulSet controller is about to say that the pod is gone: our start would meet that write and conflict.
 * Waiting for it costs nothing, as the same controller has to make the next pod.
 */
function isStillCounted({ statefulSet, endedPods }: ObservedMember): boolean {
  const { spec, status } = statefulSet ?? {};
  return spec?.replicas === 0 && (status?.replicas ?? 0) > 0 && endedPods.length === 0;
}

/**
 * Why a member that runs must not be stopped for a move: it could not be started again. A pod of somebody else holds its
 * claim, nobody could tell when its volume is detached, a lost pod may still write to it, or there is none yet.
 */
export function stopObstacle(observed: Observed, member: ObservedMember): Wait | undefined {
  const { storage, rollout } = observed.deployment.spec;
  if (!isSingleWriter(storage)) return undefined;
  const unbound = volumeToMake(observed, member);
  if (unbound !== undefined || member.claim === undefined) return unbound;
  const other = member.claimUsers.find((user) => !member.pods.includes(user) && !isConsumerPod(member, user));
  if (other !== undefined) return heldBy(observed, member, other);
  if (rollout.detach === 'BestEffort') return undefined;
  if (observed.unreadable.has('attachments'))
    return wait(member, 'CannotReadVolumeAttachments', CANNOT_READ, 'Forbidden');
  const risk = suspicion(observed, member);
  return risk === undefined || risk.reason === 'AwaitingRelease'
    ? undefined
    : wait(member, risk.reason, risk.message, risk.reason);
}

/** A volume made by hand may have been used before: only when it is known which one it is can it be proven free. */
function volumeToMake({ deployment }: Observed, member: ObservedMember): Wait | undefined {
  if (deployment.spec.storage?.storageClassName !== '' || member.claim?.spec?.volumeName) return undefined;
  const claimRef = `claimRef: {namespace: ${deployment.metadata.namespace}, name: ${member.name}}`;
  const message = `claim ${member.name} asks for no provisioning (storageClassName "") and has no volume yet: make a PersistentVolume with ${claimRef}`;
  return wait(member, 'ClaimPending', message);
}

/** Seconds past the end of its grace period after which a pod that is still there needs somebody to look. */
export const TERMINATION_PATIENCE_SECONDS = 60;

/** Why waiting for this pod, which ends or cannot be reached, will not help; undefined where it may. */
export function podTrouble(observed: Observed, member: ObservedMember, pod: StoredPod): Wait | undefined {
  const { name, finalizers = [] } = pod.metadata;
  const dead = unreachable(observed, pod.spec?.nodeName, `pod ${name} is`);
  if (dead !== undefined) return wait(member, 'NodeUnreachable', dead, 'NodeUnreachable');
  if (!isTerminating(pod)) return undefined;
  const held = `it is held by the finalizers ${finalizers.join(', ')}: whoever set them has to remove them`;
  // Its grace period is over at deletionTimestamp, not when the deletion was asked for.
  const dueMs = Date.parse(pod.metadata.deletionTimestamp ?? '') + TERMINATION_PATIENCE_SECONDS * 1000;
  if (observed.now < dueMs) {
    const message = `pod ${name} is not gone yet${finalizers.length === 0 ? '' : `; ${held}`}`;
    return { ...wait(member, 'PodTerminating', message), untilMs: dueMs };
  }
  const stuck = `the kubelet of machine ${pod.spec?.nodeName} has not removed it: look at kubectl describe pod ${name}`;
  const why = finalizers.length === 0 ? stuck : held;
  const message = `pod ${name} had to end by ${pod.metadata.deletionTimestamp} and is still there; ${why}`;
  return wait(member, 'PodTerminatingTooLong', message, 'PodTerminatingTooLong');
}

function heldBy(observed: Observed, member: ObservedMember, user: StoredPod): Wait {
  const { name } = user.metadata;
  const trouble = podTrouble(observed, member, user);
  if (trouble?.stalled !== undefined) return trouble;
  if (isConsumerPod(member, user)) return wait(member, 'ConsumersStopping', `pod ${name} is not gone yet`);
  const maker = makerOf(user);
  const remedy = maker === undefined ? 'delete that pod' : `scale down or delete its ${maker.kind} ${maker.name}`;
  const message = `pod ${name} mounts claim ${member.claim?.metadata.name}; ${isTerminating(user) ? 'it is ending' : remedy}`;
  return wait(member, 'BlockedByConsumer', message, 'BlockedByConsumer');
}

const CANNOT_READ =
  'the operator may not read VolumeAttachments, so nobody can tell when the volume is detached. Grant list and watch on volumeattachments.storage.k8s.io, or set spec.rollout.detach to BestEffort';

interface Obstacle {
  readonly reason: string;
  readonly message: string;
  /** Replaces the message when patience has ended. */
  readonly lateMessage?: string | undefined;
  /** Where waiting will not help, whatever the time. */
  readonly stalled?: StalledReason | undefined;
  /** Where waiting will help: until then. */
  readonly untilMs?: number | undefined;
}

/** What tells that the volume may still have its old writer; undefined when nothing does. */
export function detachObstacle(observed: Observed, member: ObservedMember): Obstacle | undefined {
  const [attachment] = member.attachments;
  if (attachment !== undefined) return attached(observed, member, attachment);
  if (isFresh(observed, member)) return undefined;
  if (observed.unreadable.has('attachments')) {
    return { reason: 'CannotReadVolumeAttachments', message: CANNOT_READ, stalled: 'Forbidden' };
  }
  if (member.isAttachable === true) return undefined;
  const risk = unreleased(observed, member);
  if (risk === undefined || risk.reason === 'AwaitingRelease') return risk;
  return { ...risk, stalled: risk.reason };
}

function attached(observed: Observed, { claim }: ObservedMember, { metadata, spec }: StoredAttachment): Obstacle {
  const { nodeName, attacher } = spec;
  const where = `volume ${claim?.spec?.volumeName} is attached to machine ${nodeName} (VolumeAttachment ${metadata.name})`;
  const dead = unreachable(observed, nodeName, where);
  if (dead !== undefined) return { reason: 'NodeUnreachable', message: dead, stalled: 'NodeUnreachable' };
  const isGone = machineState(observed, nodeName) === 'Gone';
  const remedy = isGone
    ? `That machine is gone: the CSI driver ${attacher} still has to detach the volume, look at its attacher`
    : `Check that machine and the CSI driver ${attacher}`;
  const { detachTimeoutSeconds } = observed.deployment.spec.rollout;
  return {
    reason: 'AwaitingDetach',
    message: isGone ? `${where}. ${remedy}` : where,
    lateMessage: `${where} for more than ${detachTimeoutSeconds} s. ${remedy}. The operator never deletes an attachment`,
  };
}

/** When the patience with an obstacle ends, in milliseconds since the epoch; NaN where nothing tells since when. */
export function deadlineMs(observed: Observed, member: ObservedMember): number {
  const { deployment } = observed;
  const { statefulSet, attachments } = member;
  const stamps = [
    statefulSet?.metadata.annotations?.[ANNOTATION.quiescedAt],
    // No volume is detached while its pod ends, which may take longer than the timeout.
    handoffOf(observed, member)?.podGoneAt,
    // A member that was scaled away has no StatefulSet to tell the time; its attachment's deletion does.
    statefulSet === undefined ? attachments[0]?.metadata.deletionTimestamp : undefined,
  ];
  const times = stamps.map((stamp) => Date.parse(stamp ?? '')).filter((time) => !Number.isNaN(time));
  const fallback = attachments.length === 0 ? Date.parse(deployment.metadata.creationTimestamp ?? '') : Number.NaN;
  return (times.length > 0 ? Math.max(...times) : fallback) + deployment.spec.rollout.detachTimeoutSeconds * 1000;
}

function mayGoOn(observed: Observed, member: ObservedMember): boolean {
  return observed.deployment.spec.rollout.detach === 'BestEffort' && deadlineMs(observed, member) <= observed.now;
}

function patiently(observed: Observed, member: ObservedMember, obstacle: Obstacle): Wait {
  const { reason, message, lateMessage = message, stalled, untilMs } = obstacle;
  if (untilMs !== undefined) return { ...wait(member, reason, message), untilMs };
  const deadline = deadlineMs(observed, member);
  const isLate = deadline <= observed.now;
  const until = isLate || Number.isNaN(deadline) ? {} : { untilMs: deadline };
  if (stalled !== undefined) return { ...wait(member, reason, message, stalled), ...until };
  if (!isLate) return { ...wait(member, reason, message), ...until };
  return wait(member, 'DetachTimeout', lateMessage, 'DetachTimeout');
}

function wait(member: ObservedMember, reason: string, message: string, stalled?: StalledReason): Wait {
  return { type: 'Wait', member: member.name, reason, message, ...(stalled === undefined ? {} : { stalled }) };
}
