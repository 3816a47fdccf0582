// Shards: the label on a NodeDeployment that says which replica serves it, and the Lease which that replica holds.
import type { KubeObject } from '../../kube/object.ts';
import { LABEL, LEASE_NAME } from './names.ts';

/** The shard of a NodeDeployment without the label. Its Lease has no suffix. */
export const DEFAULT_SHARD = 'default';

/** What may follow `nodefleet-operator-`: 40 lower-case letters, digits and `-`. A label may hold more; nobody serves that. */
export const SHARD_NAME = /^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/;

/** The shard that serves the NodeDeployment; not always one that there is. */
export function shardOf({ metadata }: KubeObject): string {
  return metadata?.labels?.[LABEL.shard] || DEFAULT_SHARD;
}

/** The Lease of the shard, in the operator's own namespace. */
export function leaseNameOf(shard: string): string {
  return shard === DEFAULT_SHARD ? LEASE_NAME : `${LEASE_NAME}-${shard}`;
}

/**
 * A selector of the NodeDeployments of those shards, as `kubectl -l`; undefined with the default one, which no selector
 * describes: a label is of one of some values or absent, but not either. That one also tells whom nobody serves.
 */
export function shardSelector(shards: readonly string[]): string | undefined {
  return shards.includes(DEFAULT_SHARD) ? undefined : `${LABEL.shard} in (${shards.join(',')})`;
}
