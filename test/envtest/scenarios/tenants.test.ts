// Two tenants of one operator, on the real API server: what one has in backlog is no matter of the other's. Counted in
// reconciles; test/sim/fairness.test.ts has a thousand of them.
import { expect, test } from 'vitest';

import { formatKey } from '../../../src/kube/object.ts';
import { TurnCounter } from '../../../src/runtime/testing/turn-counter.ts';
import { newCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { fleet } from '../support/fleets.ts';
import { startOperator } from '../support/operator.ts';

const BACKLOG = 300;

test('a tenant with 300 fleets in backlog has the one of another wait for two hand-outs at most', async () => {
  const [crowd, single] = [await newCluster(), await newCluster()];
  const items = Array.from({ length: BACKLOG }, (_, index) => fleet({ name: `web-${index}`, spec: { suspend: true } }));
  await crowd.kubectl(['create', '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
  const turns = new TurnCounter();
  const namespaces = [crowd.namespace, single.namespace];
  const operator = await startOperator(crowd, { namespaces, queueObserver: turns });
  await eventually(() => expect(turns.taken(crowd.namespace)).toBeGreaterThan(10), { intervalMs: 10 });
  // Not by kubectl, which takes as long to start as the backlog to shrink.
  const answer = await single.transport.request({
    method: 'POST',
    path: `/apis/nodefleet.dev/v1alpha1/namespaces/${single.namespace}/nodedeployments`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fleet({ spec: { suspend: true } })),
  });
  expect(answer).toMatchObject({ status: 201 });
  await eventually(
    async () => {
      const { metadata, status } = await single.nd('web');
      expect(status?.observedGeneration).toBe(metadata.generation);
    },
    { intervalMs: 10 },
  );
  const waits = turns.waits(`${single.namespace}/web`);
  const seen = new Set(operator.tally.reports.map(({ request }) => formatKey(request)));
  await operator.stop();
  expect(waits.length).toBeGreaterThan(0);
  expect(Math.max(...waits)).toBeLessThanOrEqual(2);
  expect(seen.size, 'the backlog, which this is about, was worked off before').toBeLessThan(BACKLOG);
});
