// A fleet at rest costs nothing: no writes, and no reads but the watches that are open anyway.
import { describe, expect, test } from 'vitest';

import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { lineOf } from './support/exchanges.ts';
import { condition, expectReady, fleet } from './support/fleets.ts';
import { startOperator } from './support/operator.ts';

const FLEETS = [
  fleet({ name: 'disk', replicas: 2, storage: {} }),
  fleet({ name: 'shared', storage: { accessMode: 'ReadWriteMany' } }),
  fleet({ name: 'plain', replicas: 2, spec: { service: { ports: [{ name: 'http', port: 80 }] } } }),
  fleet({ name: 'asleep', storage: {} }),
  fleet({ name: 'halted' }),
  fleet({ name: 'doomed', storage: { retention: { onDelete: 'Delete' } } }),
];
const NAMES = ['disk', 'shared', 'plain', 'asleep', 'halted', 'doomed'];
const RESYNCS = 4;

/** Every kind of rest: all fleets are Ready, then one is suspended and one is paused. */
async function applyAll(cluster: Cluster): Promise<void> {
  for (const deployment of FLEETS) await cluster.apply(deployment);
  await eventually(async () => {
    for (const name of NAMES) expectReady(await cluster.nd(name));
  });
  await cluster.patch('asleep', { spec: { suspend: true } });
  await cluster.patch('halted', { spec: { paused: true } });
  await eventually(async () => {
    expect(await cluster.nd('asleep')).toMatchObject({ status: { members: [{ phase: 'Stopped' }] } });
    expect(condition(await cluster.nd('halted'), 'Paused')).toMatchObject({ status: 'True', reason: 'Paused' });
  });
}

describe('fleets at rest', () => {
  test('cause no request at all, resync after resync', async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster, { resyncMs: 500 });
    await applyAll(cluster);
    // The last events of pods and volumes come late; after them, only resyncs are left.
    await eventually(
      () => {
        const busy = operator.requests().map(lineOf);
        operator.recording.clear();
        expect(busy).toEqual([]);
      },
      { intervalMs: 1_500 },
    );

    const before = operator.tally.count();
    await eventually(() => expect(operator.tally.count() - before).toBeGreaterThanOrEqual(RESYNCS * FLEETS.length));
    expect(operator.requests().map(lineOf)).toEqual([]);
  });

  test('cause no write when the operator is started again', async () => {
    const cluster = await newCluster();
    const first = await startOperator(cluster);
    await applyAll(cluster);
    await first.quiet();
    await first.stop();

    const second = await startOperator(cluster);
    await eventually(() => {
      const seen = new Set(second.tally.reports.map(({ request }) => request.name));
      expect(seen.size).toBe(FLEETS.length);
    });
    await second.quiet();
    expect(second.recording.writes().map(lineOf)).toEqual([]);
  });
});
