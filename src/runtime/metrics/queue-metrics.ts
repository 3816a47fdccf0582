// The metrics of a work queue, under the names of client-go v0.36 (util/workqueue/metrics.go) with the labels of
// controller-runtime v0.25 (pkg/metrics/workqueue.go): dashboards made for those work.
import type { Clock } from '../clock.ts';
import type { QueueObserver } from '../queue/queue-observer.ts';
import type { Priority } from '../queue/work-queue.ts';
import { addGauge, Counter, Histogram, type Registry } from './registry.ts';

/** From a millisecond to a quarter of an hour. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 900];

/** Never a namespace: a series for each tenant is more than a monitoring may be given. */
const DEPTH_LABELS = ['name', 'controller', 'priority'] as const;

export interface QueueMetricsOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  /** The controller's name, which is the queue's too. */
  readonly name: string;
}

export class QueueMetrics implements QueueObserver {
  readonly #clock: Clock;
  /** When each key that waits was added, and when each that is handed out was taken, on the monotonic clock. */
  readonly #addedAt = new Map<string, number>();
  readonly #low = new Set<string>();
  readonly #takenAt = new Map<string, number>();
  readonly #adds: { inc(): void };
  readonly #retries: { inc(): void };
  readonly #waited: { observe(seconds: number): void };
  readonly #worked: { observe(seconds: number): void };

  constructor({ registry, clock, name }: QueueMetricsOptions) {
    this.#clock = clock;
    const labels = { name, controller: name };
    const common = { registers: [registry], labelNames: ['name' as const, 'controller' as const] };
    const counter = (metric: string, help: string) => {
      const all = new Counter({ ...common, name: metric, help });
      all.inc(labels, 0);
      return all.labels(labels);
    };
    const histogram = (metric: string, help: string) => {
      const all = new Histogram({ ...common, name: metric, help, buckets: BUCKETS });
      all.zero(labels);
      return all.labels(labels);
    };
    const gauge = (metric: string, help: string, read: () => number): void =>
      addGauge(registry, { name: metric, help, labels: common.labelNames }, (one) => one.set(labels, read()));
    this.#adds = counter('workqueue_adds_total', 'Keys that were added to the work queue.');
    this.#retries = counter(
      'workqueue_retries_total',
      'Keys that a reconcile ended with for later: to look again, or to try again.',
    );
    this.#waited = histogram('workqueue_queue_duration_seconds', 'How long keys waited in the work queue.');
    this.#worked = histogram('workqueue_work_duration_seconds', 'How long the reconciles of keys took.');
    addGauge(
      registry,
      { name: 'workqueue_depth', help: 'Keys that wait in the work queue.', labels: DEPTH_LABELS },
      (one) => {
        one.set({ ...labels, priority: 'normal' }, this.#addedAt.size - this.#low.size);
        one.set({ ...labels, priority: 'low' }, this.#low.size);
      },
    );
    gauge('workqueue_unfinished_work_seconds', 'How long all reconciles under way have taken, in sum.', () =>
      this.#underWay().reduce((sum, seconds) => sum + seconds, 0),
    );
    gauge('workqueue_longest_running_processor_seconds', 'How long the longest reconcile under way has taken.', () =>
      Math.max(0, ...this.#underWay()),
    );
  }

  /** How many keys are handed out. */
  get active(): number {
    return this.#takenAt.size;
  }

  onAdd(key: string, priority: Priority): void {
    this.#adds.inc();
    this.#addedAt.set(key, this.#clock.monotonic());
    if (priority === 'low') this.#low.add(key);
  }

  onPromote(key: string): void {
    this.#low.delete(key);
  }

  onTake(key: string): void {
    const now = this.#clock.monotonic();
    this.#waited.observe((now - (this.#addedAt.get(key) ?? now)) / 1_000);
    this.#addedAt.delete(key);
    this.#low.delete(key);
    this.#takenAt.set(key, now);
  }

  onDone(key: string): void {
    const now = this.#clock.monotonic();
    this.#worked.observe((now - (this.#takenAt.get(key) ?? now)) / 1_000);
    this.#takenAt.delete(key);
  }

  onAddAfter(): void {
    this.#retries.inc();
  }

  #underWay(): readonly number[] {
    const now = this.#clock.monotonic();
    return [...this.#takenAt.values()].map((takenAt) => (now - takenAt) / 1_000);
  }
}
