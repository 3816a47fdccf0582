import { describe, expect, test } from 'vitest';

import { FakeClock } from '../testing/fake-clock.ts';
import { cacheCheck, ping, workersCheck, type WatchedCache } from './checks.ts';

const healthy: WatchedCache = {
  name: 'cache pods',
  hasSynced: true,
  isReadable: true,
  lastActivityAt: 0,
  failingForMs: 0,
  lastError: () => undefined,
};

async function problemOf(cache: Partial<WatchedCache>, nowMs = 0): Promise<string | undefined> {
  const clock = new FakeClock();
  await clock.advance(nowMs);
  return cacheCheck({ ...healthy, ...cache }, clock).problem();
}

const refusal = (): Error => new Error('GET /api/v1/pods:\n403 Forbidden');

describe('the check of a cache', () => {
  test('is named as it, in a form for URLs', () => {
    expect(cacheCheck(healthy, new FakeClock()).name).toBe('cache-pods');
  });

  test.for<[name: string, cache: Partial<WatchedCache>, nowMs: number, problem: string | undefined]>([
    ['passes for one that is read and followed', {}, 0, undefined],
    ['fails before the first list', { hasSynced: false }, 0, 'not read yet'],
    [
      'tells why there is no first list',
      { hasSynced: false, lastError: refusal },
      0,
      'not read yet: GET /api/v1/pods: 403 Forbidden',
    ],
    ['passes for one that may do without its kind', { isReadable: false, lastError: refusal }, 600_000, undefined],
    ['bears a watch that fails for a minute', { failingForMs: 60_000, lastError: refusal }, 0, undefined],
    [
      'fails for one that fails longer',
      { failingForMs: 61_000, lastError: refusal },
      0,
      'the watch has failed for 61 s: GET /api/v1/pods: 403 Forbidden',
    ],
    ['bears a silence of five minutes', {}, 300_000, undefined],
    ['fails for a longer one', {}, 301_000, 'the server was not heard of for 301 s'],
    ['counts the silence from the last word', { lastActivityAt: 200_000 }, 301_000, undefined],
  ])('%s', async ([, cache, nowMs, problem]) => {
    expect(await problemOf(cache, nowMs)).toBe(problem);
  });
});

test('the check of the workers bears ten minutes without a move', () => {
  const check = (stuckForMs: number) => workersCheck({ name: 'fleet', stuckForMs });
  expect(check(0).name).toBe('workers-fleet');
  expect(check(600_000).problem()).toBeUndefined();
  expect(check(601_000).problem()).toBe('no reconcile has started or ended for 601 s, and keys wait');
});

test('ping always passes', () => {
  expect(ping.problem()).toBeUndefined();
});
