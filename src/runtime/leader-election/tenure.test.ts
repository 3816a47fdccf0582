import { describe, expect, test } from 'vitest';

import { FakeClock } from '../testing/fake-clock.ts';
import { Tenure } from './tenure.ts';

function makeTenure() {
  const clock = new FakeClock();
  return { clock, tenure: new Tenure(clock, 10_000) };
}

describe('Tenure', () => {
  test('refuses every write before the lease is ours, and after it was given up', () => {
    const { tenure } = makeTenure();
    expect(tenure.refusal()).toBe('this replica does not hold the lease');
    tenure.renewed(tenure.now());
    expect(tenure.refusal()).toBeUndefined();
    tenure.end();
    expect(tenure.refusal()).toBe('this replica does not hold the lease');
  });

  test.for<[ms: number, refusal: string | undefined]>([
    [0, undefined],
    [9_999, undefined],
    [10_000, 'this replica last renewed the lease 10.0 s ago'],
    [61_500, 'this replica last renewed the lease 61.5 s ago'],
  ])('%i ms after the last renewal was sent says %s', async ([ms, refusal]) => {
    const { clock, tenure } = makeTenure();
    tenure.renewed(tenure.now());
    await clock.advance(ms);
    expect(tenure.refusal()).toBe(refusal);
  });

  test('counts from when the renewal was sent, not from when its answer came', async () => {
    const { clock, tenure } = makeTenure();
    const sentAt = tenure.now();
    await clock.advance(4_000);
    tenure.renewed(sentAt);
    expect(tenure.leftMs).toBe(6_000);
  });

  test('takes a wall clock that ran ahead for a sleep of the machine, until the next renewal', () => {
    const { clock, tenure } = makeTenure();
    tenure.renewed(tenure.now());
    clock.jumpWallClock(3_600_000);
    expect(tenure.refusal()).toBe('this replica last renewed the lease 3600.0 s ago');
    expect(tenure.leftMs).toBe(10_000);
    tenure.renewed(tenure.now());
    expect(tenure.refusal()).toBeUndefined();
  });

  test('is not lengthened by a wall clock that was set back', async () => {
    const { clock, tenure } = makeTenure();
    tenure.renewed(tenure.now());
    clock.jumpWallClock(-3_600_000);
    await clock.advance(10_000);
    expect(tenure.refusal()).toBeDefined();
  });
});
