// What is left of a fleet that is deleted, and who takes it up.
import { expect, test } from 'vitest';

import { CLAIM, POD } from '../../src/kube/kinds.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { volumesOf } from '../envtest/support/stage.ts';
import { expectOneByOne, PATIENCE, untilReady } from './support/fleets.ts';
import { sessionsOn, writers } from './support/member.ts';
import { openCluster } from './site.ts';

test('a deleted fleet leaves its claim with its data, and a fleet of the same name writes on', async () => {
  const cluster = await openCluster();
  await cluster.apply(writers({ release: 1 }));
  await untilReady(cluster);
  const claim = await cluster.read(CLAIM, 'web-0');
  const volumes = await volumesOf(cluster);
  await cluster.kubectl(['delete', 'nodedeployment', 'web', '--timeout=60s']);
  await eventually(async () => {
    expect(await cluster.client.list(POD, { namespace: cluster.namespace })).toEqual([]);
  }, PATIENCE);
  expect((await cluster.read(CLAIM, 'web-0')).metadata.uid).toBe(claim.metadata.uid);

  await cluster.apply(writers({ release: 2 }));
  await untilReady(cluster);
  await eventually(async () => expect(await sessionsOn(cluster, 'web-0')).toHaveLength(2), PATIENCE);
  const sessions = await expectOneByOne(cluster, 'web-0');
  expect(sessions.map(({ release }) => release)).toEqual([1, 2]);
  expect((await cluster.read(CLAIM, 'web-0')).metadata.uid).toBe(claim.metadata.uid);
  expect(await volumesOf(cluster)).toEqual(volumes);
});

test('onDelete: Delete takes the volume along', async () => {
  const cluster = await openCluster();
  await cluster.apply(writers({ spec: { storage: { size: '64Mi', retention: { onDelete: 'Delete' } } } }));
  await untilReady(cluster);
  const [volume] = (await volumesOf(cluster)).values();
  await cluster.kubectl(['delete', 'nodedeployment', 'web', '--timeout=60s']);
  await cluster.kubectl(['wait', '--for=delete', `persistentvolume/${volume}`, '--timeout=60s']);
  expect(await cluster.client.list(CLAIM, { namespace: cluster.namespace })).toEqual([]);
});
