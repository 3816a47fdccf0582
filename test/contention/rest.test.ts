// A thousand fleets to which nothing happens, on the real API server.
import { expect, test } from 'vitest';

import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { newCluster, type Cluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { lineOf } from '../envtest/support/exchanges.ts';
import { condition, fleet } from '../envtest/support/fleets.ts';
import { startOperator } from '../envtest/support/operator.ts';
import { measure } from './report/measure.ts';

const FLEETS = 1_000;
const AT_ONCE = 50;
/** Every hundredth has a member; the others have none, as a simulated machine does not run 1,000 pods. */
const sizeOf = (index: number): number => (index % 100 === 0 ? 1 : 0);
const RESYNCS = 3;

async function createFleets({ transport, namespace }: Cluster): Promise<void> {
  const path = `/apis/nodefleet.dev/v1alpha1/namespaces/${namespace}/nodedeployments`;
  const headers = { 'content-type': 'application/json' };
  for (let from = 0; from < FLEETS; from += AT_ONCE) {
    const posts = Array.from({ length: AT_ONCE }, (_, offset) => {
      const body = JSON.stringify(fleet({ name: `web-${from + offset}`, replicas: sizeOf(from + offset) }));
      return transport.request({ method: 'POST', path, headers, body });
    });
    expect(new Set((await Promise.all(posts)).map(({ status }) => status))).toEqual(new Set([201]));
  }
}

test(`C27 ${FLEETS} fleets at rest cause no write, at a start of the operator and resync after resync`, async () => {
  const cluster = await newCluster();
  const maker = await startOperator(cluster, { workers: 16 });
  await createFleets(cluster);
  const allReady = async (): Promise<void> => {
    const fleets = await cluster.client.list(NODE_DEPLOYMENT, { namespace: cluster.namespace });
    expect(fleets.filter((one) => condition(one, 'Ready')?.status === 'True')).toHaveLength(FLEETS);
  };
  await eventually(allReady, { timeoutMs: 200_000, intervalMs: 1_000 });
  await maker.quiet();
  await maker.stop();

  const operator = await startOperator(cluster, { workers: 16, resyncMs: 2_000 });
  const isOver = (): void => expect(operator.tally.count()).toBeGreaterThanOrEqual((1 + RESYNCS) * FLEETS);
  await eventually(isOver, { timeoutMs: 120_000 });
  const writes = operator.recording.writes().map(lineOf);
  measure({ fleets: FLEETS, reconciles: operator.tally.count(), writes: writes.length });
  expect(writes).toEqual([]);
});
