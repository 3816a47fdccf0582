// Below the partition on the real controllers: what is made there runs what the fleet last agreed on, as in a
// StatefulSet.
import { expect, test } from 'vitest';

import { STATEFUL_SET } from '../../src/kube/kinds.ts';
import { eventually } from './support/eventually.ts';
import { imagesOf, readyFleet, untilReady } from './support/stage.ts';
import { toImage } from './support/fleets.ts';
import { findDoubleUse } from './support/truth.ts';

test('a member below the partition that is added, or made anew, starts on the old revision', async () => {
  const { cluster, truth, volumes } = await readyFleet({ replicas: 2, storage: {}, rollout: { partition: 3 } });
  await cluster.patch('web', toImage('web:2'));
  const { uid } = (await cluster.read(STATEFUL_SET, 'web-0')).metadata;
  await cluster.kubectl(['delete', 'statefulset', 'web-0']);
  await cluster.patch('web', { spec: { replicas: 4 } });
  await eventually(async () => {
    expect(await imagesOf(cluster)).toEqual(['web:1', 'web:1', 'web:1', 'web:2']);
    expect((await cluster.read(STATEFUL_SET, 'web-0')).metadata.uid).not.toBe(uid);
  });
  await untilReady(cluster);
  await cluster.patch('web', { spec: { rollout: { partition: 0 } } });
  await eventually(async () => expect([...new Set(await imagesOf(cluster))]).toEqual(['web:2']));
  const { status } = await untilReady(cluster);
  expect(status?.currentRevision).toBe(status?.updateRevision);
  await truth.caughtUp();
  expect(findDoubleUse(truth, volumes)).toEqual([]);
});
