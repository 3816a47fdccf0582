// I17 is red for a loop, and green for a backoff.
import { expect, test } from 'vitest';

import { type Result, requeueAfter } from '../../../src/runtime/reconciler.ts';
import { Pace } from './pace.ts';

const CONFLICT: Result = { type: 'conflict', error: new Error('409') };

/** What the last of so many equal ends, one each `everyMs`, comes to. */
function lastOf(times: number, end: Result, everyMs: number) {
  const pace = new Pace();
  const verdicts = Array.from({ length: times }, (_, index) => pace.judge(end, index * everyMs));
  return verdicts.at(-1);
}

test('I17 is red when a reconcile looks again at once three times in a row', () => {
  expect(lastOf(3, requeueAfter(0, 'Waiting'), 1)).toEqual({ broken: '3 looks again at once, in a row' });
  expect(lastOf(2, requeueAfter(0, 'Waiting'), 1)).toBe('kept');
  expect(lastOf(3, requeueAfter(250, 'Waiting'), 1)).toBeUndefined();
});

test('I17 is red when reconciles come to nothing without a pause', () => {
  expect(lastOf(61, CONFLICT, 10)).toEqual({ broken: '61 reconciles in a row came to nothing within 10 s' });
  expect(lastOf(600, CONFLICT, 200)).toBe('kept');
});
