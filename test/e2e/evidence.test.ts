// The control group: two writers that nobody keeps apart are seen. Else the other files prove nothing.
import { expect, test } from 'vitest';

import { eventually } from '../envtest/support/eventually.ts';
import { PATIENCE } from './support/fleets.ts';
import { findOverlaps, sessionsOn, writerContainer } from './support/member.ts';
import { openCluster, worker } from './site.ts';

test('two pods that write to one claim at a time are found on its disk', async () => {
  const cluster = await openCluster();
  const metadata = { name: 'shared' };
  const resources = { requests: { storage: '64Mi' } };
  await cluster.apply({
    ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata },
    spec: { accessModes: ['ReadWriteOnce'], resources },
  });
  for (const name of ['one', 'two']) {
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'shared' } }];
    await cluster.apply({
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name } },
      spec: {
        terminationGracePeriodSeconds: 2,
        nodeSelector: { 'kubernetes.io/hostname': worker() },
        containers: [writerContainer()],
        volumes,
      },
    });
  }
  await eventually(async () => expect(findOverlaps(await sessionsOn(cluster, 'shared'))).toHaveLength(1), PATIENCE);
});
