import { describe, expect, test } from 'vitest';

import { selects, selectorsOf } from './selectors.ts';

describe('selectorsOf', () => {
  test.for<[expression: string, metrics: readonly string[]]>([
    ['up', ['up']],
    ['absent(nodefleet_build_info)', ['nodefleet_build_info']],
    ['max by (kind) (a_seconds) > 120', ['a_seconds']],
    ['max(a_seconds) by (kind) > 120', ['a_seconds']],
    ['histogram_quantile(0.9, sum by (step, le) (rate(a_bucket[1h]))) > 300', ['a_bucket']],
    ['a > 0.5 and b unless on (pod, instance) c == 0', ['a', 'b', 'c']],
    ['rate(a_total{x="y", z=~"v|w"}[$__rate_interval])', ['a_total']],
    ['sum(1 - max by (kind) (a))', ['a']],
  ])('%s reads %j', ([expression, metrics]) => {
    expect(selectorsOf(expression).map(({ metric }) => metric)).toEqual(metrics);
  });

  test('reads the matchers', () => {
    expect(selectorsOf('a{x="y",z=~"v|w"}')).toEqual([
      {
        metric: 'a',
        matchers: [
          { label: 'x', operator: '=', value: 'y' },
          { label: 'z', operator: '=~', value: 'v|w' },
        ],
      },
    ]);
  });

  test('refuses what it cannot read', () => {
    expect(() => selectorsOf("a{x='y'}")).toThrow("promql: cannot read the matcher x='y'");
  });
});

test.for<[expression: string, sample: string, isSelected: boolean]>([
  ['a', 'a', true],
  ['a', 'a{x="y"}', true],
  ['a', 'ab{x="y"}', false],
  ['a{x="y"}', 'a{w="v",x="y"}', true],
  ['a{x="y"}', 'a{x="z"}', false],
  ['a{x="y"}', 'a', false],
  ['a{x=~"y|z"}', 'a{x="z"}', true],
  ['a{x=~"y|z"}', 'a{x="zz"}', false],
  ['a{x!="y"}', 'a{x="z"}', true],
  ['a{x!~"y.*"}', 'a{x="yy"}', false],
])('%s on %s: %s', ([expression, sample, isSelected]) => {
  expect(selectorsOf(expression).some((selector) => selects(selector, sample))).toBe(isSelected);
});
