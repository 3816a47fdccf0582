import { describe, expect, test } from 'vitest';

import { type ConditionValue, type TimedCondition, mergeConditions } from './conditions.ts';

const THEN = '2026-01-01T00:00:00.000Z';
const NOW = '2026-01-02T00:00:00.000Z';
const ready: ConditionValue = { type: 'Ready', status: 'True', reason: 'Fine', message: 'fine', observedGeneration: 2 };
const was = (change: Partial<TimedCondition>): TimedCondition => ({ ...ready, lastTransitionTime: THEN, ...change });

describe('mergeConditions', () => {
  test('dates a new condition now', () => {
    expect(mergeConditions([], [ready], NOW)).toEqual([{ ...ready, lastTransitionTime: NOW }]);
  });

  test.for<[name: string, previous: Partial<TimedCondition>, time: string]>([
    ['moves the time with the status', { status: 'False' }, NOW],
    ['moves the time away from Unknown', { status: 'Unknown' }, NOW],
    ['keeps the time when nothing changes', {}, THEN],
    ['keeps the time when only the reason changes', { reason: 'Other' }, THEN],
    ['keeps the time when only the message changes', { message: 'other' }, THEN],
    ['keeps the time when only the generation changes', { observedGeneration: 1 }, THEN],
  ])('%s', ([, previous, time]) => {
    expect(mergeConditions([was(previous)], [ready], NOW)).toEqual([{ ...ready, lastTransitionTime: time }]);
  });

  test("keeps conditions of types that are someone else's, untouched", () => {
    const foreign = was({ type: 'example.com/Audited', status: 'Unknown' });
    const merged = mergeConditions([foreign, was({})], [ready], NOW);
    expect(merged.find(({ type }) => type === foreign.type)).toBe(foreign);
    expect(merged).toHaveLength(2);
  });

  test('changes nothing when its own answer is merged again later', () => {
    const once = mergeConditions([was({ status: 'False' }), was({ type: 'Foreign' })], [ready], THEN);
    expect(mergeConditions(once, [ready], NOW)).toEqual(once);
  });
});
