// A follower: the StatefulSet of one pod that runs where its member runs.
//
// Guarantees: it is stopped, and its pod gone, before it is given another machine or template, which it gets with the
// start in one write.
import { ANNOTATION, FIELD_MANAGER, QUIESCE_FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import type { Consumer } from '../../api/v1alpha1/node-deployment.ts';
import { STATEFUL_SET, type StoredStatefulSet } from '../../kube/kinds.ts';
import { type Action, type Apply, readAt } from '../actions.ts';
import { ensure } from '../children.ts';
import { follower } from '../desired/follower.ts';
import { replicasOnly } from '../desired/stateful-set.ts';
import type { ObservedConsumer } from '../observed-consumers.ts';
import type { Observed, ObservedMember } from '../observed.ts';
import { restoreStrategy } from '../update-strategy.ts';

/** Brings the follower to `machine`; undefined: stops it. */
export function planFollower(
  observed: Observed,
  member: ObservedMember,
  consumer: Consumer,
  found: ObservedConsumer | undefined,
  machine: string | undefined,
): readonly Action[] {
  const current = found?.statefulSet;
  const isRunning = current !== undefined && current.spec?.replicas !== 0;
  if (machine === undefined) return isRunning ? [stopFollower(observed, member, current)] : [];
  const restored = current && restoreStrategy(member.name, current);
  if (restored !== undefined) return [restored];
  const object = follower(observed.deployment, member.name, consumer, machine);
  const hash = object.metadata?.annotations?.[ANNOTATION.appliedHash];
  const isSame = current?.metadata.annotations?.[ANNOTATION.appliedHash] === hash;
  if (isRunning)
    return isSame ? ensure(member, object, current, STATEFUL_SET) : [stopFollower(observed, member, current)];
  if (found !== undefined && (found.pods.length > 0 || mayHavePod(current))) return [];
  const fence = readAt(current);
  const start = { type: 'Apply', purpose: 'StartConsumer', member: member.name, kind: STATEFUL_SET } as const;
  return [{ ...start, object, fence, fieldManager: FIELD_MANAGER }];
}

function stopFollower({ deployment, now }: Observed, { name }: ObservedMember, current: StoredStatefulSet): Apply {
  return {
    type: 'Apply',
    purpose: 'StopConsumer',
    member: name,
    kind: STATEFUL_SET,
    object: replicasOnly(deployment, current.metadata.name, 0, now),
    fence: readAt(current),
    fieldManager: QUIESCE_FIELD_MANAGER,
  };
}

/** Whether its pod may come yet: it is not known to have seen that it is to have none. */
export function mayHavePod(current: StoredStatefulSet | undefined): boolean {
  if (current === undefined) return false;
  const { spec, status, metadata } = current;
  return spec?.replicas !== 0 || status?.observedGeneration !== metadata.generation;
}
