// I16: an operator by itself never takes more Ready members down than the budget allows, and none without need.
//
// What it has stopped and has not seen back is its own doing; what people, machines and images take down is not counted.
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import { POD, STATEFUL_SET, type Pod, type StatefulSet } from '../../../src/kube/kinds.ts';
import type { Stored } from '../../../src/kube/object.ts';
import { controllerOf } from '../../../src/kube/owner-references.ts';
import { readySinceMs } from '../../../src/kube/pods.ts';
import { ordinalOf } from '../../../src/domain/member-name.ts';
import { surgeName } from '../../../src/domain/observed.ts';
import { KEY } from '../actors/people.ts';
import type { Commit } from '../model/api-server.ts';
import type { ModelStore } from '../model/store.ts';
import { revisionIn, type Past, type Wish } from './past.ts';
import { judged, type Rule } from './rule.ts';

export const I16: Rule = (commit, past, atMs, store) => {
  follow(commit, past, atMs);
  const stopped = stopOf(commit);
  if (stopped === undefined) return undefined;
  const { write } = commit;
  const { namespace = '', name } = stopped.metadata;
  const owner = controllerOf(stopped)?.uid ?? '';
  const pod = podOf(store, namespace, name);
  // One that has become Ready since the operator last asked for its pods may not have been when the stop was sent.
  const lookedAtMs = past.podsReadAtMs(write.by, atMs);
  const wasReady = pod !== undefined && past.readySinceMs(pod.metadata.uid) <= lookedAtMs;
  const down = past.stoppedOf(owner);
  down.set(name, pod?.metadata.uid);
  const wishes = past.wishesOf(owner, atMs);
  const isAsked = !wishes.every(isRunning);
  const isServed = isServedFor(store, namespace, name) || past.wasReadyAt(`${surgeName(name)}-0`, lookedAtMs);
  if (!wasReady || isAsked || isServed) return undefined;
  // Another pod works in the place of who has a surge: that member is not out. Nor is who was started again in time.
  const isOut = (one: string): boolean => !isServedFor(store, namespace, one) && !isKept(store, namespace, one);
  const names = [...down.keys()].filter(isOut);
  // A member that is wanted no more is not down, even if it is still there.
  const isWithin = ({ replicas, toleratedLoss }: Wish): boolean =>
    names.filter((one) => (ordinalOf(KEY.name, one) ?? 0) < replicas).length <= toleratedLoss;
  const budget = Math.max(...wishes.map(({ toleratedLoss }) => toleratedLoss));
  return judged(!wishes.some(isWithin) && `${names.join(', ')} are stopped at once, and the budget is ${budget}`);
};

/** Nobody is stopped who serves with the template that is wanted, and has since the operator last asked for its pods. */
export const I16_IN_VAIN: Rule = (commit, past, atMs, store) => {
  const stopped = stopOf(commit);
  if (stopped === undefined) return undefined;
  const { namespace = '', name } = stopped.metadata;
  const wishes = past.wishesOf(controllerOf(stopped)?.uid ?? '', atMs);
  const pod = podOf(store, namespace, name);
  const revision = revisionIn(commit);
  const isWanted = wishes.length > 0 && wishes.every((wish) => wish.revision === revision && isRunning(wish));
  const isRight = pod?.metadata.labels?.[LABEL.revision] === revision;
  const isSeen = pod !== undefined && past.readySinceMs(pod.metadata.uid) <= past.podsReadAtMs(commit.write.by, atMs);
  return judged(isWanted && isRight && isSeen && `${name} is stopped, and its pod has the template that is wanted`);
};

/** No surge pod is taken away that served when the operator last asked, while no other pod of its member did, or does. */
export const I16_SURGE: Rule = ({ kind, object, previous, write }, past, atMs, store) => {
  const isFirst = previous !== undefined && previous.metadata.deletionTimestamp === undefined;
  if (kind !== STATEFUL_SET || write.verb !== 'delete' || !write.by.startsWith('operator') || !isFirst)
    return undefined;
  const { namespace = '', name, labels } = object.metadata;
  const member = labels?.[LABEL.member] ?? '';
  if (name !== surgeName(member)) return undefined;
  const isWanted = (wish: Wish): boolean => isRunning(wish) && (ordinalOf(KEY.name, member) ?? 0) < wish.replicas;
  const wishes = past.wishesOf(controllerOf(object)?.uid ?? '', atMs);
  const surge = podOf(store, namespace, name);
  const lookedAtMs = past.podsReadAtMs(write.by, atMs);
  const isServing = surge !== undefined && past.readySinceMs(surge.metadata.uid) <= lookedAtMs;
  if (!isServing || !wishes.every(isWanted)) return undefined;
  const isCovered = isReady(podOf(store, namespace, member)) || past.wasReadyAt(`${member}-0`, lookedAtMs);
  return judged(!isCovered && `${name} is deleted, and no other pod of ${member} serves`);
};

const isRunning = ({ isSuspended, isTerminating }: Wish): boolean => !isSuspended && !isTerminating;

/** The member's StatefulSet that an operator stops. */
function stopOf({ kind, type, object, previous, write }: Commit): Stored<StatefulSet> | undefined {
  const isOperator = kind === STATEFUL_SET && type === 'MODIFIED' && write.by.startsWith('operator');
  if (!isOperator || object.metadata.labels?.[LABEL.member] !== object.metadata.name) return undefined;
  const [before, after] = [previous, object].map((one) => (one as unknown as StatefulSet | undefined)?.spec?.replicas);
  return before !== 0 && after === 0 ? object : undefined;
}

/** Who is back, gone, or wanted no more is not down. */
function follow({ kind, type, object, write }: Commit, past: Past, atMs: number): void {
  const { uid, labels } = object.metadata;
  const member = labels?.[LABEL.member];
  if (kind === NODE_DEPLOYMENT && type === 'DELETED') past.stoppedOf(uid).clear();
  if (kind === STATEFUL_SET && (type === 'DELETED' || !write.by.startsWith('operator'))) {
    // Somebody else has had a hand in it.
    if (write.by !== 'statefulset-controller') past.stoppedOf(controllerOf(object)?.uid ?? '').delete(member ?? '');
  }
  if (kind !== POD || member === undefined) return;
  const isServing = type !== 'DELETED' && isReady(object);
  past.tellReady(object, isServing, atMs);
  if (!isServing || labels?.[LABEL.surge] !== undefined) return;
  for (const down of past.allStopped()) if (down.get(member) !== uid) down.delete(member);
}

function podOf(store: ModelStore, namespace: string, member: string): Stored<Pod> | undefined {
  return store.get(POD, { namespace, name: `${member}-0` });
}

const isReady = (pod: Stored<Pod> | undefined): boolean => pod !== undefined && readySinceMs(pod) !== undefined;

/** Whether its pod serves and stays: it was told to start before its controller had seen that it was to stop, and that one knows. */
function isKept(store: ModelStore, namespace: string, name: string): boolean {
  const set: Stored<StatefulSet> | undefined = store.get(STATEFUL_SET, { namespace, name });
  const isObserved = set !== undefined && set.status?.observedGeneration === set.metadata.generation;
  return isObserved && set.spec?.replicas !== 0 && isReady(podOf(store, namespace, name));
}

/** Whether another pod serves in its place. */
function isServedFor(store: ModelStore, namespace: string, member: string): boolean {
  return isReady(podOf(store, namespace, surgeName(member)));
}
