// Tells of fleets whose label names a shard that nobody serves: they would stay as they are, and nobody would know why.
//
// The leader of the default shard tells, as it sees all fleets. A shard is served while somebody holds its Lease: one
// that is missing, released, or has not changed for its own duration since it was seen first is held by nobody.
// Guarantees: nothing is asked while every label names a shard of this replica's; nothing of such a fleet is written
// but an Event, once for each time that its shard is found without a holder. Not guaranteed: that it is told sooner
// than after two looks.
import { leaseNameOf, SHARD_NAME, shardOf } from '../api/v1alpha1/shards.ts';
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { fleetEvent } from '../domain/events/catalogue.ts';
import { LEASE } from '../kube/kinds.ts';
import type { ObjectReader } from '../runtime/client/interfaces.ts';
import { describeCause } from '../runtime/client/api-error.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import { isFree, observe, type Observation } from '../runtime/leader-election/lease-record.ts';
import type { Logger } from '../runtime/log.ts';
import type { Runnable } from '../runtime/manager.ts';
import { jitter, type Random } from '../runtime/random.ts';
import type { Announce } from './announce.ts';
import type { Caches } from './caches.ts';

/** Longer than the duration of most leases: a holder that lives has been seen to renew by then. */
const LOOK_MS = 30_000;
/** For leases that name no duration. */
const FALLBACK_MS = 15_000;

export interface UnservedShardsOptions {
  readonly caches: Pick<Caches, 'deployments'>;
  /** Whether this replica is a candidate for the shard. */
  isOurs(shard: string): boolean;
  /** Whether it is this replica that tells. */
  isTelling(): boolean;
  readonly reader: ObjectReader;
  /** Where the leases are. */
  readonly leaseNamespace: string;
  readonly announce: Announce;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export class UnservedShards implements Runnable {
  readonly name = 'unserved shards';
  readonly #options: UnservedShardsOptions;
  /** What was seen of the Lease of each shard that somebody else is to serve. */
  readonly #seen = new Map<string, Observation>();
  /** The fleets that were told of, by shard: their uids. */
  readonly #told = new Map<string, ReadonlySet<string>>();

  constructor(options: UnservedShardsOptions) {
    this.#options = options;
  }

  /** NodeDeployments that nobody serves, as of the last look. */
  get count(): number {
    return [...this.#told.values()].reduce((sum, { size }) => sum + size, 0);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    while (!signal.aborted) {
      await sleep(clock, jitter(random, LOOK_MS, 0.1), signal);
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { caches, isOurs, isTelling } = this.#options;
    const others = caches.deployments.list().filter((deployment) => !isOurs(shardOf(deployment)));
    const fleets = Map.groupBy(isTelling() ? others : [], shardOf);
    for (const shard of [...this.#seen.keys(), ...this.#told.keys()]) if (!fleets.has(shard)) this.#forget(shard);
    for (const [shard, deployments] of fleets) {
      try {
        if (await this.#isServed(shard)) this.#told.delete(shard);
        else this.#tell(shard, deployments);
      } catch (error) {
        const fields = { step: 'shards', shard, err: error };
        this.#options.log.warn(fields, `whether anybody serves the shard is not known: ${describeCause(error)}`);
      }
    }
  }

  async #isServed(shard: string): Promise<boolean> {
    if (!SHARD_NAME.test(shard)) return false;
    const { reader, leaseNamespace: namespace, clock } = this.#options;
    const lease = await reader.get(LEASE, { namespace, name: leaseNameOf(shard) });
    if (lease === undefined) return false;
    const seen = observe(this.#seen.get(shard), lease, clock.monotonic(), FALLBACK_MS);
    this.#seen.set(shard, seen);
    return !isFree(seen, '', clock.monotonic());
  }

  #tell(shard: string, deployments: readonly StoredNodeDeployment[]): void {
    const { announce, log } = this.#options;
    const before = this.#told.get(shard);
    const name = JSON.stringify(shard);
    if (before === undefined)
      log.warn({ step: 'shards', shard, fleets: deployments.length }, 'nobody serves the shard');
    const remedy = SHARD_NAME.test(shard)
      ? `start an operator with --shards=${shard}, or correct the label nodefleet.dev/shard`
      : 'no operator can have a shard of that name: correct the label nodefleet.dev/shard';
    const event = fleetEvent('ShardNotServed', `no operator serves the shard ${name}, nothing is done; ${remedy}`);
    for (const deployment of deployments) if (!before?.has(deployment.metadata.uid)) announce(deployment, [event], log);
    this.#told.set(shard, new Set(deployments.map(({ metadata }) => metadata.uid)));
  }

  #forget(shard: string): void {
    this.#seen.delete(shard);
    this.#told.delete(shard);
  }
}
