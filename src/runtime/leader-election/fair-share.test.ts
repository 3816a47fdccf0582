import { expect, test } from 'vitest';

import { FairShare } from './fair-share.ts';

const TIMINGS = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

test('the first lease is claimed at once, each further one later, and what is given back no longer counts', () => {
  const share = new FairShare(TIMINGS);
  const told = [share.courtesyMs];
  for (const _ of [1, 2, 3]) {
    share.take();
    told.push(share.courtesyMs);
  }
  for (const _ of [1, 2, 3]) {
    share.giveBack();
    told.push(share.courtesyMs);
  }
  expect(told).toEqual([0, 15_000, 17_000, 19_000, 17_000, 15_000, 0]);
});
