// Two replicas of the operator: the one that stands by takes over, and who is asked to stop does so by itself.
import { expect, test } from 'vitest';

import { POD, type Pod } from '../../src/kube/kinds.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { recordHistory } from '../envtest/support/truth.ts';
import { PATIENCE, untilReady, untilReleased } from './support/fleets.ts';
import { writers } from './support/member.ts';
import { leader, leaderPod, NAMESPACE, untilWell } from './support/operator.ts';
import { openCluster } from './site.ts';

test('SIGTERM ends the leader with exit code 0, and the one that stands by leads within seconds', async () => {
  const cluster = await openCluster();
  await untilWell(cluster);
  await cluster.apply(writers({ release: 1 }));
  await untilReady(cluster);
  const pods = await recordHistory({ ...cluster, namespace: NAMESPACE }, POD);
  const { metadata } = await leaderPod(cluster);

  const askedAt = performance.now();
  await cluster.kubectl(['delete', 'pod', metadata.name, `--namespace=${NAMESPACE}`, '--wait=false']);
  const isTakenOver = async (): Promise<void> => {
    const now = await leader(cluster);
    if (now === metadata.name || now === '') throw new Error(`the lease names ${now || 'nobody'}`);
  };
  await eventually(isTakenOver, { timeoutMs: 30_000, intervalMs: 100 });
  // A lease that is not released runs out after 15 s.
  expect(performance.now() - askedAt).toBeLessThan(8_000);

  const last = await eventually(() => {
    const gone = pods.moments.find(({ type, object }) => type === 'DELETED' && object.metadata.uid === metadata.uid);
    if (gone === undefined) throw new Error(`pod ${metadata.name} is still there`);
    return gone.object;
  }, PATIENCE);
  expect(exitCodeOf(last)).toBe(0);

  await cluster.apply(writers({ release: 2 }));
  await untilReleased(cluster, 2);
  await untilWell(cluster);
});

function exitCodeOf({ status }: Pod): number | undefined {
  return status?.containerStatuses?.[0]?.state?.terminated?.exitCode;
}
