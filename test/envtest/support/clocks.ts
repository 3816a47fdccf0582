// A clock that a test puts forward, where a minute is too long to be waited for.
import { systemClock, type Clock } from '../../../src/runtime/clock.ts';

export interface MovableClock extends Clock {
  /** Timers that run already are not moved: something has to happen for the new time to be noticed. */
  putForward(seconds: number): void;
}

/** The machine's own clock until it is put forward. */
export function movableClock(): MovableClock {
  let aheadMs = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + aheadMs,
    putForward: (seconds) => void (aheadMs += seconds * 1_000),
  };
}
