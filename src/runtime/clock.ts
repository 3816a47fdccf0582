// Time, injected: tests and the simulation decide when it passes.

export interface Timer {
  /** Does nothing if the timer has fired or was cancelled. */
  cancel(): void;
}

export interface Clock {
  /** Wall-clock milliseconds since the epoch; may jump. For timestamps that people read. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. For durations and deadlines. */
  monotonic(): number;
  /** Calls back once, after at least `delayMs` milliseconds (24 days at most; negative: soon), never before it has returned. */
  after(delayMs: number, callback: () => void): Timer;
}

/** Resolves after `delayMs` milliseconds, or at once when the signal aborts. Never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = clock.after(delayMs, done);
    function done(): void {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Whether the promise resolves within `limitMs` milliseconds. Rejects if it rejects within them. */
export async function resolvesWithin(clock: Clock, limitMs: number, promise: Promise<unknown>): Promise<boolean> {
  const settled = new AbortController();
  try {
    return await Promise.race([promise.then(() => true), sleep(clock, limitMs, settled.signal).then(() => false)]);
  } finally {
    settled.abort();
  }
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, callback) => {
    // Node cuts fractions off and counts in whole milliseconds: alone, it fires up to 2 ms early by `monotonic`.
    const timer = setTimeout(callback, Math.ceil(Math.max(0, delayMs)) + 1);
    return { cancel: () => clearTimeout(timer) };
  },
};
