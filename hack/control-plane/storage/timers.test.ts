import { expect, test } from 'vitest';

import { FakeClock } from '../../../src/runtime/testing/fake-clock.ts';
import { Timers } from './timers.ts';

function start(): { readonly clock: FakeClock; readonly timers: Timers; readonly wakes: number[] } {
  const clock = new FakeClock();
  const wakes: number[] = [];
  return { clock, wakes, timers: new Timers(clock, (delayMs) => wakes.push(delayMs)) };
}

test('a timer is due when its delay has passed since it was first asked for', async () => {
  const { clock, timers, wakes } = start();
  expect(timers.isDue('a', 100)).toBe(false);
  timers.nextRound();
  await clock.advance(99);
  expect(timers.isDue('a', 100)).toBe(false);
  timers.nextRound();
  await clock.advance(1);
  expect(timers.isDue('a', 100)).toBe(true);
  expect(wakes).toEqual([100]);
});

test('no delay is due at once', () => {
  expect(start().timers.isDue('a', 0)).toBe(true);
});

test('a delay that changes wakes again, and counts from the first question', async () => {
  const { clock, timers, wakes } = start();
  timers.isDue('a', 100);
  timers.nextRound();
  await clock.advance(10);
  expect(timers.isDue('a', 50)).toBe(false);
  expect(wakes).toEqual([100, 40]);
});

test('a round that does not ask for a timer ends it', async () => {
  const { clock, timers } = start();
  timers.isDue('a', 100);
  timers.nextRound();
  timers.nextRound();
  await clock.advance(100);
  expect(timers.isDue('a', 100)).toBe(false);
});

test('an infinite delay wakes nobody, and counts from the first question once it is replaced', async () => {
  const { clock, timers, wakes } = start();
  expect(timers.isDue('a', Infinity)).toBe(false);
  timers.nextRound();
  await clock.advance(100);
  expect(timers.isDue('a', 100)).toBe(true);
  expect(wakes).toEqual([]);
});
