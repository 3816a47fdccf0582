import { expect, test } from 'vitest';

import { samplesOf } from '../testing/samples.ts';
import { createLeaderMetrics } from './leader-metrics.ts';
import { Registry } from './registry.ts';

test('tells of a replica that stands by, leads, and does not any more; of none where nobody is elected', async () => {
  const registry = new Registry();
  const observer = createLeaderMetrics(registry);
  const read = async () => samplesOf(await registry.metrics()).get('leader_election_master_status{name="lease"}');
  expect(await read()).toBeUndefined();
  const seen: (number | undefined)[] = [];
  for (const isLeader of [false, true, false]) {
    observer.onLeadership({ name: 'lease', isLeader });
    seen.push(await read());
  }
  expect(seen).toEqual([0, 1, 0]);
});
