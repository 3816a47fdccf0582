// The metrics of a controller, under the names and labels of controller-runtime v0.25 (internal/controller/metrics).
//
// A conflict counts as `requeue`, not as an error: somebody else wrote first, and nothing is wrong.
import type { ControllerObserver, ReconcileEnd, ReconcileReport } from '../controller-observer.ts';
import { addGauge, Counter, Histogram, type Registry } from './registry.ts';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const RESULTS = ['success', 'error', 'requeue', 'requeue_after'] as const;

export interface ControllerMetricsOptions {
  readonly registry: Registry;
  readonly controller: string;
  /** Reconciles at a time. */
  readonly workers: number;
  /** How many reconciles are under way. */
  active(): number;
}

export class ControllerMetrics implements ControllerObserver {
  readonly #total: Counter<'controller' | 'result'>;
  readonly #errors: Counter<'controller'>;
  readonly #time: Histogram<'controller'>;

  constructor({ registry, controller, workers, active }: ControllerMetricsOptions) {
    const common = { registers: [registry], labelNames: ['controller' as const] };
    this.#total = new Counter({
      registers: [registry],
      name: 'controller_runtime_reconcile_total',
      help: 'Reconciles, by how they ended.',
      labelNames: ['controller', 'result'],
    });
    this.#errors = new Counter({
      ...common,
      name: 'controller_runtime_reconcile_errors_total',
      help: 'Reconciles that failed.',
    });
    this.#time = new Histogram({
      ...common,
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'How long reconciles took.',
      buckets: BUCKETS,
    });
    for (const result of RESULTS) this.#total.inc({ controller, result }, 0);
    this.#errors.inc({ controller }, 0);
    this.#time.zero({ controller });
    const gauge = (name: string, help: string, read: () => number): void =>
      addGauge(registry, { name, help, labels: ['controller'] }, (metric) => metric.set({ controller }, read()));
    gauge(
      'controller_runtime_max_concurrent_reconciles',
      'How many reconciles may be under way at a time.',
      () => workers,
    );
    gauge('controller_runtime_active_workers', 'How many reconciles are under way.', active);
  }

  onReconcile({ controller, result, durationMs }: ReconcileReport): void {
    this.#total.inc({ controller, result: resultOf(result) });
    if (result.type === 'error') this.#errors.inc({ controller });
    this.#time.observe({ controller }, durationMs / 1_000);
  }
}

function resultOf(end: ReconcileEnd): (typeof RESULTS)[number] {
  switch (end.type) {
    case 'done':
      return 'success';
    case 'requeue':
      return end.afterMs > 0 ? 'requeue_after' : 'requeue';
    case 'conflict':
    case 'aborted':
      return 'requeue';
    case 'error':
      return 'error';
  }
}
