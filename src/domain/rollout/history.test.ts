import { describe, expect, test } from 'vitest';

import type { PastPlan, RolloutPlan } from '../../api/v1alpha1/node-deployment.ts';
import { MAX_HISTORY, statusSchema } from '../../api/v1alpha1/status.ts';
import { desire } from '../desired/desire.ts';
import { historyOf } from './history.ts';
import { NOTHING_DONE } from '../outcome.ts';
import { plan } from '../plan.ts';
import { summarize } from '../summary/summary.ts';
import { NOW, at, deployment, observe, running, settled } from '../testing/build.ts';

const planned = (id: string, phase: RolloutPlan['phase']): RolloutPlan => ({
  id,
  purpose: 'Rollout',
  generation: 2,
  targetRevision: `revision-${id}`,
  phase,
  createdAt: at(-60),
  members: ['web-0'],
});
const past = (id: string, endedAt = at(-30)): PastPlan => ({
  id,
  generation: 2,
  targetRevision: `revision-${id}`,
  createdAt: at(-60),
  phase: 'Completed',
  endedAt,
});

describe('the history', () => {
  test.for(['Completed', 'Superseded'] as const)('takes in a plan that is %s, with the time of this look', (phase) => {
    expect(historyOf(undefined, planned('a', phase), NOW)).toEqual([{ ...past('a', at(0)), phase }]);
  });

  test('has no plan that is still active, and is absent while it is empty', () => {
    expect(historyOf(undefined, planned('a', 'Active'), NOW)).toBeUndefined();
    expect(historyOf(undefined, undefined, NOW)).toBeUndefined();
    expect(historyOf([past('a')], planned('b', 'Active'), NOW)).toEqual([past('a')]);
  });

  test('keeps the time at which a plan was first seen to have ended', () => {
    const stored = [past('b'), past('a')];
    expect(historyOf(stored, planned('a', 'Completed'), NOW)).toBe(stored);
  });

  test('has the newest plan first, and forgets the oldest', () => {
    const stored = Array.from({ length: MAX_HISTORY }, (_, index) => past(`old-${index}`));
    const history = historyOf(stored, planned('new', 'Completed'), NOW) ?? [];
    expect(history.map(({ id }) => id)).toEqual(['new', ...stored.slice(0, -1).map(({ id }) => id)]);
    statusSchema.parse({ history });
  });

  test('gets a superseded plan in the very write that ends it, while the next one is not made yet', () => {
    const stored = { plan: planned('a', 'Active'), history: [past('z')] };
    const fleet = deployment({ template: running('app:2') }, {}, stored);
    const desired = desire(fleet);
    const observed = observe(fleet, settled(fleet, [0]));
    const status = summarize(desired, observed, plan(desired, observed), NOTHING_DONE);
    expect(status.plan).toEqual({ ...stored.plan, phase: 'Superseded' });
    expect(status.history?.map(({ id, phase }) => `${id} ${phase}`)).toEqual(['a Superseded', 'z Completed']);
  });
});
