// A rollout on real machines: data, writers, and what the kubelet tells.
import { expect, test } from 'vitest';

import { ATTACHMENT } from '../../src/kube/kinds.ts';
import { findDoubleUse, recordTruth } from '../envtest/support/truth.ts';
import { volumesOf } from '../envtest/support/stage.ts';
import { expectOneByOne, untilReady, untilReleased } from './support/fleets.ts';
import { writers } from './support/member.ts';
import { openCluster, worker } from './site.ts';

test('data written before a rollout is there after it, and no two writers ever met', async () => {
  const cluster = await openCluster();
  const truth = await recordTruth(cluster);
  await cluster.apply(writers({ replicas: 2, release: 1 }));
  await untilReady(cluster);
  const volumes = await volumesOf(cluster);
  await cluster.apply(writers({ replicas: 2, release: 2 }));
  await untilReleased(cluster, 2);

  expect(await volumesOf(cluster)).toEqual(volumes);
  for (const claim of ['web-0', 'web-1']) {
    const sessions = await expectOneByOne(cluster, claim);
    expect(sessions.map(({ release }) => release)).toEqual([1, 2]);
  }
  await truth.caughtUp();
  expect(findDoubleUse(truth, volumes)).toEqual([]);
});

test('where no attachment tells, a kubelet gives a pod its terminal phase before it removes it (KEP-3329)', async () => {
  const cluster = await openCluster();
  const truth = await recordTruth(cluster);
  await cluster.apply(writers({ release: 1, machine: worker() }));
  await untilReady(cluster);
  await cluster.apply(writers({ release: 2, machine: worker() }));
  await untilReleased(cluster, 2);

  await truth.caughtUp();
  const removed = truth.pods.moments.filter(({ type }) => type === 'DELETED').map(({ object }) => object);
  expect(removed.map(({ status }) => status?.phase)).toEqual(['Succeeded']);
  expect(await cluster.client.list(ATTACHMENT)).toEqual([]);
  const { status } = await cluster.nd('web');
  expect(status?.members?.[0]?.suspects ?? []).toEqual([]);
});

test('a rollout that detach: Required governs refuses to start on a volume whose last pod was removed by force', async () => {
  const cluster = await openCluster();
  const spec = { rollout: { detach: 'Required' } };
  await cluster.apply(writers({ release: 1, lingerMs: 20_000, spec }));
  await untilReady(cluster);
  await cluster.apply(writers({ release: 2, lingerMs: 20_000, spec }));
  await cluster.kubectl(['wait', 'pod', '--all', '--for=jsonpath={.metadata.deletionTimestamp}', '--timeout=60s']);
  await cluster.kubectl(['delete', 'pod', 'web-0-0', '--force', '--grace-period=0']);
  await cluster.kubectl(['wait', 'nodedeployment/web', '--for=condition=Stalled', '--timeout=60s']);
  const { status } = await cluster.nd('web');
  const stalled = status?.conditions?.find(({ type }) => type === 'Stalled');
  expect(stalled).toMatchObject({ status: 'True', reason: 'ReleaseUnproven' });
});
