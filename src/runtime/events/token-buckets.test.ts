import { expect, test } from 'vitest';

import { FakeClock } from '../testing/fake-clock.ts';
import { TokenBuckets } from './token-buckets.ts';

function setUp({ maxKeys = 10 } = {}) {
  const clock = new FakeClock();
  const buckets = new TokenBuckets({ burst: 3, refillMs: 1000, maxKeys, clock });
  const take = (key: string, times: number): boolean[] => Array.from({ length: times }, () => buckets.take(key));
  return { clock, buckets, take };
}

test('a key takes its burst at once, and nothing more', () => {
  const { take } = setUp();
  expect(take('a', 5)).toEqual([true, true, true, false, false]);
});

test('each key has a bucket of its own', () => {
  const { take } = setUp();
  take('a', 3);
  expect(take('b', 1)).toEqual([true]);
});

test('a token comes back in its time, and no bucket gets fuller than full', async () => {
  const { take, clock } = setUp();
  take('a', 3);
  await clock.advance(999);
  expect(take('a', 1)).toEqual([false]);
  await clock.advance(1);
  expect(take('a', 2)).toEqual([true, false]);
  await clock.advance(60_000);
  expect(take('a', 4)).toEqual([true, true, true, false]);
});

test('the key that was asked about longest ago is forgotten', () => {
  const { take } = setUp({ maxKeys: 1 });
  take('a', 3);
  take('b', 1);
  expect(take('a', 1)).toEqual([true]);
});

test('a sweep forgets the buckets that are full again, and no other', async () => {
  const { buckets, clock, take } = setUp();
  take('a', 1);
  take('b', 3);
  await clock.advance(1_000);
  buckets.sweep();
  expect(buckets.size).toBe(1);
  expect(take('b', 2)).toEqual([true, false]);
});
