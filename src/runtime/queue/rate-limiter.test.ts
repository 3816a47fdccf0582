import { describe, expect, test } from 'vitest';

import { seededRandom } from '../random.ts';
import { conflictBackoff, errorBackoff, RateLimiter } from './rate-limiter.ts';

const longest = () => 0;
const shortest = () => 1 - Number.EPSILON;

function delays(limiter: RateLimiter, count: number): number[] {
  return Array.from({ length: count }, () => Math.round(limiter.when('a')));
}

describe('RateLimiter', () => {
  test('doubles the delay of a key with each failure, up to its limit', () => {
    const limiter = new RateLimiter({ firstMs: 10, maxMs: 60, spread: 0, random: longest });
    expect(delays(limiter, 5)).toEqual([10, 20, 40, 60, 60]);
    expect(limiter.attempts('a')).toBe(5);
  });

  test('keeps keys apart', () => {
    const limiter = new RateLimiter({ firstMs: 10, maxMs: 60, spread: 0, random: longest });
    delays(limiter, 3);
    expect([limiter.when('b'), limiter.attempts('b')]).toEqual([10, 1]);
  });

  test('begins anew with a key that was forgotten', () => {
    const limiter = new RateLimiter({ firstMs: 10, maxMs: 60, spread: 0, random: longest });
    delays(limiter, 3);
    limiter.forget('a');
    expect([limiter.attempts('a'), limiter.when('a')]).toEqual([0, 10]);
  });

  test('stays at its limit after any number of failures', () => {
    const limiter = new RateLimiter({ firstMs: 10, maxMs: 60, spread: 0, random: longest });
    expect(delays(limiter, 2_000).at(-1)).toBe(60);
  });

  test.for([
    ['errorBackoff, longest', errorBackoff(longest), [5, 10, 20, 40, 80], 300_000],
    ['errorBackoff, shortest', errorBackoff(shortest), [4, 8, 16, 32, 64], 240_000],
    ['conflictBackoff, longest', conflictBackoff(longest), [50, 100, 200, 400, 800], 30_000],
    ['conflictBackoff, shortest', conflictBackoff(shortest), [10, 20, 40, 80, 160], 6_000],
  ] as const)('%s: delays as documented', ([, limiter, first, last]) => {
    expect(delays(limiter, 5)).toEqual(first);
    expect(delays(limiter, 20).at(-1)).toBe(last);
  });

  test('reaches the longest error delay with the 17th failure, some five minutes after the first', () => {
    const all = delays(errorBackoff(longest), 17);
    expect(all.indexOf(300_000)).toBe(16);
    expect(all.slice(0, 16).reduce((sum, delay) => sum + delay, 0)).toBe(327_675);
  });

  test('keeps 32 keys that conflict at the same moment from meeting again', () => {
    const limiter = conflictBackoff(seededRandom(1));
    const meetings = new Set(Array.from({ length: 32 }, (_, i) => Math.floor(limiter.when(`key-${i}`))));
    expect(meetings.size).toBeGreaterThan(16);
  });
});
