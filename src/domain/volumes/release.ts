// Whether the last writer of a volume has ended, where no VolumeAttachment tells: the driver has `attachRequired: false`,
// or the volume is in-tree.
//
// What counts is that the kubelet of a Ready machine removed the pod: it does so after the pod's processes have ended.
// A pod removed by force, or on a machine that is silent, may still write.
import type { StalledReason } from '../../api/v1alpha1/conditions.ts';
import { isClaimOf } from './claims.ts';
import { timestampOf } from '../../kube/timestamp.ts';
import { MAX_SUSPECTS } from '../../api/v1alpha1/status.ts';
import type { Suspect } from '../../api/v1alpha1/node-deployment.ts';
import type { StoredPod } from '../../kube/kinds.ts';
import { knownWriters } from './writers.ts';
import { isSingleWriter, isStopped } from '../member.ts';
import { machineState, readyChangedMs, unreachable } from '../machines.ts';
import { UNTOLD_MACHINE, boundSuspects } from './suspects.ts';
import type { Observed, ObservedMember } from '../observed.ts';

export interface Unreleased {
  readonly reason: Extract<StalledReason, 'NodeUnreachable' | 'ReleaseUnproven'> | 'AwaitingRelease';
  readonly message: string;
  /** Milliseconds since the epoch; set where waiting alone helps. */
  readonly untilMs?: number;
}

/** Seconds that a kubelet may need, beyond a pod's grace period, to notice that the pod is gone and to end it. */
const KUBELET_PATIENCE_SECONDS = 30;

/** Of a pod of the member, or of the consumer. */
function graceSeconds({ deployment: { spec } }: Observed, consumer: string | undefined): number {
  const one = spec.consumers?.find(({ name }) => name === consumer);
  const template = consumer === undefined ? spec.template : one?.template;
  return (template?.spec?.terminationGracePeriodSeconds ?? 30) + KUBELET_PATIENCE_SECONDS;
}

/** Why a process may still write to the member's volume although no pod is left; undefined if none can. */
export function unreleased(observed: Observed, member: ObservedMember): Unreleased | undefined {
  if (isFresh(observed, member)) return undefined;
  if (knownWriters(observed, member).length === 0) return suspectMachine(observed, member);
  return suspicion(observed, member);
}

/** Why one of the pods that are known to have used the volume may still write to it. */
export function suspicion(observed: Observed, member: ObservedMember): Unreleased | undefined {
  const [suspect] = suspectsOf(observed, member);
  return suspect && riskOf(observed, member, suspect);
}

/**
 * The pods that may still write to the volume, oldest first: those of the status, until they are proven to have ended, or
 * somebody has answered for them by BestEffort, under which a later pod runs.
 */
export function suspectsOf(observed: Observed, member: ObservedMember): readonly Suspect[] {
  if (!isSingleWriter(observed.deployment.spec.storage) || member.isAttachable === true) return [];
  const suspects = knownWriters(observed, member)
    .flatMap(({ isEnded, nodeName, ...writer }) => (isEnded || nodeName === undefined ? [] : [{ ...writer, nodeName }]))
    .filter((suspect) => !isAnsweredFor(observed, member, suspect) && riskOf(observed, member, suspect) !== undefined);
  return boundSuspects(suspects, MAX_SUSPECTS);
}

function isAnsweredFor({ deployment }: Observed, member: ObservedMember, { goneAt, consumer }: Suspect): boolean {
  const goneMs = Date.parse(goneAt);
  const madeMs = ({ metadata }: StoredPod): number => Date.parse(metadata.creationTimestamp);
  // Of a pod that was removed by force nothing may tell when but its own start, which can be in the second of the member's.
  const isLater = (pod: StoredPod): boolean =>
    madeMs(pod) > goneMs || (consumer === undefined && madeMs(pod) === goneMs);
  return deployment.spec.rollout.detach === 'BestEffort' && !isStopped(member) && member.pods.some(isLater);
}

function riskOf(
  observed: Observed,
  member: ObservedMember,
  { nodeName, goneAt, isForced, consumer }: Suspect,
): Unreleased | undefined {
  const pod = consumer === undefined ? `${member.name}-0` : `of consumer ${consumer}`;
  if (nodeName === UNTOLD_MACHINE) {
    return unproven(
      `pod ${pod}, and maybe others, went from machines that the status has no room to name: their processes may still write`,
    );
  }
  const state = machineState(observed, nodeName);
  if (state === 'OutOfService') return undefined;
  const dead = unreachable(observed, nodeName, `pod ${pod} ran`);
  if (dead !== undefined) return { reason: 'NodeUnreachable', message: dead };
  if (isForced) {
    return unproven(`pod ${pod} was removed by force from machine ${nodeName}: its processes may still write`);
  }
  if (state !== 'Ready') {
    const how = state === 'Gone' ? 'is gone' : 'may not be read';
    return unproven(`pod ${pod} went unwatched from machine ${nodeName}, which ${how}: its processes may still write`);
  }
  // Whoever removed the pod: a kubelet that is Ready ends its processes within their grace period.
  const sinceMs = Math.max(Date.parse(goneAt), readyChangedMs(observed.machines.get(nodeName)));
  const endedMs = sinceMs + graceSeconds(observed, consumer) * 1000;
  if (endedMs <= observed.now) return undefined;
  const message = `pod ${pod} went unwatched from machine ${nodeName}; its processes have ended by ${timestampOf(endedMs)}`;
  return { reason: 'AwaitingRelease', message, untilMs: endedMs };
}

function unproven(risk: string): Unreleased {
  const remedy = 'Make sure that they have ended, then set spec.rollout.detach to BestEffort for this start';
  return { reason: 'ReleaseUnproven', message: `${risk}. ${remedy}` };
}

/**
 * Whether nothing has ever used the claim: it has no volume yet, or it was made for this NodeDeployment and the member has
 * never had a StatefulSet or a pod, nor left the claim behind. A volume made by hand may be older than its claim.
 */
export function isFresh({ deployment }: Observed, { claim, statefulSet, told }: ObservedMember): boolean {
  if (claim?.spec?.volumeName === undefined) return true;
  if (claim.spec.storageClassName === '') return false;
  const { status, metadata } = deployment;
  const isYounger = Date.parse(claim.metadata.creationTimestamp ?? '') >= Date.parse(metadata.creationTimestamp ?? '');
  const wasLeft = status?.retainedClaims?.some(({ uid }) => uid === claim.metadata.uid) ?? false;
  // A StatefulSet that somebody deleted takes its pod with it, and the status then shows that pod in these alone.
  const hadPod = (told?.podUID ?? told?.handoff ?? told?.suspects) !== undefined;
  return statefulSet === undefined && isYounger && isClaimOf(deployment, claim) && !wasLeft && !hadPod;
}

/** Nobody knows who used the claim before. It cannot be a process on a machine that has been Ready all the time. */
function suspectMachine(observed: Observed, { claim }: ObservedMember): Unreleased | undefined {
  const { machines, unreadable } = observed;
  const volume = `volume ${claim?.spec?.volumeName}`;
  if (unreadable.has('machines')) {
    return unproven(`nobody knows who used ${volume} before, and the operator may not read nodes to rule out any`);
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
