// A new version of the operator.
import { expect, onTestFinished, test } from 'vitest';

import { docker } from '../../hack/docker/docker.ts';
import { loadImage } from '../../hack/kind/cluster.ts';
import { POD, STATEFUL_SET } from '../../src/kube/kinds.ts';
import type { Cluster } from '../envtest/support/cluster.ts';
import { untilReady, untilReleased } from './support/fleets.ts';
import { writers } from './support/member.ts';
import { NAMESPACE, replicas, untilWell } from './support/operator.ts';
import { openCluster, site } from './site.ts';

test('a rolling upgrade of the operator restarts no member and writes to no child', async () => {
  const cluster = await openCluster();
  await untilWell(cluster);
  await cluster.apply(writers({ replicas: 2, release: 1 }));
  await untilReady(cluster);
  const before = await childrenOf(cluster);

  const { image, cluster: name } = site();
  const next = `${name}:next`;
  await docker(['build', '--quiet', '--tag', next, '-'], { input: `FROM ${image}\nLABEL upgrade=${name}\n` });
  onTestFinished(async () => void (await docker(['rmi', next])));
  await loadImage(name, next);
  const deployment = [`--namespace=${NAMESPACE}`, 'deployment/nodefleet-operator'];
  await cluster.kubectl(['set', 'image', ...deployment, `operator=${next}`]);
  onTestFinished(async () => {
    await cluster.kubectl(['set', 'image', ...deployment, `operator=${image}`]);
    await cluster.kubectl(['rollout', 'status', ...deployment, '--timeout=120s']);
  });
  await cluster.kubectl(['rollout', 'status', ...deployment, '--timeout=120s']);
  await untilWell(cluster);
  expect((await replicas(cluster)).map(({ spec }) => spec?.containers[0]?.image)).toEqual([next, next]);
  expect(await childrenOf(cluster)).toEqual(before);

  await cluster.apply(writers({ replicas: 2, release: 2 }));
  await untilReleased(cluster, 2);
});

/** What a restart or a write would change: who the pods are, their restarts, and the generation of each StatefulSet. */
async function childrenOf({ client, namespace }: Cluster): Promise<readonly string[]> {
  const pods = await client.list(POD, { namespace });
  const sets = await client.list(STATEFUL_SET, { namespace });
  return [
    ...pods.map(({ metadata, status }) => `${metadata.uid} ${status?.containerStatuses?.[0]?.restartCount}`),
    ...sets.map(({ metadata }) => `${metadata.uid} ${metadata.generation} ${metadata.resourceVersion}`),
  ].toSorted();
}
