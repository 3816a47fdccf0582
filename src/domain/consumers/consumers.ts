// What shares a member's volume from pods of its own: started where the member runs, stopped before it stops.
//
// Guarantees: a follower runs only on the machine that its member's pod is bound to; it is stopped, and its pod gone, before
// it is given another machine or template, which it gets with the start in one write. Nothing of another owner is touched.
import { ANNOTATION, FIELD_MANAGER, QUIESCE_FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import type { Consumer, NodeDeploymentSpec } from '../../api/v1alpha1/node-deployment.ts';
import { STATEFUL_SET, type StoredStatefulSet } from '../../kube/kinds.ts';
import { isTerminating, keyOf } from '../../kube/object.ts';
import { type Action, type Apply, type Delete, type Wait, readAt } from '../actions.ts';
import { ensure, foreignChild } from '../children.ts';
import { follower } from '../desired/follower.ts';
import { replicasOnly } from '../desired/stateful-set.ts';
import { consumerName } from '../member-name.ts';
import { type Observed, type ObservedConsumer, type ObservedMember, isControlledBy } from '../observed.ts';
import { podTrouble } from '../volumes/gate.ts';

/** Brings the member's consumers to `machine`; undefined: stops them. What the spec does not have goes. */
export function planConsumers(
  observed: Observed,
  member: ObservedMember,
  machine: string | undefined,
): readonly Action[] {
  const wanted = followersOf(observed.deployment.spec);
  return [
    ...planUnwanted(observed, member, wanted),
    ...wanted.flatMap((consumer) => planFollower(observed, member, consumer, machine)),
  ];
}

export function followersOf({ consumers = [] }: NodeDeploymentSpec): readonly Consumer[] {
  return consumers.filter(({ kind }) => kind === 'Follower');
}

function planFollower(
  observed: Observed,
  member: ObservedMember,
  consumer: Consumer,
  machine: string | undefined,
): readonly Action[] {
  const found = member.consumers.find(({ name }) => name === consumer.name);
  const current = found?.statefulSet;
  const foreign = foreignChild(observed, member, current, 'rename the consumer or delete that object');
  if (foreign !== undefined) return [foreign];
  const isRunning = current !== undefined && current.spec?.replicas !== 0;
  if (machine === undefined) return isRunning ? [stopFollower(observed, member, current)] : [];
  const object = follower(observed.deployment, member.name, consumer, machine);
  const hash = object.metadata?.annotations?.[ANNOTATION.appliedHash];
  const isSame = current?.metadata.annotations?.[ANNOTATION.appliedHash] === hash;
  if (isRunning)
    return isSame ? ensure(member, object, current, STATEFUL_SET) : [stopFollower(observed, member, current)];
  if (found !== undefined && isBusy(found)) return [];
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

function planUnwanted(
  { deployment }: Observed,
  member: ObservedMember,
  wanted: readonly Consumer[],
): readonly Delete[] {
  const unwanted = member.consumers.filter((found) => !wanted.some(({ name }) => name === found.name));
  return unwanted.flatMap(({ statefulSet }) => {
    if (statefulSet === undefined || isTerminating(statefulSet) || !isControlledBy(deployment, statefulSet)) return [];
    const { uid } = statefulSet.metadata;
    return [{ type: 'Delete', member: member.name, kind: STATEFUL_SET, key: keyOf(statefulSet), uid }];
  });
}

/** Every consumer of a member that goes: deleted, and its pod waited for. Empty once nothing is left. */
export function planConsumersRemoval(observed: Observed, member: ObservedMember): readonly Action[] {
  const deletes = planUnwanted(observed, member, []);
  const busy = busyConsumer(observed, member);
  return busy === undefined ? deletes : [...deletes, busy];
}

/** What the member's stop has to wait for: a consumer that runs, or has a pod left. Undefined: all are quiet. */
export function busyConsumer(observed: Observed, member: ObservedMember): Wait | undefined {
  const busy = member.consumers.find(
    (consumer) => isBusy(consumer) && (consumer.pods.length > 0 || isOurs(observed, consumer)),
  );
  if (busy === undefined) return undefined;
  const [pod] = busy.pods;
  const trouble = pod && podTrouble(observed, member, pod);
  if (trouble?.stalled !== undefined) return trouble;
  const what = pod === undefined ? `StatefulSet ${consumerName(member.name, busy.name)}` : `pod ${pod.metadata.name}`;
  const message = `its consumer ${busy.name} stops first: ${what} is not gone yet`;
  return { type: 'Wait', member: member.name, reason: 'ConsumersStopping', message };
}

function isOurs({ deployment }: Observed, { statefulSet }: ObservedConsumer): boolean {
  return statefulSet !== undefined && isControlledBy(deployment, statefulSet);
}

/** Whether a pod of it is there, or may come: its StatefulSet is not known to have seen that it is to have none. */
function isBusy({ statefulSet, pods }: ObservedConsumer): boolean {
  if (pods.length > 0) return true;
  if (statefulSet === undefined) return false;
  const { spec, status, metadata } = statefulSet;
  return spec?.replicas !== 0 || status?.observedGeneration !== metadata.generation;
}
