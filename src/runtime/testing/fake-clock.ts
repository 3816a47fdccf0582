// A clock that stands still until a test moves it. Keeps the contract of `Clock` (clock-contract.ts).
import type { Clock, Timer } from '../clock.ts';

interface Pending {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** Resolves when every promise that could settle by itself has done so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class FakeClock implements Clock {
  #monotonic = 0;
  #wall: number;
  /** In order of creation. */
  readonly #pending = new Set<Pending>();

  /** `startAt` is what `now()` begins with: milliseconds since the epoch. */
  constructor(startAt: number = Date.UTC(2026, 0, 1)) {
    this.#wall = startAt;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer = { dueAt: this.#monotonic + Math.max(0, delayMs), callback };
    this.#pending.add(timer);
    return { cancel: () => this.#pending.delete(timer) };
  }

  /** How many timers wait. */
  get timers(): number {
    return this.#pending.size;
  }

  /**
   * Lets `ms` milliseconds pass. Timers fire in order of due time, equal ones in order of creation, each at its own
   * time, and promises settle before and after each, so that a timer set by what another has woken fires in its turn.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await settle();
    for (let next = this.#nextUntil(end); next !== undefined; next = this.#nextUntil(end)) {
      this.#moveTo(next.dueAt);
      this.#pending.delete(next);
      next.callback();
      await settle();
    }
    this.#moveTo(end);
  }

  /** Sets the wall clock `ms` ahead, or back, as an administrator or NTP would: no timer notices. */
  jumpWallClock(ms: number): void {
    this.#wall += ms;
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }

  #nextUntil(end: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#pending) {
      if (timer.dueAt <= end && (first === undefined || timer.dueAt < first.dueAt)) first = timer;
    }
    return first;
  }
}
