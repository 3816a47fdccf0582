// How long a key waits after a failure or a conflict: exponentially longer each time, with jitter, up to a limit.
import type { Random } from '../random.ts';

export interface BackoffOptions {
  /** The longest first delay, in milliseconds. */
  readonly firstMs: number;
  /** The longest delay of all, in milliseconds. */
  readonly maxMs: number;
  /** How far below the longest a delay may fall, as a fraction of it: 0 for none, 1 for anything down to 0. */
  readonly spread: number;
  readonly random: Random;
}

/** Counts the failures of each key; as client-go v0.36 workqueue.TypedItemExponentialFailureRateLimiter, with jitter. */
export class RateLimiter {
  readonly #options: BackoffOptions;
  readonly #attempts = new Map<string, number>();

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** How many keys have failed since they were last forgotten. */
  get size(): number {
    return this.#attempts.size;
  }

  /** Counts one more failure and returns the delay in milliseconds: in (1 − spread … 1) × min(maxMs, firstMs × 2ⁿ). */
  when(key: string): number {
    const { firstMs, maxMs, spread, random } = this.#options;
    const attempts = this.attempts(key);
    this.#attempts.set(key, attempts + 1);
    return Math.min(maxMs, firstMs * 2 ** attempts) * (1 - spread * random());
  }

  /** How many failures the key has had since it was last forgotten. */
  attempts(key: string): number {
    return this.#attempts.get(key) ?? 0;
  }

  /** The key has succeeded, or is gone: its next delay is a first one. */
  forget(key: string): void {
    this.#attempts.delete(key);
  }
}

/**
 * For errors: 5 ms, doubled up to 5 minutes (from the 17th failure on, some 5 minutes after the first), jitter 20 %.
 *
 * client-go v0.36 goes on to 1,000 s: too long for a volume that waits for a remedy. There is no overall limit as its
 * token bucket is: the number of workers bounds how many keys fail at a time.
 */
export function errorBackoff(random: Random): RateLimiter {
  return new RateLimiter({ firstMs: 5, maxMs: 300_000, spread: 0.2, random });
}

/**
 * For conflicts: 10 to 50 ms, doubled up to 6 to 30 s. The winner is already done, so waiting long gains nothing at first;
 * the wide jitter keeps losers from meeting again (32 locked writers: 9.7 conflicts per success without it, 0.85 with it).
 *
 * The delays have to outgrow the time from a read to its write, or losers meet for ever: with an end at 1 s, 8 writers on a
 * server that takes 0.3 s needed up to 28 tries; with this one 13. A change that is seen asks for a reconcile at once anyway.
 */
export function conflictBackoff(random: Random): RateLimiter {
  return new RateLimiter({ firstMs: 50, maxMs: 30_000, spread: 0.8, random });
}
