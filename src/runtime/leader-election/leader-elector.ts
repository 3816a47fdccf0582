// Leader election of replicas on a Lease: one works, the others stand by. client-go v0.36 leaderelection, on our terms.
//
// Guarantees: a replica counts as leader for the renew deadline (10 s) after it has sent its last renewal, by its own
// monotonic clock, and writes through `fence` only as long. Others take the lease a lease duration (15 s) after they saw
// it change last, by theirs. So two never lead at a time as long as no clock runs more than leaseDuration / renewDeadline
// (1.5) times as fast as another; how far the clocks are apart does not matter. Every write of the lease is conditional.
// When it is told to stop, it releases the lease, and a standby takes it at once.
//
// Not guaranteed: mutual exclusion. A write that was sent in time may be carried out late; a lease that a person edits or
// deletes, an etcd restored from a backup, and clocks that do worse than the above break it. Leader election saves work;
// that two leaders do no harm is what the conditions on every write are for.
import { formatKey, type ObjectKey } from '../../kube/object.ts';
import type { Transport } from '../client/transport.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Runnable } from '../manager.ts';
import type { Random } from '../random.ts';
import { whenAborted } from '../when-aborted.ts';
import { Candidate } from './candidate.ts';
import type { ElectionContext } from './election-context.ts';
import { Leader } from './leader.ts';
import { FairShare } from './fair-share.ts';
import { createLeaseStore, type LeaseStore } from './lease-store.ts';
import { Tenure, type WriteFence } from './tenure.ts';
import { mistakeIn, type LeaseTimings } from './timings.ts';

/** Hears whether this replica leads: the seam for `leader_election_master_status{name}`. Must not throw. */
export interface LeadershipObserver {
  /** Called first with false, when the election begins. `name` is the lease's. */
  onLeadership(report: { readonly name: string; readonly isLeader: boolean }): void;
}

export interface LeaderElectorOptions {
  /** What the lease is reached over; not the fenced one. */
  readonly transport: Transport;
  /** Where the lease is. */
  readonly key: ObjectKey;
  /** Names this replica, and no other one that ever was: a restarted process is another one. */
  readonly identity: string;
  readonly timings: LeaseTimings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly observer?: LeadershipObserver;
  /** What this replica holds of several leases; default: it competes for this one alone. */
  readonly share?: FairShare;
}

/** A part of the manager: ready once this replica leads. */
export class LeaderElector implements Runnable {
  readonly name = 'leader election';
  /** A standby may wait for ever. */
  readonly isPatient = true;
  readonly #context: ElectionContext;
  readonly #candidate: Candidate;
  readonly #observer: LeadershipObserver | undefined;
  readonly #elected = Promise.withResolvers<void>();

  /** @param store where the lease is; default: reached over the transport. @throws RangeError for timings that cannot work */
  constructor(options: LeaderElectorOptions, store: LeaseStore = createLeaseStore(options)) {
    const mistake = mistakeIn(options.timings);
    if (mistake !== undefined) throw new RangeError(`${this.name}: ${mistake}`);
    const { key, identity, clock, timings, observer, share = new FairShare(timings) } = options;
    const log = options.log.child({ lease: formatKey(key), identity });
    this.#context = { ...options, log, store, share, tenure: new Tenure(clock, timings.renewDeadlineMs) };
    this.#candidate = new Candidate(this.#context);
    this.#observer = observer;
  }

  /** For `createFencedTransport`: every write of this replica is to ask it. */
  get fence(): WriteFence {
    return this.#context.tenure;
  }

  lastError(): unknown {
    return this.#candidate.trouble;
  }

  /** Resolves once this replica leads, or the signal aborts. */
  async whenReady(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#elected.promise, whenAborted(signal)]);
  }

  /**
   * Waits for its turn and leads until the signal aborts; then releases the lease. To be called once, and to be told to
   * stop when no write is under way any more.
   *
   * @throws Error when the lease was lost: whatever this replica was doing, another one may be doing too.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { log } = this.#context;
    this.#tell(false);
    log.info({ step: 'elect' }, 'waiting for the lease');
    const lease = await this.#candidate.acquire(signal);
    if (lease === undefined) return;
    log.info({ step: 'elect', transitions: lease.spec?.leaseTransitions }, 'this replica leads');
    const leader = new Leader(this.#context, lease);
    try {
      this.#tell(true);
      this.#elected.resolve();
      await leader.renewUntil(signal);
      await leader.release();
    } catch (cause) {
      this.#context.tenure.end();
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`lost the lease ${formatKey(this.#context.key)}: ${text}`, { cause });
    } finally {
      this.#context.share.giveBack();
      this.#tell(false);
    }
  }

  #tell(isLeader: boolean): void {
    this.#observer?.onLeadership({ name: this.#context.key.name, isLeader });
  }
}
