// The pods that are known to have used a member's volume and are gone: from what was seen to go, the member's record of
// its last hand-off, and what the status tells of suspects and consumers. Whether one may still write: release.ts.
import type { Handoff, Suspect } from '../../api/v1alpha1/node-deployment.ts';
import type { StoredPod } from '../../kube/kinds.ts';
import { timestampOf } from '../../kube/timestamp.ts';
import type { ObservedConsumer } from '../observed-consumers.ts';
import type { Observed, ObservedMember } from '../observed.ts';
import { handoffOf, wasEndedByKubelet } from './handoff.ts';

/** A pod that has used the volume and is gone. Without a machine it has never run. */
export type Writer = Omit<Suspect, 'nodeName'> & { readonly nodeName: string | undefined; readonly isEnded: boolean };

/** Each pod once: what was seen of its end wins over what the status tells, until the next pod has started. */
export function knownWriters(observed: Observed, member: ObservedMember): readonly Writer[] {
  const { suspects = [], handoff: last } = member.told ?? {};
  const { podUID, nodeName, podGoneAt: goneAt, removedBy } = handoffOf(observed, member) ?? {};
  const recorded =
    podUID === undefined || goneAt === undefined ? [] : [{ podUID, nodeName, goneAt, ...howEnded(removedBy) }];
  const removed = member.removedPod === undefined ? [] : [writerOf(member.removedPod)];
  const seen = [...removed, ...recorded, ...member.consumers.flatMap((one) => consumerWriters(observed, member, one))];
  // Once the next pod has started, the suspects of the status are the only word on a pod that was not seen to end.
  const isOver = (writer: Writer): boolean =>
    !writer.isEnded && writer.podUID === last?.podUID && last.startedAt !== undefined;
  const all = [
    ...seen.filter(isOver).map((writer) => ({ ...writer, isEnded: true })),
    ...suspects.map((suspect) => ({ ...suspect, isEnded: false })),
    ...seen.filter((writer) => !isOver(writer)),
  ];
  return [...new Map(all.map((writer) => [writer.podUID, writer])).values()];
}

/** The last pod of a consumer that is gone: as it was seen to go, or, unwatched, as the status tells of it. */
function consumerWriters(observed: Observed, member: ObservedMember, consumer: ObservedConsumer): readonly Writer[] {
  const { name, pods, endedPods, removedPod } = consumer;
  const { suspects = [], consumers = [] } = member.told ?? {};
  const last = consumers.find((one) => one.name === name);
  const isSuspect = (uid: string): boolean => suspects.some(({ podUID }) => podUID === uid);
  // The next start of the member was its end, or somebody's answer, unless the status still says otherwise.
  const isOver = ({ podUID, goneAt }: Writer): boolean =>
    !isSuspect(podUID) &&
    member.pods.some(({ metadata }) => Date.parse(metadata.creationTimestamp) > Date.parse(goneAt));
  const removed = removedPod === undefined ? [] : [{ ...writerOf(removedPod), consumer: name }];
  const ended = endedPods.map((pod) => ({ ...writerOf(pod), consumer: name, isEnded: true }));
  const isKnown = [...pods, ...endedPods, removedPod].some((pod) => pod?.metadata.uid === last?.podUID);
  const lost =
    last?.podUID === undefined || isKnown
      ? []
      : [
          {
            podUID: last.podUID,
            nodeName: last.nodeName,
            goneAt: timestampOf(observed.now),
            isForced: false,
            isEnded: false,
          },
        ];
  return [
    ...ended,
    ...removed.map((writer) => ({ ...writer, isEnded: writer.isEnded || isOver(writer) })),
    ...lost.filter(({ podUID }) => !isSuspect(podUID)).map((writer) => ({ ...writer, consumer: name })),
  ];
}

function howEnded(removedBy: Handoff['removedBy']): { readonly isForced: boolean; readonly isEnded: boolean } {
  return { isForced: removedBy === 'Other', isEnded: removedBy === 'Kubelet' };
}

function writerOf(removed: StoredPod): Writer {
  const { uid: podUID, deletionTimestamp, creationTimestamp } = removed.metadata;
  const goneAt = deletionTimestamp ?? creationTimestamp ?? '';
  const removedBy = wasEndedByKubelet(removed) ? 'Kubelet' : 'Other';
  return { podUID, nodeName: removed.spec?.nodeName, goneAt, ...howEnded(removedBy) };
}
