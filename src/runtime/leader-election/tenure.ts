// How long this replica may think of itself as the leader, by its own clocks: what every write is asked against.
//
// Guarantees: the time runs from when the last renewal was SENT, while others count from when they SAW it. So on clocks
// that run equally fast the tenure ends before anyone else's begins, by leaseDuration − renewDeadline. It asks the
// clocks, not a timer: after a stall of the process (SIGSTOP, a long collection, a busy loop) the first question is
// answered right. The wall clock is asked too, as the monotonic one may stand still while a machine sleeps: set
// forward, it only closes the fence until the next renewal.
import type { Clock } from '../clock.ts';

/** Asked at the moment at which a write is sent. */
export interface WriteFence {
  /** Why nothing may be written now; undefined if it may. */
  refusal(): string | undefined;
}

/** One moment on both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export class Tenure implements WriteFence {
  readonly #clock: Clock;
  readonly #limitMs: number;
  /** When the last renewal was sent; undefined without a lease. */
  #renewedAt: Moment | undefined;

  /** @param limitMs the renew deadline */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  now(): Moment {
    return { monotonicMs: this.#clock.monotonic(), wallMs: this.#clock.now() };
  }

  /** The lease was stored as ours; that write was sent at `sentAt`. */
  renewed(sentAt: Moment): void {
    this.#renewedAt = sentAt;
  }

  /** From now on nothing is written: before a release is sent, not after. */
  end(): void {
    this.#renewedAt = undefined;
  }

  /** Milliseconds that are left of it by the monotonic clock; negative when it is over. */
  get leftMs(): number {
    if (this.#renewedAt === undefined) return -Infinity;
    return this.#renewedAt.monotonicMs + this.#limitMs - this.#clock.monotonic();
  }

  refusal(): string | undefined {
    if (this.#renewedAt === undefined) return 'this replica does not hold the lease';
    const elapsedMs = Math.max(this.#limitMs - this.leftMs, this.#clock.now() - this.#renewedAt.wallMs);
    if (elapsedMs < this.#limitMs) return undefined;
    return `this replica last renewed the lease ${(elapsedMs / 1000).toFixed(1)} s ago`;
  }
}
