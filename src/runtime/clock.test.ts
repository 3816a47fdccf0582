import { systemClock } from './clock.ts';
import { describeClock } from './testing/clock-contract.ts';

describeClock('systemClock', () => ({
  clock: systemClock,
  // Real milliseconds, a few: this suite is about the machine's own clock.
  elapse: async (ms) => {
    const end = systemClock.monotonic() + ms;
    while (systemClock.monotonic() < end) await new Promise((resolve) => setTimeout(resolve, 1));
  },
}));
