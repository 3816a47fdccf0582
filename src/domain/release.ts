// Whether the last writer of a volume has ended, where no VolumeAttachment tells: the driver has `attachRequired: false`,
// or the volume is in-tree.
//
// What counts is that the kubelet of a Ready machine removed the pod: it does so after the pod's processes have ended. A pod
// removed by force, or on a machine that is silent, may still write.
import type { StalledReason } from '../api/v1alpha1/conditions.ts';
import { isClaimOf } from './storage.ts';
import { handoffOf, wasEndedByKubelet } from './handoff.ts';
import { isStopped } from './member.ts';
import { machineState, readyChangedMs, unreachable } from './machines.ts';
import type { Observed, ObservedMember } from './observed.ts';

/** The last pod that is known to have used the volume, after it is gone. */
interface Writer {
  readonly pod: string;
  readonly machine: string | undefined;
  readonly removedBy: 'Kubelet' | 'Other' | undefined;
  /** Milliseconds since the epoch; it ran until then at least. */
  readonly stoppedMs: number;
}

export interface Unreleased {
  readonly reason: Extract<StalledReason, 'NodeUnreachable' | 'ReleaseUnproven'>;
  readonly message: string;
}

/** Why a process may still write to the member's volume although no pod is left; undefined if none can. */
export function unreleased(observed: Observed, member: ObservedMember): Unreleased | undefined {
  if (isFresh(observed, member)) return undefined;
  const last = lastWriter(observed, member);
  if (last === undefined) return suspectMachine(observed, member);
  const { pod, machine, removedBy, stoppedMs } = last;
  if (removedBy === 'Kubelet' || machine === undefined) return undefined;
  const state = machineState(observed, machine);
  if (state === 'OutOfService') return undefined;
  const dead = unreachable(observed, machine, `pod ${pod} ran`);
  if (dead !== undefined) return { reason: 'NodeUnreachable', message: dead };
  if (removedBy === 'Other') {
    return unproven(
      `pod ${pod} was removed from machine ${machine} by force, before its processes had ended: they may still write. Make sure that they have ended, then set spec.rollout.detach to BestEffort for this start`,
    );
  }
  // Nobody watched when the pod went. On a machine that has been Ready all the time only its kubelet removes pods.
  const isSteady = state === 'Ready' && readyChangedMs(observed.machines.get(machine)) <= stoppedMs;
  if (isSteady) return undefined;
  return unproven(
    `pod ${pod} went unwatched from machine ${machine}, which has not been Ready all the time since: it may still write. Make sure that it does not, then set spec.rollout.detach to BestEffort for this start`,
  );
}

function unproven(message: string): Unreleased {
  return { reason: 'ReleaseUnproven', message };
}

/**
 * Whether nothing has ever used the claim: it has no volume yet, or it was made for this NodeDeployment and the member has
 * never had a StatefulSet or a pod, nor left the claim behind.
 */
export function isFresh({ deployment }: Observed, { name, claim, statefulSet }: ObservedMember): boolean {
  if (claim?.spec?.volumeName === undefined) return true;
  const { status, metadata } = deployment;
  const isYounger = Date.parse(claim.metadata.creationTimestamp ?? '') >= Date.parse(metadata.creationTimestamp ?? '');
  const wasLeft = status?.retainedClaims?.some(({ uid }) => uid === claim.metadata.uid) ?? false;
  const hadPod = status?.members?.some((member) => member.name === name && member.podUID !== undefined) ?? false;
  return statefulSet === undefined && isYounger && isClaimOf(deployment, claim) && !wasLeft && !hadPod;
}

function lastWriter(observed: Observed, member: ObservedMember): Writer | undefined {
  const record = isStopped(member) ? handoffOf(observed, member) : undefined;
  if (record?.podUID !== undefined) {
    const stoppedMs = Date.parse(record.stoppedAt ?? '');
    return { pod: `${member.name}-0`, machine: record.nodeName, removedBy: record.removedBy, stoppedMs };
  }
  const { removedPod } = member;
  if (removedPod === undefined) return undefined;
  const { name, deletionTimestamp } = removedPod.metadata;
  const removedBy = wasEndedByKubelet(removedPod) ? 'Kubelet' : 'Other';
  return { pod: name, machine: removedPod.spec?.nodeName, removedBy, stoppedMs: Date.parse(deletionTimestamp ?? '') };
}

/** Nobody knows who used the claim before. It cannot be a process on a machine that has been Ready all the time. */
function suspectMachine(observed: Observed, { claim }: ObservedMember): Unreleased | undefined {
  const { machines, unreadable } = observed;
  const volume = `volume ${claim?.spec?.volumeName}`;
  if (unreadable.has('machines')) {
    return unproven(
      `it is not known who used ${volume} before, and the operator may not read nodes to rule a forgotten process out. Grant get, list and watch on nodes, or set spec.rollout.detach to BestEffort for this start`,
    );
  }
  const createdMs = Date.parse(claim?.metadata.creationTimestamp ?? '');
  const suspect = [...machines.values()].find(
    (machine) => !(readyChangedMs(machine) < createdMs) && machineState(observed, machine.metadata.name) === 'NotReady',
  );
  if (suspect === undefined) return undefined;
  return unproven(
    `it is not known who used ${volume} before, and machine ${suspect.metadata.name} is not Ready: a forgotten process there may still write. Bring it back, or taint it as out of service if it is off`,
  );
}
