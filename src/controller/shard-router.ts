// Gives each NodeDeployment to the reconciler of its shard, which alone holds what may be written for it.
//
// Guarantees: nothing is reconciled whose shard this replica does not serve, or does not lead now. One that has moved
// to another operator's shard is forgotten like one that is gone. Between two shards of this replica it moves at once,
// and is in the hands of one of them at a time, as of any two reconciles of a key.
import { DEFAULT_SHARD, shardOf } from '../api/v1alpha1/shards.ts';
import type { ObjectKey } from '../kube/object.ts';
import type { Controller } from '../runtime/controller.ts';
import { DONE, type Reconciler } from '../runtime/reconciler.ts';
import type { Caches } from './caches.ts';

export interface ShardRoutes {
  readonly caches: Pick<Caches, 'deployments'>;
  /** By the names of the shards that this replica serves. */
  readonly reconcilers: ReadonlyMap<string, Reconciler>;
  leads(shard: string): boolean;
  /** The NodeDeployment is none of ours. */
  forget(request: ObjectKey): void;
}

/** Before step 1 of a reconcile. */
export function createShardRouter({ caches, reconcilers, leads, forget }: ShardRoutes): Reconciler {
  return {
    reconcile: async (request, context) => {
      const deployment = caches.deployments.get(request);
      // One that is gone is any reconciler's business.
      const shard = deployment === undefined ? firstOf(reconcilers) : shardOf(deployment);
      const reconciler = reconcilers.get(shard);
      if (reconciler === undefined) forget(request);
      // When the shard is led, all of it is asked for.
      const isOurs = deployment === undefined || leads(shard);
      if (reconciler === undefined || !isOurs) return DONE;
      try {
        return await reconciler.reconcile(request, context);
      } finally {
        // What it remembers of its last writes nobody would forget any more if it has gone, or moved, meanwhile.
        const now = caches.deployments.get(request);
        if (now === undefined || !reconcilers.has(shardOf(now))) forget(request);
      }
    },
  };
}

/**
 * Keeps out of the queue what is certainly not served here: the children of everybody's fleets are watched. And what is
 * not led yet: all of it is asked for when it is, and a standby would remember whatever has come and gone in its time.
 */
export function createShardGate(
  { caches, reconcilers, leads, forget }: ShardRoutes,
  controller: Pick<Controller, 'enqueue'>,
): Pick<Controller, 'enqueue'> {
  // Without the default shard the cache holds none but ours, and what it does not have is nobody's business here.
  const mayBeOurs = (): boolean => reconcilers.has(DEFAULT_SHARD) && [...reconcilers.keys()].some(leads);
  return {
    enqueue: (key, why, options) => {
      const deployment = caches.deployments.get(key);
      const shard = deployment && shardOf(deployment);
      if (shard === undefined ? !mayBeOurs() : !reconcilers.has(shard)) forget(key);
      else if (shard === undefined || leads(shard)) controller.enqueue(key, why, options);
    },
  };
}

function firstOf(reconcilers: ReadonlyMap<string, Reconciler>): string {
  const [name = DEFAULT_SHARD] = reconcilers.keys();
  return name;
}
