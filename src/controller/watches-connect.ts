// Connects the informers with the queue: every change of an object asks for a reconcile of the NodeDeployments that it
// concerns; our own are not left out. How urgent it is: priority.ts.
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { MAX_REPLICAS } from '../api/v1alpha1/spec.ts';
import { formatKey, keyOf, type KubeObject, type ObjectKey, type Stored } from '../kube/object.ts';
import type { Change } from '../runtime/cache/change.ts';
import type { Informer } from '../runtime/cache/informer.ts';
import type { Controller } from '../runtime/controller.ts';
import type { Priority } from '../runtime/queue/work-queue.ts';
import { cachesOf, type Informers, OPTIONAL } from './informers.ts';
import { priorityOfChange, priorityOfChild } from './priority.ts';
import type { RemovedPods } from './removed-pods.ts';
import {
  isMachineNews,
  ownersOfAttachment,
  ownersOfLabelled,
  ownersOfPod,
  ownersOfVolume,
  ownersOnMachine,
} from './watches.ts';

/**
 * Milliseconds that a change of a child waits for the next one where there is other work: what goes on with a pod is told by
 * its StatefulSet, its claim and its machine in turn, and one look is enough for all of it.
 */
const BUSY_SETTLE_MS = 10;

/**
 * The same whatever else there is to do, in a fleet of 256 members, of which one look takes about as long; in a smaller one
 * less by as much.
 */
const LARGEST_SETTLE_MS = 10;

function settleMsOf(fleet: StoredNodeDeployment | undefined): number {
  return Math.floor(((fleet?.spec.replicas ?? 0) * LARGEST_SETTLE_MS) / MAX_REPLICAS);
}

interface Telling<T extends KubeObject> {
  /** Whether an update says anything new; default: each does. */
  readonly isNews?: (before: Stored<T>, after: Stored<T>) => boolean;
  /** Whether it is a child, or what a child runs on: a change of one goes on with work that has begun. Default: true. */
  readonly isChild?: boolean;
}

/** To be called before the informers start. */
export function connectWatches(
  informers: Informers,
  removedPods: Pick<RemovedPods, 'record'>,
  controller: Pick<Controller, 'enqueue'>,
): void {
  const caches = cachesOf(informers);
  const { claims } = caches;
  const tell = <T extends KubeObject>(
    informer: Informer<T>,
    ownersOf: (object: Stored<T>) => readonly ObjectKey[],
    urgencyOf: (change: Change<T>) => Priority | undefined = priorityOfChild,
    { isNews = () => true, isChild = true }: Telling<T> = {},
  ): void => {
    informer.onChange((change) => {
      // Nothing is reconciled before all first lists are there, and each fleet in them asks for itself.
      if (isChild && !informer.hasSynced) return;
      if (change.type === 'updated' && !isNews(change.previous, change.object)) return;
      const before = change.type === 'updated' ? ownersOf(change.previous) : [];
      const owners = new Map([...before, ...ownersOf(change.object)].map((owner) => [formatKey(owner), owner]));
      const priority = urgencyOf(change);
      const why = `${informer.name} ${change.type}`;
      // A child that appears has just been asked for.
      const isUnderWay = isChild && change.type !== 'added';
      const options = { busySettleMs: isChild ? BUSY_SETTLE_MS : 0, isUnderWay, ...(priority && { priority }) };
      for (const owner of owners.values()) {
        const settleMs = isChild ? settleMsOf(caches.deployments.get(owner)) : 0;
        controller.enqueue(owner, why, { ...options, settleMs });
      }
    });
  };
  const everybody = (): readonly ObjectKey[] => caches.deployments.list().map(keyOf);
  // Recorded before its NodeDeployment is asked for: that reconcile reads it, or forgets it.
  informers.pods.onChange((change) => removedPods.record(change));
  tell(informers.deployments, (deployment) => [keyOf(deployment)], priorityOfChange, { isChild: false });
  tell(informers.statefulSets, ownersOfLabelled);
  tell(informers.cronJobs, ownersOfLabelled);
  tell(informers.jobs, ownersOfLabelled);
  tell(informers.services, ownersOfLabelled);
  tell(informers.claims, ownersOfLabelled);
  tell(informers.revisions, ownersOfLabelled);
  tell(informers.budgets, ownersOfLabelled);
  tell(informers.pods, (pod) => ownersOfPod(pod, claims));
  tell(informers.attachments, (attachment) => ownersOfAttachment(attachment, claims));
  tell(informers.volumes, (volume) => ownersOfVolume(volume, claims));
  tell(informers.machines, (machine) => ownersOnMachine(machine, caches), priorityOfChild, { isNews: isMachineNews });
  tell(informers.drivers, everybody, () => undefined);
  for (const kind of OPTIONAL) {
    const { name } = informers[kind];
    informers[kind].onReadabilityChange((isReadable) => {
      const why = `${name} ${isReadable ? 'readable' : 'unreadable'}`;
      for (const owner of everybody()) controller.enqueue(owner, why);
    });
  }
}
