// How urgent a reconcile is: what a user changed goes before what is only looked at again.
//
// It rests on what is stored, not on how it was heard of: a change that was made while the operator was down, or its
// watch was, is as urgent as any.
import type { NodeDeployment, StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { KubeObject } from '../kube/object.ts';
import type { Change } from '../runtime/cache/change.ts';
import { isSameJson } from '../kube/merge-patch.ts';
import type { Priority } from '../runtime/queue/work-queue.ts';

/** Normal while its status does not answer its spec. Low for one at rest: in a first list, a resync, a requeue. */
export function priorityOf(deployment: StoredNodeDeployment | undefined): Priority {
  if (deployment === undefined) return 'low';
  return deployment.status?.observedGeneration === deployment.metadata.generation ? 'low' : 'normal';
}

/**
 * Of a change of the NodeDeployment itself; undefined where `priorityOf` is to tell, such as for the echo of our own status.
 * A deletion, and a new label, need not be a new generation.
 */
export function priorityOfChange(change: Change<NodeDeployment>): Priority | undefined {
  if (change.type === 'added') return undefined;
  if (change.type === 'deleted') return 'normal';
  const { labels, deletionTimestamp } = change.object.metadata;
  const { labels: oldLabels, deletionTimestamp: oldDeletionTimestamp } = change.previous.metadata;
  const isSame = deletionTimestamp === oldDeletionTimestamp && isSameJson(labels, oldLabels);
  return isSame ? undefined : 'normal';
}

/**
 * Of a change of a child, or of what it runs on: something may go on that waited for it, such as a hand-off for the end of a
 * pod. One that appears is in a first list, or has been asked for: undefined, `priorityOf` is to tell.
 */
export function priorityOfChild({ type }: Change<KubeObject>): Priority | undefined {
  return type === 'added' ? undefined : 'normal';
}
