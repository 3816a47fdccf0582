// The metrics of the caches, read when they are asked for: how much they hold, and whether they are followed.
import { addGauge, type Registry } from './registry.ts';

/** What the metrics ask of an informer. */
export interface MeteredCache {
  /** `cache pods`. */
  readonly name: string;
  readonly store: { readonly size: number };
  readonly isReadable: boolean;
  readonly failingForMs: number;
}

export function registerCacheMetrics(registry: Registry, caches: readonly MeteredCache[]): void {
  const gauge = (name: string, help: string, read: (cache: MeteredCache) => number): void =>
    addGauge(registry, { name, help, labels: ['kind'] }, (metric) => {
      for (const cache of caches) metric.set({ kind: cache.name.replace('cache ', '') }, read(cache));
    });
  gauge('nodefleet_cache_objects', 'Objects in the cache of a kind.', ({ store }) => store.size);
  gauge(
    'nodefleet_watch_failing_seconds',
    'For how long the watch of a kind has been failing; 0 when it works.',
    (cache) => cache.failingForMs / 1_000,
  );
  gauge('nodefleet_kind_readable', 'Whether the operator may read a kind: 1, or 0.', ({ isReadable }) =>
    isReadable ? 1 : 0,
  );
}
