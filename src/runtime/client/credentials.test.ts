import { describe, expect, test } from 'vitest';

import { FakeClock } from '../testing/fake-clock.ts';
import { keepCredentials } from './credentials.ts';

function setUp() {
  const clock = new FakeClock();
  const reads: boolean[] = [];
  const read = async (trustCaches: boolean) => `Bearer ${reads.push(trustCaches)}`;
  return { clock, reads, authorization: keepCredentials(read, clock) };
}

describe('keepCredentials', () => {
  test('reads once for the requests of 30 seconds', async () => {
    const { clock, authorization } = setUp();
    expect(await Promise.all([authorization(), authorization()])).toEqual(['Bearer 1', 'Bearer 1']);
    await clock.advance(30_000);
    expect(await authorization()).toBe('Bearer 1');
    await clock.advance(1);
    expect(await authorization()).toBe('Bearer 2');
  });

  test('reads again at once what the server has refused, trusting no cache below', async () => {
    const { reads, authorization } = setUp();
    await authorization();
    expect(await authorization('Bearer 1')).toBe('Bearer 2');
    expect(await authorization()).toBe('Bearer 2');
    expect(reads).toEqual([true, false]);
  });

  test('reads once for many requests that are refused together, or late', async () => {
    const { reads, authorization } = setUp();
    await authorization();
    expect(await Promise.all([authorization('Bearer 1'), authorization('Bearer 1')])).toEqual(['Bearer 2', 'Bearer 2']);
    expect(await authorization('Bearer 1')).toBe('Bearer 2');
    expect(reads).toHaveLength(2);
  });

  test('passes a failed read on and tries anew with the next request', async () => {
    let reads = 0;
    const authorization = keepCredentials(async () => {
      if ((reads += 1) === 1) throw new Error('the plugin failed');
      return 'Bearer t';
    }, new FakeClock());
    await expect(authorization()).rejects.toThrow('the plugin failed');
    expect(await authorization()).toBe('Bearer t');
  });
});
