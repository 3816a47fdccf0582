// What dashboards and alerts ask of the fleets. Gauges are read from the caches when they are asked for, and cost the API
// server nothing; durations are observed when a status with their end has been stored; conflicts when a reconcile ends in
// one. No label names an object: with a thousand fleets there are as many series as with one.
import { CONDITION, MEMBER_PHASES, STALLED_REASONS } from '../api/v1alpha1/conditions.ts';
import type { NodeDeploymentStatus } from '../api/v1alpha1/node-deployment.ts';
import { HANDOFF_STEPS, durationsOf } from '../domain/events/durations.ts';
import { ApiError } from '../runtime/client/api-error.ts';
import { isOfStatus } from '../runtime/client/status.ts';
import type { ControllerObserver, ReconcileReport } from '../runtime/controller-observer.ts';
import { addGauge, Counter, type GaugeText, Histogram, type Registry } from '../runtime/metrics/registry.ts';
import { BY_VOLUME, type Caches } from './caches.ts';
import { StaleRead } from './stale-read.ts';
import type { StatusObserver } from './status-observer.ts';

/** Times in a status are whole seconds. */
const BUCKETS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600];

export class FleetMetrics implements StatusObserver, ControllerObserver {
  readonly #handoff: Histogram<'step'>;
  readonly #downtime: Histogram;
  readonly #statusConflicts: Counter;
  readonly #fencedWrites: Counter;
  readonly #staleReads: Counter;

  constructor(registry: Registry) {
    const common = { registers: [registry] };
    const counter = (name: string, help: string): Counter => new Counter({ ...common, name, help });
    this.#handoff = new Histogram({
      ...common,
      name: 'nodefleet_handoff_seconds',
      help: 'How long each step of a hand-off took.',
      labelNames: ['step'],
      buckets: BUCKETS,
    });
    for (const step of HANDOFF_STEPS) this.#handoff.zero({ step });
    this.#downtime = new Histogram({
      ...common,
      name: 'nodefleet_member_downtime_seconds',
      help: 'From the stop or the loss of a pod until the next one of its member was available.',
      buckets: BUCKETS,
    });
    this.#statusConflicts = counter(
      'nodefleet_status_conflicts_total',
      'Status writes that were refused because somebody else wrote first.',
    );
    this.#fencedWrites = counter(
      'nodefleet_fenced_writes_total',
      'Writes of children and finalizers that were refused because they were computed from an older version.',
    );
    this.#staleReads = counter(
      'nodefleet_stale_reads_total',
      'Reconciles that found out by a live read that the cache was behind.',
    );
  }

  onStatus(before: NodeDeploymentStatus | undefined, after: NodeDeploymentStatus): void {
    const { steps, downtimes } = durationsOf(before, after);
    for (const { step, seconds } of steps) this.#handoff.observe({ step }, seconds);
    for (const seconds of downtimes) this.#downtime.observe(seconds);
  }

  onReconcile({ result }: ReconcileReport): void {
    if (result.type !== 'conflict') return;
    const { error } = result;
    if (error instanceof StaleRead) this.#staleReads.inc();
    else if (error instanceof ApiError) (isOfStatus(error) ? this.#statusConflicts : this.#fencedWrites).inc();
  }
}

const STALLED: GaugeText<string> = {
  name: 'nodefleet_stalled',
  help: 'NodeDeployments that wait for a person, by reason.',
  labels: ['reason'],
};

/** What the gauges are read from. */
type GaugedCaches = Pick<Caches, 'deployments' | 'claims' | 'attachments' | 'unreadable'>;

/** Adds the gauges. */
export function registerFleetGauges(registry: Registry, caches: GaugedCaches): void {
  const gauge = (name: string, help: string, read: () => number): void =>
    addGauge(registry, { name, help }, (metric) => metric.set(read()));
  const counts = (text: GaugeText<string>, values: readonly string[], read: () => readonly string[]): void => {
    const [label = ''] = text.labels ?? [];
    addGauge(registry, text, (metric) => {
      for (const value of values) metric.set({ [label]: value }, 0);
      for (const value of read()) metric.inc({ [label]: value });
    });
  };
  const statuses = (): readonly NodeDeploymentStatus[] => caches.deployments.list().map(({ status = {} }) => status);
  gauge('nodefleet_deployments', 'NodeDeployments.', () => caches.deployments.size);
  counts({ name: 'nodefleet_members', help: 'Members, by phase.', labels: ['phase'] }, MEMBER_PHASES, () =>
    statuses().flatMap(({ members = [] }) => members.map(({ phase }) => phase)),
  );
  counts(STALLED, STALLED_REASONS, () =>
    statuses().flatMap(({ conditions = [] }) =>
      conditions
        .filter(({ type, status }) => type === CONDITION.Stalled && status === 'True')
        .map(({ reason }) => reason),
    ),
  );
  gauge('nodefleet_retained_claims', 'Claims that were left behind on purpose.', () =>
    statuses().reduce((sum, { retainedClaims = [] }) => sum + retainedClaims.length, 0),
  );
  gauge(
    'nodefleet_multi_attachments',
    'Single-writer volumes with more than one VolumeAttachment; NaN where those may not be read.',
    () => multiAttachments(caches),
  );
}

function multiAttachments({ claims, attachments, unreadable }: GaugedCaches): number {
  if (unreadable().has('attachments')) return NaN;
  return claims.list().filter(({ spec }) => {
    if (spec?.volumeName === undefined || spec.accessModes?.includes('ReadWriteMany')) return false;
    return attachments.byIndex(BY_VOLUME, spec.volumeName).length > 1;
  }).length;
}
