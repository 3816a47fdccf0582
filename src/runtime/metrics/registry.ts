// prom-client, as far as it is used: only this file imports it. It is loaded only where metrics are served.
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';

export { Counter, Histogram, Registry } from 'prom-client';

export interface GaugeText<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly L[];
}

/** Adds a gauge that is read when it is asked for. */
export function addGauge<L extends string = never>(
  registry: Registry,
  { name, help, labels = [] }: GaugeText<L>,
  read: (gauge: Gauge<L>) => void,
): void {
  const gauge: Gauge<L> = new Gauge<L>({ name, help, labelNames: labels, registers: [], collect: () => read(gauge) });
  registry.registerMetric(gauge);
}

export interface MetricDescription {
  readonly name: string;
  readonly labels: readonly string[];
}

export function describe(registry: Registry): readonly MetricDescription[] {
  return registry.getMetricsAsArray().map(({ name, ...rest }) => ({
    name,
    labels: 'labelNames' in rest && Array.isArray(rest.labelNames) ? rest.labelNames : [],
  }));
}

/** Milliseconds between two looks at the event loop: at 20, all that a process at rest did was to look (80 ms of CPU in 30 s). */
const LAG_PRECISION_MS = 100;

/** With what Node.js tells of the process: `process_…` and `nodejs_…`. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_PRECISION_MS });
  return registry;
}
