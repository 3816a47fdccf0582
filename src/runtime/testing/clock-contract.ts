// What every Clock promises, as one suite for all of them.
import { describe, expect, test } from 'vitest';

import { resolvesWithin, sleep, type Clock } from '../clock.ts';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Lets at least `ms` milliseconds pass on the clock. */
  elapse(ms: number): Promise<void>;
}

export function describeClock(name: string, make: () => ClockUnderTest): void {
  describe(`${name} keeps the clock's contract`, () => {
    test('moves now() and monotonic() forward together', async () => {
      const { clock, elapse } = make();
      const before = { now: clock.now(), monotonic: clock.monotonic() };
      await elapse(10);
      expect(clock.monotonic() - before.monotonic).toBeGreaterThanOrEqual(10);
      expect(clock.now() - before.now).toBeGreaterThanOrEqual(9); // whole milliseconds
    });

    test.for([0, 1, 1.9, 5])('calls back no earlier than after %d ms', async (delayMs) => {
      const { clock, elapse } = make();
      const setAt = clock.monotonic();
      const fired = Promise.withResolvers<number>();
      clock.after(delayMs, () => fired.resolve(clock.monotonic()));
      await elapse(delayMs);
      expect((await fired.promise) - setAt).toBeGreaterThanOrEqual(delayMs);
    });

    test('never calls back before after() has returned', () => {
      const { clock } = make();
      let calls = 0;
      const timer = clock.after(0, () => (calls += 1));
      expect(calls).toBe(0);
      timer.cancel();
    });

    test('calls back once', async () => {
      const { clock, elapse } = make();
      let calls = 0;
      clock.after(1, () => (calls += 1));
      await elapse(10);
      expect(calls).toBe(1);
    });

    test('calls back in order of due time', async () => {
      const { clock, elapse } = make();
      const calls: string[] = [];
      clock.after(20, () => calls.push('late'));
      clock.after(1, () => calls.push('early'));
      await elapse(40);
      expect(calls).toEqual(['early', 'late']);
    });

    test('forgets a cancelled timer', async () => {
      const { clock, elapse } = make();
      let calls = 0;
      clock.after(1, () => (calls += 1)).cancel();
      await elapse(10);
      expect(calls).toBe(0);
    });

    test('takes the cancellation of a timer that has fired', async () => {
      const { clock, elapse } = make();
      const timer = clock.after(1, () => {});
      await elapse(10);
      expect(() => timer.cancel()).not.toThrow();
    });

    test('ends a sleep after its delay, or at once when its signal aborts', async () => {
      const { clock, elapse } = make();
      const slept = sleep(clock, 5);
      await elapse(5);
      await slept;
      const stop = new AbortController();
      const cut = sleep(clock, 3_600_000, stop.signal);
      stop.abort();
      await cut;
      await sleep(clock, 3_600_000, stop.signal);
    });

    test('tells whether a promise resolves in time', async () => {
      const { clock, elapse } = make();
      const never = resolvesWithin(clock, 5, new Promise(() => {}));
      await elapse(5);
      expect(await never).toBe(false);
      expect(await resolvesWithin(clock, 3_600_000, Promise.resolve())).toBe(true);
      const failed = new Error('failed');
      await expect(resolvesWithin(clock, 3_600_000, Promise.reject(failed))).rejects.toBe(failed);
    });
  });
}
