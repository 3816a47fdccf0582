// Several leases that the same replicas compete for, one for each part of the work: whoever has one already leaves a free
// one to others for a while.
//
// Guarantees: of replicas that start within a lease duration of each other each gets its part, and one that is started
// again within a lease duration of its crash gets its own back. A part is left to others for a lease duration, not for
// ever: one replica alone ends up with all of them. Not guaranteed: that they stay even. Nobody gives up what it has.
import type { LeaseTimings } from './timings.ts';

/** Shared by the electors of one replica. */
export class FairShare {
  readonly #timings: LeaseTimings;
  /** Leases that this replica holds or is about to claim. */
  #taken = 0;

  constructor(timings: LeaseTimings) {
    this.#timings = timings;
  }

  /** Milliseconds for which a lease that is free is left to others: longest by whoever has most. 0 for the first one. */
  get courtesyMs(): number {
    const { leaseDurationMs, retryPeriodMs } = this.#timings;
    return this.#taken === 0 ? 0 : leaseDurationMs + (this.#taken - 1) * retryPeriodMs;
  }

  /** Before a lease is claimed: the others of this replica are to know of it while that is under way. */
  take(): void {
    this.#taken += 1;
  }

  /** The claim failed, or the lease is no longer held. */
  giveBack(): void {
    this.#taken -= 1;
  }
}
