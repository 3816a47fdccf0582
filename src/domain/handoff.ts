// The record of a member's last hand-off, step by step: `status.members[].handoff`.
//
// Times are those of objects where an object tells (stop, start, available), else when the step was first seen done; once
// stored they stay. The record also keeps who removed the pod, which nothing in the cluster tells afterwards.
import { ANNOTATION } from '../api/v1alpha1/names.ts';
import type { Handoff } from '../api/v1alpha1/node-deployment.ts';
import type { StoredPod } from '../kube/kinds.ts';
import { isTerminal } from '../kube/pods.ts';
import { timestampOf } from '../kube/timestamp.ts';
import { availableAtMs, isAvailable, isSingleWriter, isStopped, podOf } from './member.ts';
import type { Observed, ObservedMember } from './observed.ts';

/** The record as it is to be; undefined for a member that has never been stopped. */
export function handoffOf(observed: Observed, member: ObservedMember): Handoff | undefined {
  const before = observed.deployment.status?.members?.find(({ name }) => name === member.name);
  const stoppedAt = member.statefulSet?.metadata.annotations?.[ANNOTATION.quiescedAt];
  if (stoppedAt === undefined || stoppedAt === '' || stoppedAt === before?.handoff?.stoppedAt) {
    return before?.handoff && advance(observed, member, before.handoff);
  }
  const pod = podOf(member);
  const podUID = pod?.metadata.uid ?? before?.podUID ?? member.removedPod?.metadata.uid;
  const nodeName = pod?.spec?.nodeName ?? before?.nodeName ?? member.removedPod?.spec?.nodeName;
  return advance(observed, member, { stoppedAt, podUID, nodeName });
}

function advance(observed: Observed, member: ObservedMember, record: Handoff): Handoff {
  const { deployment, now } = observed;
  const current = timestampOf(now);
  if (isStopped(member)) {
    const isGone = member.pods.length === 0;
    const hasVolume = isSingleWriter(deployment.spec.storage) && member.isAttachable === true;
    const isDetached =
      isGone && hasVolume && member.attachments.length === 0 && !observed.unreadable.has('attachments');
    return {
      ...record,
      podGoneAt: record.podGoneAt ?? (isGone ? current : undefined),
      removedBy: record.removedBy ?? (isGone ? removerOf(member.removedPod, record.podUID) : undefined),
      detachedAt: record.detachedAt ?? (isDetached ? current : undefined),
    };
  }
  const pod = podOf(member);
  if (pod === undefined || pod.metadata.uid === record.podUID || record.completedAt !== undefined) return record;
  const isDone = isAvailable(deployment, member, now);
  return {
    ...record,
    startedAt: record.startedAt ?? pod.metadata.creationTimestamp,
    completedAt: isDone ? timestampOf(availableAtMs(deployment, member.statefulSet, member.pods)) : undefined,
  };
}

function removerOf(removed: StoredPod | undefined, uid: string | undefined): Handoff['removedBy'] {
  if (removed === undefined || removed.metadata.uid !== uid) return undefined;
  return wasEndedByKubelet(removed) ? 'Kubelet' : 'Other';
}

/**
 * Whether no process of a removed pod can be left: the kubelet reports that all have ended, as it does before it removes a
 * pod that was deleted gracefully (KEP-3329), or the pod has never been on a machine.
 */
export function wasEndedByKubelet(removed: StoredPod): boolean {
  return isTerminal(removed) || removed.spec?.nodeName === undefined;
}
