import { expect, test } from 'vitest';

import type { ReconcileEnd } from '../controller-observer.ts';
import { DONE, requeueAfter } from '../reconciler.ts';
import { samplesOf } from '../testing/samples.ts';
import { ControllerMetrics } from './controller-metrics.ts';
import { Registry } from './registry.ts';

function makeMetrics() {
  const registry = new Registry();
  const metrics = new ControllerMetrics({ registry, controller: 'fleet', workers: 4, active: () => 3 });
  const end = (result: ReconcileEnd, durationMs = 0): void => {
    metrics.onReconcile({ controller: 'fleet', request: { namespace: 'ns', name: 'a' }, result, durationMs });
  };
  return { end, samples: async () => samplesOf(await registry.metrics()) };
}

const error = new Error('x');

test.for<[name: string, end: ReconcileEnd, counted: string, errors: number]>([
  ['success', DONE, 'success', 0],
  ['another look later', requeueAfter(1_000, 'Waiting'), 'requeue_after', 0],
  ['another look at once', requeueAfter(0, 'PlanWritten'), 'requeue', 0],
  ['a conflict: not an error', { type: 'conflict', error }, 'requeue', 0],
  ['an error', { type: 'error', error }, 'error', 1],
  ['the end of the process: not an error', { type: 'aborted', error }, 'requeue', 0],
])('counts %s', async ([, result, counted, errors]) => {
  const { end, samples } = makeMetrics();
  end(result);
  const after = await samples();
  const totals = ['success', 'error', 'requeue', 'requeue_after'].filter(
    (one) => after.get(`controller_runtime_reconcile_total{controller="fleet",result="${one}"}`) === 1,
  );
  expect(totals).toEqual([counted]);
  expect(after.get('controller_runtime_reconcile_errors_total{controller="fleet"}')).toBe(errors);
});

test('starts every series at 0, so that the first error is a rise', async () => {
  const before = await makeMetrics().samples();
  expect(before.get('controller_runtime_reconcile_total{controller="fleet",result="error"}')).toBe(0);
  expect(before.get('controller_runtime_reconcile_errors_total{controller="fleet"}')).toBe(0);
  expect(before.get('controller_runtime_reconcile_time_seconds_count{controller="fleet"}')).toBe(0);
});

test('measures reconciles, and tells of the workers', async () => {
  const { end, samples } = makeMetrics();
  end(DONE, 250);
  const after = await samples();
  expect(after.get('controller_runtime_reconcile_time_seconds_sum{controller="fleet"}')).toBe(0.25);
  expect(after.get('controller_runtime_max_concurrent_reconciles{controller="fleet"}')).toBe(4);
  expect(after.get('controller_runtime_active_workers{controller="fleet"}')).toBe(3);
});
