// The record of how a member last lost its pod and got another one, step by step: `status.members[].handoff`.
//
// Times are those of objects where an object tells (stop, start, available), else when the step was first seen done; once
// stored they stay. The record also keeps who removed the pod, which nothing in the cluster tells afterwards.
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { Handoff } from '../../api/v1alpha1/node-deployment.ts';
import { decodeHandoff } from '../../api/v1alpha1/status.ts';
import type { StoredPod } from '../../kube/kinds.ts';
import { isTerminal } from '../../kube/pods.ts';
import { timestampOf } from '../../kube/timestamp.ts';
import { availableAtMs, isAvailable, isSingleWriter, isStatusTheOnlyWord, isStopped, podOf } from '../member.ts';
import type { Observed, ObservedMember } from '../observed.ts';

/** The record as it is to be; undefined for a member that has never lost its pod. */
export function handoffOf(observed: Observed, member: ObservedMember): Handoff | undefined {
  const record = recordOf(observed, member);
  return record && advance(observed, member, record);
}

/** The record that is open now: of the stop that was asked for, or of a pod that went unasked, as in a drain. */
function recordOf(observed: Observed, member: ObservedMember): Handoff | undefined {
  const { told: before } = member;
  const pod = podOf(member);
  const stamp = member.statefulSet?.metadata.annotations?.[ANNOTATION.quiescedAt];
  const stoppedAt = isStopped(member) && stamp !== '' ? stamp : undefined;
  const last = withNote(observed, member, before?.handoff);
  const isLost = before?.podUID !== undefined && before.podUID !== pod?.metadata.uid && before.podUID !== last?.podUID;
  if (isLost)
    return (
      notedRecord(observed, member, before.podUID) ?? { stoppedAt, podUID: before.podUID, nodeName: before.nodeName }
    );
  if (stoppedAt === undefined || stoppedAt === last?.stoppedAt) return last;
  if (pod !== undefined) return { stoppedAt, podUID: pod.metadata.uid, nodeName: pod.spec?.nodeName };
  // It had lost its pod, and got no other one, before it was told to stop.
  if (last !== undefined && last.startedAt === undefined) return { ...last, stoppedAt };
  return { stoppedAt, podUID: member.removedPod?.metadata.uid, nodeName: member.removedPod?.spec?.nodeName };
}

/** A record that is still open, with what the start of the next pod noted of this one's end and no status has told. */
function withNote(observed: Observed, member: ObservedMember, last: Handoff | undefined): Handoff | undefined {
  if (last?.podUID === undefined || last.completedAt !== undefined) return last;
  return { ...notedRecord(observed, member, last.podUID), ...last };
}

/**
 * The record of that pod's end which the start of the next one left on the StatefulSet: the status may not have told it yet.
 * Anybody who may write StatefulSets could have made it up, so it counts only where no decision rests on it.
 */
function notedRecord(observed: Observed, member: ObservedMember, podUID: string): Handoff | undefined {
  const note = member.statefulSet?.metadata.annotations?.[ANNOTATION.handoff];
  const record = note === undefined || isStatusTheOnlyWord(observed, member) ? undefined : decodeHandoff(note);
  return record?.podUID === podUID ? record : undefined;
}

function advance(observed: Observed, member: ObservedMember, record: Handoff): Handoff {
  const { deployment, now } = observed;
  const current = timestampOf(now);
  const pod = podOf(member);
  const isGone = pod?.metadata.uid !== record.podUID;
  const hasVolume = isSingleWriter(deployment.spec.storage) && member.isAttachable === true;
  const isFree = member.pods.length === 0 && member.attachments.length === 0 && !observed.unreadable.has('attachments');
  const released: Handoff = {
    ...record,
    podGoneAt: record.podGoneAt ?? (isGone ? current : undefined),
    removedBy: record.removedBy ?? (isGone ? removerOf(member, record.podUID) : undefined),
    detachedAt: record.detachedAt ?? (hasVolume && isFree ? current : undefined),
  };
  if (isStopped(member) || pod === undefined || !isGone || record.completedAt !== undefined) return released;
  const isDone = isAvailable(deployment, member, now);
  return {
    ...released,
    startedAt: record.startedAt ?? pod.metadata.creationTimestamp,
    completedAt: isDone ? timestampOf(availableAtMs(deployment, member.statefulSet, member.pods)) : undefined,
  };
}

function removerOf({ removedPod, endedPods }: ObservedMember, uid: string | undefined): Handoff['removedBy'] {
  const last = [...endedPods, ...(removedPod === undefined ? [] : [removedPod])].find(
    ({ metadata }) => metadata.uid === uid,
  );
  if (last === undefined) return undefined;
  return wasEndedByKubelet(last) ? 'Kubelet' : 'Other';
}

/**
 * Whether no process of a removed pod can be left: the kubelet reports that all have ended, as it does before it removes a
 * pod that was deleted gracefully (KEP-3329), or the pod has never been on a machine.
 */
export function wasEndedByKubelet(removed: StoredPod): boolean {
  return isTerminal(removed) || removed.spec?.nodeName === undefined;
}
