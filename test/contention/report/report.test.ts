import { describe, expect, test } from 'vitest';

import { idOf, rowsOf, tableLines, type Scenario, type TestRun } from './report.ts';

const scenario = (id: string): Scenario => ({ id, name: `what ${id} does`, expected: 'nothing lost' });
const run = (name: string, change: Partial<TestRun> = {}): TestRun => ({
  name,
  passed: true,
  seconds: 1.26,
  figures: {},
  ...change,
});

describe('the scenario that a test belongs to', () => {
  test.for([
    { name: 'C1 one write', id: 'C1' },
    { name: 'C10: a finalizer', id: 'C10' },
    { name: 'rollout: ends as if nothing had happened', id: 'rollout' },
  ])('$name: $id', ({ name, id }) => expect(idOf(name)).toBe(id));
});

describe('a row', () => {
  test('adds up the seconds and puts the figures of its tests side by side', () => {
    const runs = [run('C6 two', { figures: { lost2: 0 } }), run('C6 eight', { figures: { lost8: 0 } }), run('C7 two')];
    expect(rowsOf([scenario('C6')], runs)).toMatchObject([
      { id: 'C6', passed: true, seconds: 2.5, figures: { lost2: 0, lost8: 0 }, tests: [{}, {}] },
    ]);
  });

  test('has failed when one of its tests has', () => {
    expect(rowsOf([scenario('C1')], [run('C1 a'), run('C1 b', { passed: false })])).toMatchObject([{ passed: false }]);
  });

  test('has failed when it has no test', () => {
    expect(rowsOf([scenario('C1')], [run('C11 a')])).toMatchObject([{ passed: false, tests: [] }]);
  });
});

test('the table says what was measured, and counts', () => {
  const rows = rowsOf([scenario('C1'), scenario('C12')], [run('C1 a', { figures: { rounds: 200, lost: 0 } })]);
  expect(tableLines(rows)).toEqual([
    'ok    C1   what C1 does      1.3 s  rounds 200, lost 0',
    'FAIL  C12  what C12 does     0.0 s  no test has run',
    '',
    '1 passed, 1 failed',
  ]);
});
