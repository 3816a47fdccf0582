// The metrics of the process, put together. Loaded only where they are served: program.ts imports it when it is needed.
//
// A scrape reads memory: it costs the API server nothing.
import { FleetMetrics, registerFleetGauges } from './controller/fleet-metrics.ts';
import { CONTROLLER, type Operator, type OperatorOptions } from './operator.ts';
import type { Transport } from './runtime/client/transport.ts';
import type { Clock } from './runtime/clock.ts';
import type { TextAnswer } from './runtime/http/http-server.ts';
import type { LeadershipObserver } from './runtime/leader-election/leader-elector.ts';
import { registerCacheMetrics } from './runtime/metrics/cache-metrics.ts';
import { createMeteredTransport } from './runtime/metrics/client-metrics.ts';
import { ControllerMetrics } from './runtime/metrics/controller-metrics.ts';
import { createLeaderMetrics } from './runtime/metrics/leader-metrics.ts';
import { QueueMetrics } from './runtime/metrics/queue-metrics.ts';
import {
  addGauge,
  createRegistry,
  describe,
  type GaugeText,
  type MetricDescription,
} from './runtime/metrics/registry.ts';

const MEMORY: GaugeText<'part'> = {
  name: 'nodefleet_memory_entries',
  help: 'What the operator remembers besides its caches, by part; it does not grow with fleets that are gone.',
  labels: ['part'],
};

export interface MetricsOptions {
  readonly clock: Clock;
  readonly version: string;
  /** Reconciles at a time. */
  readonly workers: number;
}

export interface Metrics {
  /** To be given to the operator. */
  readonly observers: Required<Pick<OperatorOptions, 'observer' | 'queueObserver' | 'statusObserver'>>;
  /** To be given to the election. */
  readonly leadership: LeadershipObserver;
  /** Counts the requests over a connection. To be called once. */
  meter(transport: Transport, server: string): Transport;
  /** Adds what is read from the operator's caches. To be called once. */
  watch(operator: Operator): void;
  /** Every metric that there is, with its labels. */
  described(): readonly MetricDescription[];
  /** `/metrics`; undefined for another path. */
  answer(url: URL): Promise<TextAnswer | undefined>;
}

export function createMetrics({ clock, version, workers }: MetricsOptions): Metrics {
  const registry = createRegistry();
  const build: GaugeText<'version' | 'node_version'> = {
    name: 'nodefleet_build_info',
    help: 'Always 1: the versions are in the labels.',
    labels: ['version', 'node_version'],
  };
  addGauge(registry, build, (gauge) => gauge.set({ version, node_version: process.version }, 1));
  const queue = new QueueMetrics({ registry, clock, name: CONTROLLER });
  const controller = new ControllerMetrics({ registry, controller: CONTROLLER, workers, active: () => queue.active });
  const fleets = new FleetMetrics(registry);
  return {
    observers: {
      queueObserver: queue,
      statusObserver: fleets,
      observer: {
        onReconcile: (report) => {
          controller.onReconcile(report);
          fleets.onReconcile(report);
        },
      },
    },
    leadership: createLeaderMetrics(registry),
    meter: (transport, server) => createMeteredTransport(transport, { registry, clock, host: new URL(server).host }),
    watch: ({ caches, informers, unserved, memory }) => {
      registerCacheMetrics(registry, informers);
      registerFleetGauges(registry, caches);
      const help =
        'NodeDeployments whose label names a shard that nobody serves; told by the leader of the default shard.';
      addGauge(registry, { name: 'nodefleet_unserved_deployments', help }, (gauge) => gauge.set(unserved()));
      addGauge(registry, MEMORY, (gauge) => {
        for (const [part, entries] of Object.entries(memory())) gauge.set({ part }, entries);
      });
    },
    described: () => describe(registry),
    answer: async ({ pathname }) =>
      pathname === '/metrics'
        ? { status: 200, body: await registry.metrics(), contentType: registry.contentType }
        : undefined,
  };
}
