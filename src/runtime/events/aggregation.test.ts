import { expect, test } from 'vitest';

import { seededRandom } from '../random.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Aggregation, type Entry } from './aggregation.ts';
import type { Occurrence } from './occurrence.ts';

const regarding = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-0', uid: 'u' };
const told = (note = 'it runs'): Occurrence => ({
  regarding,
  type: 'Normal',
  reason: 'Started',
  action: 'Start',
  note,
});

function setUp({ maxCauses = 10 } = {}) {
  const clock = new FakeClock();
  const aggregation = new Aggregation({ clock, random: seededRandom(1), windowMs: 1000, maxCauses });
  /** As a writer does. */
  const write = (entry: Entry): void => void (entry.writtenCount = entry.count);
  return { clock, aggregation, write };
}

test('an occurrence that is told again is counted in the entry that is there', async () => {
  const { aggregation, clock } = setUp();
  const first = aggregation.add(told());
  const { lastAtUs, name } = first;
  await clock.advance(10);
  const second = aggregation.add(told());
  expect(second).toBe(first);
  expect(second).toMatchObject({ name, count: 2, firstAtUs: lastAtUs, lastAtUs: lastAtUs + 10_000 });
});

test('another cause is an entry of its own, later in time, also within a millisecond', () => {
  const { aggregation } = setUp();
  const entries = ['a', 'b', 'c'].map((note) => aggregation.add(told(note)));
  const times = entries.map(({ firstAtUs }) => firstAtUs);
  expect(times).toEqual([times[0], (times[0] ?? 0) + 1, (times[0] ?? 0) + 2]);
  expect(new Set(entries.map(({ name }) => name)).size).toBe(3);
});

test('a wall clock that is set back is believed', () => {
  const { aggregation, clock } = setUp();
  const before = aggregation.add(told('a')).firstAtUs;
  clock.jumpWallClock(-60_000);
  expect(aggregation.add(told('b')).firstAtUs).toBe(before - 60_000_000);
});

test('a sweep names what was told more often than is written, once', () => {
  const { aggregation, write } = setUp();
  const entry = aggregation.add(told());
  aggregation.add(told('never written'));
  aggregation.add(told('never written'));
  write(entry);
  expect(aggregation.sweep()).toEqual([]);
  aggregation.add(told());
  expect(aggregation.sweep()).toEqual([entry]);
  write(entry);
  expect(aggregation.sweep()).toEqual([]);
});

test('a cause that has been silent for the window begins anew, and its last count is told', async () => {
  const { aggregation, clock, write } = setUp();
  const entry = aggregation.add(told());
  write(entry);
  await clock.advance(999);
  aggregation.sweep();
  expect(aggregation.add(told())).toBe(entry);
  await clock.advance(1000);
  expect(aggregation.sweep()).toEqual([entry]);
  expect(aggregation.add(told())).toMatchObject({ count: 1, writtenCount: 0 });
});

test('the cause that was not told for longest makes room for a new one', () => {
  const { aggregation } = setUp({ maxCauses: 2 });
  for (const note of ['a', 'b', 'a', 'c']) aggregation.add(told(note));
  expect([aggregation.add(told('a')).count, aggregation.add(told('b')).count]).toEqual([3, 1]);
});
