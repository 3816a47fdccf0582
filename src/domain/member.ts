// What the rules ask about one member.
import { LABEL } from '../api/v1alpha1/names.ts';
import type { NodeDeployment, Storage, StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { StoredPod, StoredStatefulSet } from '../kube/kinds.ts';
import { isTerminating } from '../kube/object.ts';
import { controllerOf } from '../kube/owner-references.ts';
import { readySinceMs } from '../kube/pods.ts';
import { type Observed, type ObservedMember, isControlledBy } from './observed.ts';

/** Revision of the template that a StatefulSet has, our own hash; its own `currentRevision` never converges under OnDelete. */
export function revisionOfSet(statefulSet: StoredStatefulSet | undefined): string | undefined {
  return statefulSet?.spec?.template.metadata?.labels?.[LABEL.revision];
}

export function revisionOfPod(pod: StoredPod): string | undefined {
  return pod.metadata.labels?.[LABEL.revision];
}

/** Whether the member has been told to have no pod. */
export function isStopped(member: ObservedMember): boolean {
  return member.statefulSet?.spec?.replicas === 0;
}

/** Whether the member's StatefulSet has another template than the target. */
export function isOutdated(member: ObservedMember, target: string): boolean {
  return member.statefulSet !== undefined && revisionOfSet(member.statefulSet) !== target;
}

/**
 * Whether the member's pod is of another template than its StatefulSet, under which nobody replaces it: a StatefulSet
 * controller that lagged behind a stop and the start after it has made it from the template before. What that controller
 * has not seen yet, it may still undo by itself. A pod of the right template beside it, which a cache still shows, is the later.
 */
export function isPodOutdated(member: ObservedMember): boolean {
  const { statefulSet, pods } = member;
  if (statefulSet === undefined || isStopped(member)) return false;
  const { status, metadata } = statefulSet;
  const lasting = pods.filter((pod) => isLasting(member, pod));
  const isSettled = status?.observedGeneration === metadata.generation && lasting.length > 0;
  return isSettled && lasting.every((pod) => revisionOfPod(pod) !== revisionOfSet(statefulSet));
}

/** Whether the member does not run the target: its StatefulSet, or the pod that this has. */
export function isBehind(member: ObservedMember, target: string): boolean {
  return isOutdated(member, target) || isPodOutdated(member);
}

/** The pod that does the member's work: one that is not being deleted, if there is one. */
export function podOf(member: ObservedMember): StoredPod | undefined {
  return member.pods.find((pod) => !isTerminating(pod)) ?? member.pods[0];
}

/** The machine that the member runs on: where its pod is bound to, unless that goes or the member is told to have none. */
export function machineOf(member: ObservedMember): string | undefined {
  const pod = podOf(member);
  return pod === undefined || isStopped(member) || !isLasting(member, pod) ? undefined : pod.spec?.nodeName;
}

/** Whether the pod is not about to go: the garbage collector takes that of a StatefulSet which is gone. */
function isLasting({ statefulSet }: ObservedMember, pod: StoredPod): boolean {
  const controller = controllerOf(pod);
  return !isTerminating(pod) && (controller === undefined || controller.uid === statefulSet?.metadata.uid);
}

export function isReady(member: ObservedMember): boolean {
  return member.pods.some((pod) => readySinceMs(pod) !== undefined);
}

/**
 * Ready for `minReadySeconds`, with the template that its StatefulSet has now. A member that was told to stop is not:
 * its pod may be Ready until the StatefulSet controller gets to it, and must not be counted on. Nor is one whose
 * StatefulSet is another's, for example that of a deleted fleet of this name: it goes with its owner.
 */
export function isAvailable(deployment: StoredNodeDeployment, member: ObservedMember, now: number): boolean {
  const { statefulSet } = member;
  const isOurs = statefulSet !== undefined && isControlledBy(deployment, statefulSet) && !isTerminating(statefulSet);
  return isOurs && !isStopped(member) && availableAtMs(deployment, member.statefulSet, member.pods) <= now;
}

/** Whether the member's surge pod is Ready: it serves, though maybe not yet for `minReadySeconds`. */
export function isSurgeReady({ surgePods }: ObservedMember): boolean {
  return surgePods.some((pod) => readySinceMs(pod) !== undefined);
}

/** Whether the member's surge pod has served for so long that the member may stop. */
export function isSurgeAvailable(deployment: NodeDeployment, member: ObservedMember, now: number): boolean {
  return availableAtMs(deployment, member.surge, member.surgePods) <= now;
}

/** When a Ready pod of the set counts as available, in milliseconds since the epoch; Infinity if none is Ready. */
export function availableAtMs(
  deployment: NodeDeployment,
  statefulSet: StoredStatefulSet | undefined,
  pods: readonly StoredPod[],
): number {
  const revision = revisionOfSet(statefulSet);
  let since = Infinity;
  for (const pod of pods) if (revisionOfPod(pod) === revision) since = Math.min(since, readySinceMs(pod) ?? Infinity);
  return since + deployment.spec.rollout.minReadySeconds * 1000;
}

/** Whether two writers on the volume would destroy it. */
export function isSingleWriter(storage: Storage | undefined): boolean {
  return storage !== undefined && storage.accessMode !== 'ReadWriteMany';
}

/** Whether the status is the only word on who may still write to the member's volume: no VolumeAttachment tells. */
export function isStatusTheOnlyWord({ deployment, unreadable }: Observed, { isAttachable }: ObservedMember): boolean {
  return isSingleWriter(deployment.spec.storage) && (isAttachable !== true || unreadable.has('attachments'));
}
