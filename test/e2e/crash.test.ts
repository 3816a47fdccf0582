// The operator goes in the middle of a hand-off, in the ways it goes on a real cluster.
import { expect, test } from 'vitest';

import type { StoredPod } from '../../src/kube/kinds.ts';
import { isTerminating } from '../../src/kube/object.ts';
import { POD } from '../../src/kube/kinds.ts';
import type { Cluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { volumesOf } from '../envtest/support/stage.ts';
import { findDoubleUse, recordTruth } from '../envtest/support/truth.ts';
import { expectOneByOne, PATIENCE, untilReady, untilReleased } from './support/fleets.ts';
import { writers } from './support/member.ts';
import { killProcess, leaderPod, NAMESPACE, replicas, untilWell } from './support/operator.ts';
import { openCluster } from './site.ts';

/** Long enough for the operator to go while the old pod still writes. */
const lingerMs = 4_000;

const remove = (cluster: Cluster, { metadata }: StoredPod, ...flags: readonly string[]): Promise<string> =>
  cluster.kubectl(['delete', 'pod', metadata.name, `--namespace=${NAMESPACE}`, '--wait=false', ...flags]);

test.for<readonly [string, (cluster: Cluster) => Promise<unknown>]>([
  ['its process is killed', async (cluster) => killProcess(await leaderPod(cluster))],
  ['its pod is deleted by force', async (cluster) => remove(cluster, await leaderPod(cluster), '--force')],
  [
    'both replicas are killed',
    async (cluster) => Promise.all((await replicas(cluster)).map((pod) => killProcess(pod))),
  ],
])('a hand-off ends though the operator goes in the middle of it: %s', async ([, kill]) => {
  const cluster = await openCluster();
  await untilWell(cluster);
  const truth = await recordTruth(cluster);
  await cluster.apply(writers({ release: 1, lingerMs }));
  await untilReady(cluster);
  const volumes = await volumesOf(cluster);
  await cluster.apply(writers({ release: 2, lingerMs }));
  await eventually(async () => {
    const pods = await cluster.client.list(POD, { namespace: cluster.namespace });
    expect(pods.map(isTerminating)).toEqual([true]);
  }, PATIENCE);
  await kill(cluster);
  await untilReleased(cluster, 2);

  const sessions = await expectOneByOne(cluster, 'web-0');
  expect(sessions.map(({ release }) => release)).toEqual([1, 2]);
  await truth.caughtUp();
  expect(findDoubleUse(truth, volumes)).toEqual([]);
  await untilWell(cluster);
});
