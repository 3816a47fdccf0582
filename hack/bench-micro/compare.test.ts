import { describe, expect, test } from 'vitest';

import { compare, moved, renderTable } from './compare.ts';

const figures = (queueUs: number, yardstickUs: number) => [
  { name: 'queue: a', leastUs: queueUs },
  { name: 'yardstick: b', leastUs: yardstickUs },
];

describe('the ratio of a figure to its baseline', () => {
  test.for([
    ['is 1 where nothing has changed', figures(10, 5), 1],
    ['is 1 on a machine that is half as fast', figures(20, 10), 1],
    ['is 2 where it takes twice as long', figures(20, 5), 2],
    ['is 2 where it takes as long on a machine that is twice as fast', figures(10, 2.5), 2],
  ] as const)('%s', ([, now, ratio]) => {
    expect(compare(figures(10, 5), now)[0]?.ratio).toBe(ratio);
  });
});

test('without a yardstick nothing is compared', () => {
  expect(() => compare(figures(10, 5), figures(10, 5).slice(0, 1))).toThrow('no yardstick was measured');
});

describe('what has moved', () => {
  test.for([
    [1.4, []],
    [1.6, ['1.60 × as long: queue: a']],
    [0.5, ['2.00 × as fast: queue: a']],
  ] as const)('by %f, where 1.5 is let pass', ([ratio, told]) => {
    expect(moved(compare(figures(10, 5), figures(10 * ratio, 5)), 1.5)).toEqual(told);
  });

  test('is a benchmark that is new, and one that is gone', () => {
    const now = [{ name: 'queue: new', leastUs: 1 }, ...figures(10, 5).slice(1)];
    expect(moved(compare(figures(10, 5), now), 1.5)).toEqual(['new: queue: new', 'gone: queue: a']);
  });
});

test('the table has a row for each, with a dash for what there is not', () => {
  const now = [{ name: 'queue: new', leastUs: 12_345.6 }, ...figures(10, 5)];
  expect(
    renderTable(compare(figures(10, 5), now))
      .split('\n')
      .slice(2),
  ).toEqual([
    '| queue: new | 12,346 | – | – |',
    '| queue: a | 10 | 10 | 1.00 |',
    '| yardstick: b | 5.00 | 5.00 | 1.00 |',
  ]);
});
