// How long something has been waited for: the rules are pure, and this is the time that they see.
import type { Clock } from '../../../src/runtime/clock.ts';

interface Running {
  readonly startedAt: number;
  /** When it wakes the actor. */
  readonly wakesAt: number;
}

/**
 * A timer runs as long as every round asks for it, and is forgotten by the first that does not. The delay may change
 * between rounds; `Infinity` never ends, and does not wake anyone.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #wakeAfter: (delayMs: number) => void;
  #before = new Map<string, Running>();
  #asked = new Map<string, Running>();

  constructor(clock: Clock, wakeAfter: (delayMs: number) => void) {
    this.#clock = clock;
    this.#wakeAfter = wakeAfter;
  }

  /** Ends a round. */
  nextRound(): void {
    this.#before = this.#asked;
    this.#asked = new Map();
  }

  /** Whether `delayMs` have passed since the timer began. Wakes the actor, once, when they have. */
  isDue(key: string, delayMs: number): boolean {
    const now = this.#clock.monotonic();
    const { startedAt, wakesAt } = this.#asked.get(key) ??
      this.#before.get(key) ?? { startedAt: now, wakesAt: Infinity };
    const dueAt = startedAt + delayMs;
    this.#asked.set(key, { startedAt, wakesAt: dueAt });
    if (dueAt <= now) return true;
    if (dueAt !== wakesAt) this.#wakeAfter(dueAt - now);
    return false;
  }
}
