// Waiting on a real server: look again and again, up to a deadline, and say in the end what was still missing.
import { sleep, systemClock } from '../../../src/runtime/clock.ts';

export interface EventuallyOptions {
  /** Default 30,000. It only ends a hang; nothing is measured. */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks; default 50. */
  readonly intervalMs?: number;
}

/** Resolves to what `assertion` returns, once it does not throw. @throws Error with its last failure at the deadline */
export async function eventually<R>(assertion: () => R | Promise<R>, options: EventuallyOptions = {}): Promise<R> {
  const { timeoutMs = 30_000, intervalMs = 50 } = options;
  const deadline = systemClock.monotonic() + timeoutMs;
  for (;;) {
    try {
      return await assertion();
    } catch (failure) {
      if (systemClock.monotonic() > deadline) {
        const last = failure instanceof Error ? failure.message : String(failure);
        throw new Error(`not within ${timeoutMs / 1000} s; at last: ${last}`, { cause: failure });
      }
    }
    await sleep(systemClock, intervalMs);
  }
}
