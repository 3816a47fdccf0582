import { expect, test } from 'vitest';

import { systemClock } from './clock.ts';
import { describeClock } from './testing/clock-contract.ts';

describeClock('systemClock', () => ({
  clock: systemClock,
  // Real milliseconds, a few: this suite is about the machine's own clock.
  elapse: async (ms) => {
    const end = systemClock.monotonic() + ms;
    while (systemClock.monotonic() < end) await new Promise((resolve) => setTimeout(resolve, 1));
    // On a busy machine the time may be over before any timer had its turn: let all that are due have it.
    await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setImmediate(resolve));
  },
}));

test('a time that is over already is waited for without a warning of Node', async () => {
  const warnings: string[] = [];
  const listen = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', listen);
  await new Promise<void>((resolve) => systemClock.after(-5, resolve));
  process.off('warning', listen);
  expect(warnings).toEqual([]);
});
