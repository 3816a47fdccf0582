import { expect, test } from 'vitest';

import { mistakeIn } from './timings.ts';

const seconds = (lease: number, renew: number, retry: number) => ({
  leaseDurationMs: lease * 1000,
  renewDeadlineMs: renew * 1000,
  retryPeriodMs: retry * 1000,
});

test.for<[lease: number, renew: number, retry: number, mistake: string | undefined]>([
  [15, 10, 2, undefined],
  [3, 2, 1, undefined],
  [11, 10, 8, undefined],
  [10, 10, 2, 'the lease duration has to be longer than the renew deadline'],
  [9, 10, 2, 'the lease duration has to be longer than the renew deadline'],
  [15, 12, 10, 'the renew deadline has to be longer than 1.2 times the retry period'],
  [15, 2, 2, 'the renew deadline has to be longer than 1.2 times the retry period'],
])('a lease of %i s, a deadline of %i s and a period of %i s: %s', ([lease, renew, retry, mistake]) => {
  expect(mistakeIn(seconds(lease, renew, retry))).toBe(mistake);
});
