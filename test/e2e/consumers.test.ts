// A member and what shares its volume, on a real disk.
import { expect, test } from 'vitest';

import { POD } from '../../src/kube/kinds.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { expectOneByOne, PATIENCE, untilReady } from './support/fleets.ts';
import { sessionsOn, writerContainer, writers, type Session } from './support/member.ts';
import type { Cluster } from '../envtest/support/cluster.ts';
import { openCluster } from './site.ts';

const lingerMs = 1_500;

async function sessionsBy(cluster: Cluster, writer: string): Promise<readonly Session[]> {
  return (await sessionsOn(cluster, 'web-0')).filter((session) => session.writer === writer);
}

test('a worker writes to its member’s volume, on its machine: it stops before the member does, and starts once the next pod of the member is on a machine', async () => {
  const cluster = await openCluster();
  const containers = [writerContainer({ writer: 'worker', lingerMs })];
  const template = { spec: { terminationGracePeriodSeconds: 30, containers } };
  const spec = { consumers: [{ name: 'worker', kind: 'Follower', template }] };
  await cluster.apply(writers({ release: 1, lingerMs, spec }));
  await untilReady(cluster);
  const sessionsOf = (writer: string): Promise<readonly Session[]> => sessionsBy(cluster, writer);
  await eventually(async () => expect(await sessionsOf('worker')).toHaveLength(1), PATIENCE);
  const pods = await cluster.client.list(POD, { namespace: cluster.namespace });
  expect(pods).toHaveLength(2);
  expect(new Set(pods.map(({ spec }) => spec?.nodeName)).size).toBe(1);

  await cluster.apply(writers({ release: 2, lingerMs, spec }));
  await eventually(async () => expect(await sessionsOf('member')).toHaveLength(2), PATIENCE);
  await eventually(async () => expect(await sessionsOf('worker')).toHaveLength(2), PATIENCE);
  await untilReady(cluster);
  await expectOneByOne(cluster, 'web-0');
  const [oldMember, newMember] = await sessionsOf('member');
  const [oldWorker, newWorker] = await sessionsOf('worker');
  // The member still writes after its SIGTERM, which comes once the worker is gone.
  expect(oldWorker?.lastAt).toBeLessThan((oldMember?.lastAt ?? 0) - lingerMs + 500);
  // It is made when that pod is bound; whose process is the faster then is the kubelet's affair.
  expect(newMember?.startedAt).toBeGreaterThan(oldMember?.lastAt ?? Infinity);
  expect(newWorker?.startedAt).toBeGreaterThan(oldMember?.lastAt ?? Infinity);
});

test('a clean-up writes to its member’s volume, on its machine: a rollout lets it end before the member stops', async () => {
  const cluster = await openCluster();
  const containers = [writerContainer({ writer: 'clean-up', runMs: 15_000 })];
  // New Year's night: it is this test that starts it.
  const cleanUp = { name: 'clean-up', kind: 'CronJob', schedule: '0 0 1 1 *', template: { spec: { containers } } };
  const spec = { consumers: [cleanUp] };
  await cluster.apply(writers({ release: 1, spec }));
  await untilReady(cluster);
  await eventually(() => cluster.kubectl(['create', 'job', 'by-hand', '--from=cronjob/web-0-clean-up']), PATIENCE);
  await eventually(async () => expect(await sessionsBy(cluster, 'clean-up')).toHaveLength(1), PATIENCE);
  const pods = await cluster.client.list(POD, { namespace: cluster.namespace });
  expect(new Set(pods.map(({ spec }) => spec?.nodeName)).size).toBe(1);

  await cluster.apply(writers({ release: 2, spec }));
  await eventually(async () => expect(await sessionsBy(cluster, 'member')).toHaveLength(2), PATIENCE);
  await untilReady(cluster);
  await expectOneByOne(cluster, 'web-0');
  const [run] = await sessionsBy(cluster, 'clean-up');
  const [oldMember] = await sessionsBy(cluster, 'member');
  expect(run?.hasEnded).toBe(true);
  expect((run?.lastAt ?? 0) - (run?.startedAt ?? 0)).toBeGreaterThan(14_000);
  expect(oldMember?.lastAt).toBeGreaterThan(run?.lastAt ?? Infinity);
});
