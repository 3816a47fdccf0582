// A replica that holds the lease, and keeps it.
//
// Guarantees: it renews every retry period, each time on the version that it wrote last. Whatever has happened meanwhile,
// a stall of the process included: a renewal that is stored proves that nobody else has held the lease since. One that
// fails is repeated until the renew deadline; then, or as soon as another holder is seen, leading is over.
import type { StoredLease } from '../../kube/kinds.ts';
import { describeCause, isAlreadyExists, isConflict, isNotFound } from '../client/api-error.ts';
import { sleep } from '../clock.ts';
import { type ElectionContext, requestTimeoutOf, writerOf } from './election-context.ts';
import { holderOf, type LeaseSpec, releaseOf, renewalOf, type Writer } from './lease-record.ts';

export class Leader {
  readonly #context: ElectionContext;
  /** As it was last stored by us, or read. */
  #lease: StoredLease | undefined;

  constructor(context: ElectionContext, lease: StoredLease) {
    this.#context = context;
    this.#lease = lease;
  }

  /** Renews until the signal aborts. @throws Error once the lease is lost. */
  async renewUntil(signal: AbortSignal): Promise<void> {
    const { clock, timings } = this.#context;
    while (!signal.aborted) {
      await sleep(clock, timings.retryPeriodMs, signal);
      if (!signal.aborted) await this.#renew(signal);
    }
  }

  /** Gives the lease up, for a standby to take at once. Never rejects: what is not released runs out. */
  async release(): Promise<void> {
    const { tenure, log } = this.#context;
    const startedAt = tenure.now();
    tenure.end();
    try {
      await this.#write(releaseOf, requestTimeoutOf(this.#context));
      log.info({ step: 'elect' }, 'the lease is released');
    } catch (error) {
      const waitedMs = Math.round(tenure.now().monotonicMs - startedAt.monotonicMs);
      log.warn({ step: 'elect', err: error, waitedMs }, 'the lease is not released: it has to run out');
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { clock, timings, tenure, log } = this.#context;
    while (!signal.aborted) {
      const sentAt = tenure.now();
      // After a stall nothing is left; what is still ours is ours.
      const timeoutMs = Math.min(requestTimeoutOf(this.#context), Math.max(tenure.leftMs, timings.retryPeriodMs));
      try {
        await this.#write(renewalOf, timeoutMs);
        return tenure.renewed(sentAt);
      } catch (error) {
        if (error instanceof Deposed) throw error;
        if (tenure.leftMs <= 0) throw this.#tooLate(error);
        log.warn({ step: 'elect', err: error, leftMs: Math.round(tenure.leftMs) }, 'the lease was not renewed');
      }
      await sleep(clock, Math.min(timings.retryPeriodMs, Math.max(0, tenure.leftMs)), signal);
    }
  }

  /** Writes on the version that is known; where somebody has touched the lease, once more on what is there, if it is ours. */
  async #write(
    specOf: (lease: StoredLease | undefined, writer: Writer) => LeaseSpec,
    timeoutMs: number,
  ): Promise<void> {
    const { store, tenure } = this.#context;
    const write = async (): Promise<void> => {
      const spec = specOf(this.#lease, writerOf(this.#context, tenure.now()));
      this.#lease = await store.write(this.#lease, spec, timeoutMs);
    };
    try {
      await write();
    } catch (error) {
      if (!isConflict(error) && !isAlreadyExists(error) && !isNotFound(error)) throw error;
      this.#lease = await this.#reread(timeoutMs);
      await write();
    }
  }

  /** @throws Deposed if somebody else is in it. A lease that was deleted is nobody's. */
  async #reread(timeoutMs: number): Promise<StoredLease | undefined> {
    const lease = await this.#context.store.read(timeoutMs);
    if (lease === undefined || holderOf(lease) === this.#context.identity) return lease;
    const holder = holderOf(lease);
    throw new Deposed(holder === '' ? 'somebody has released it' : `${holder} has taken it`);
  }

  #tooLate(error: unknown): Error {
    const seconds = this.#context.timings.renewDeadlineMs / 1000;
    return new Error(`it was not renewed for ${seconds} s: ${describeCause(error)}`, { cause: error });
  }
}

/** Another holder was seen. */
class Deposed extends Error {
  override readonly name = 'Deposed';
}
