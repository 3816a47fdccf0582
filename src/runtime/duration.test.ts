import { expect, test } from 'vitest';

import { parseDuration } from './duration.ts';

test.for([
  ['30s', 30_000],
  ['90s', 90_000],
  ['10m', 600_000],
  ['1h', 3_600_000],
  ['1h30m', 5_400_000],
  ['2h0m5s', 7_205_000],
  ['0s', 0],
] as const)('%s is %d ms', ([text, ms]) => {
  expect(parseDuration(text)).toBe(ms);
});

test.for(['', '10', 'm', '10 m', '10M', '1m1h', '1.5h', '-1m', '1ms', ' 1m', '1m\n'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
