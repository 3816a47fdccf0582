// A replica that waits for its turn, and takes it.
//
// Guarantees: a lease that somebody else holds is claimed only when it has been released, or has not changed for its
// own duration since we first saw it so; that is read once more before. The claim is conditional on the version that
// this was concluded from: of several candidates one wins. A watch tells of a release at once; while there is none, the
// lease is read every 1 to 2.2 retry periods. A lease that may not be had at all ends the first try with an error. Who
// holds another lease leaves a free one to others for a while (fair-share.ts), and looks every retry period whether it
// is still free.
import type { StoredLease } from '../../kube/kinds.ts';
import { formatKey } from '../../kube/object.ts';
import { describeCause, isAlreadyExists, isConflict, isForbidden, isNotFound } from '../client/api-error.ts';
import { resolvesWithin, sleep } from '../clock.ts';
import { jitter } from '../random.ts';
import { type ElectionContext, requestTimeoutOf, writerOf } from './election-context.ts';
import { claimOf, holderOf, isFree, observe, type Observation } from './lease-record.ts';
import type { Following } from './lease-store.ts';
import { JITTER_FACTOR } from './timings.ts';

export class Candidate {
  readonly #context: ElectionContext;
  #observation: Observation | undefined;
  /** Resolves when the watch has told something, or all is over. */
  #woken = Promise.withResolvers<void>();
  /** Whether a lease has been there to wait for: what is refused now was allowed, and may be again. */
  #hasWaited = false;
  #trouble: string | undefined;
  /** Since when, on the monotonic clock, the lease has been free and was left to others; undefined: it was not. */
  #leftSinceMs: number | undefined;
  /** The last other leader that was told of. */
  #leader: string | undefined;

  constructor(context: ElectionContext) {
    this.#context = context;
  }

  /** What keeps it from having its turn; undefined when nothing but another leader does. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Resolves to the lease once it is ours, or to nothing when the signal aborts before that. To be called once.
   *
   * @throws Error if the API server refuses the lease at the first try, or has no such namespace.
   */
  async acquire(signal: AbortSignal): Promise<StoredLease | undefined> {
    const ended = new AbortController();
    const end = (): void => {
      ended.abort();
      this.#woken.resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    const following = this.#context.store.follow((lease) => {
      this.#see(lease);
      this.#woken.resolve();
    }, ended.signal);
    try {
      return await this.#tryUntil(signal, following);
    } finally {
      signal.removeEventListener('abort', end);
      ended.abort();
    }
  }

  async #tryUntil(signal: AbortSignal, following: Following): Promise<StoredLease | undefined> {
    const { clock, random, timings, identity } = this.#context;
    let seen: Observation | undefined;
    while (!signal.aborted) {
      try {
        seen ??= await this.#read();
        const isClaimable = isFree(seen, identity, clock.monotonic());
        const leaveMs = this.#leaveToOthers(isClaimable);
        if (isClaimable && leaveMs <= 0) return await this.#claim(seen);
        if (isClaimable) {
          await sleep(clock, Math.min(leaveMs, timings.retryPeriodMs), signal);
          seen = undefined;
        } else seen = await this.#wait(seen, following);
      } catch (error) {
        const isLostRace = isBeaten(error, seen);
        seen = undefined;
        if (isLostRace) continue;
        this.#report(error);
        await sleep(clock, jitter(random, timings.retryPeriodMs, JITTER_FACTOR), signal);
      }
    }
    return undefined;
  }

  async #read(): Promise<Observation> {
    const lease = await this.#context.store.read(requestTimeoutOf(this.#context));
    this.#recover();
    return this.#see(lease);
  }

  #see(lease: StoredLease | undefined): Observation {
    const { clock, timings, identity, log } = this.#context;
    this.#observation = observe(this.#observation, lease, clock.monotonic(), timings.leaseDurationMs);
    const leader = holderOf(lease);
    if (leader !== '' && leader !== identity && leader !== this.#leader) {
      this.#leader = leader;
      log.info({ step: 'elect', leader }, 'standing by: another replica leads');
    }
    return this.#observation;
  }

  /** Milliseconds for which a lease that is free is left to others from now on; 0 or less: it is to be claimed. */
  #leaveToOthers(isClaimable: boolean): number {
    const { clock, share, log } = this.#context;
    if (!isClaimable || share.courtesyMs === 0) this.#leftSinceMs = undefined;
    if (!isClaimable || share.courtesyMs === 0) return 0;
    if (this.#leftSinceMs === undefined)
      log.info({ step: 'elect' }, 'the lease is free: leaving it to others at first');
    this.#leftSinceMs ??= clock.monotonic();
    return this.#leftSinceMs + share.courtesyMs - clock.monotonic();
  }

  async #claim(seen: Observation): Promise<StoredLease> {
    const { share } = this.#context;
    share.take();
    try {
      return await this.#write(seen);
    } catch (error) {
      share.giveBack();
      throw error;
    }
  }

  async #write({ lease }: Observation): Promise<StoredLease> {
    const { store, tenure, identity } = this.#context;
    const sentAt = tenure.now();
    const spec = claimOf(lease, writerOf(this.#context, sentAt));
    const stored = await store.write(lease, spec, requestTimeoutOf(this.#context));
    if (holderOf(stored) !== identity) throw new Error(`the API server stored another holder: ${holderOf(stored)}`);
    tenure.renewed(sentAt);
    this.#recover();
    return stored;
  }

  /** Resolves to what is known after a while; to nothing when it is time to read. */
  async #wait({ freeAtMs }: Observation, following: Following): Promise<Observation | undefined> {
    const { clock, random, timings } = this.#context;
    this.#hasWaited = true;
    const pollMs = jitter(random, timings.retryPeriodMs, JITTER_FACTOR);
    const isWoken = await resolvesWithin(clock, Math.min(freeAtMs - clock.monotonic(), pollMs), this.#woken.promise);
    this.#woken = Promise.withResolvers();
    const isTold = isWoken || (following.isLive && clock.monotonic() < freeAtMs);
    return isTold ? this.#observation : undefined;
  }

  #report(error: unknown): void {
    const text = describeCause(error);
    if (!this.#hasWaited && (isForbidden(error) || isNotFound(error))) throw new Error(this.#remedyFor(error, text));
    if (text !== this.#trouble) this.#context.log.warn({ step: 'elect', err: error }, 'no lease; trying again');
    this.#trouble = text;
  }

  #recover(): void {
    if (this.#trouble !== undefined) this.#context.log.info({ step: 'elect' }, 'the lease can be read again');
    this.#trouble = undefined;
  }

  #remedyFor(error: unknown, text: string): string {
    const { key } = this.#context;
    const remedy = isForbidden(error)
      ? `grant get, watch, create and patch of leases in namespace ${key.namespace}`
      : `create namespace ${key.namespace}, or name another one with --leader-election-namespace`;
    return `no lease ${formatKey(key)}: ${text}; ${remedy} (or, for a single replica, --leader-elect=false)`;
  }
}

/** Somebody was faster; what that one has written is to be read. */
function isBeaten(error: unknown, seen: Observation | undefined): boolean {
  return isConflict(error) || isAlreadyExists(error) || (seen?.lease !== undefined && isNotFound(error));
}
