import { expect, test } from 'vitest';

import { samplesOf } from '../testing/samples.ts';
import { registerCacheMetrics } from './cache-metrics.ts';
import { Registry } from './registry.ts';

test('a cache tells its size, its failures and whether it may be read, each time anew', async () => {
  const registry = new Registry();
  const pods = { name: 'cache pods', store: { size: 3 }, isReadable: true, failingForMs: 0 };
  registerCacheMetrics(registry, [pods]);
  const read = async () => {
    const samples = samplesOf(await registry.metrics());
    return ['cache_objects', 'watch_failing_seconds', 'kind_readable'].map((name) =>
      samples.get(`nodefleet_${name}{kind="pods"}`),
    );
  };
  expect(await read()).toEqual([3, 0, 1]);
  Object.assign(pods, { store: { size: 4 }, isReadable: false, failingForMs: 61_000 });
  expect(await read()).toEqual([4, 61, 0]);
});
