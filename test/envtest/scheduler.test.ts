// What the real scheduler does with pods that belong together: why the operator leaves co-location to neither pod
// affinity nor the volume (docs/architecture.md). No operator runs here.
import { expect, test } from 'vitest';

import { POD } from '../../src/kube/kinds.ts';
import { attachmentsOf, claimOf, podOf } from './pods.ts';
import { newPool } from './pools.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';

/** A pod runs only beside a pod with this label. */
function beside(app: string): object {
  const term = { labelSelector: { matchLabels: { app } }, topologyKey: 'kubernetes.io/hostname' };
  return { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
}

/** What the scheduler says of a pod that it cannot place. */
async function refusal(cluster: Cluster, name: string): Promise<string | undefined> {
  const { status } = await cluster.read(POD, name);
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return scheduled?.reason === 'Unschedulable' ? scheduled.message : undefined;
}

async function machineOf(cluster: Cluster, name: string): Promise<string | undefined> {
  return (await cluster.read(POD, name)).spec?.nodeName;
}

test('two fleets that require each other by pod affinity wait for each other for ever on an empty pool', async () => {
  const [bound, free] = [await newCluster(), await newCluster()];
  const { spec } = await newPool(bound.kubectl, ['zone-p', 'zone-p']);
  await bound.apply(podOf({ name: 'web', labels: { app: 'web' }, spec: { ...spec, ...beside('worker') } }));
  await bound.apply(podOf({ name: 'worker', labels: { app: 'worker' }, spec: { ...spec, ...beside('web') } }));
  const deadlocked = async (): Promise<void> => {
    for (const name of ['web', 'worker']) {
      expect(await refusal(bound, name)).toContain("2 node(s) didn't match pod affinity rules");
    }
  };
  await eventually(deadlocked);

  // There is room: the same pods without affinity run, and those with it go on waiting.
  for (const app of ['web', 'worker']) await free.apply(podOf({ name: app, labels: { app }, spec }));
  await free.kubectl(['wait', 'pod/web', 'pod/worker', '--for=condition=Ready', '--timeout=30s']);
  await deadlocked();

  // One pod that requires nobody ends it, which is what makes the mistake so easy to miss.
  await bound.apply(podOf({ name: 'web-by-hand', labels: { app: 'web' }, spec }));
  await bound.kubectl(['wait', 'pod/web', 'pod/worker', '--for=condition=Ready', '--timeout=60s']);
});

test('two pods of one zonal ReadWriteOnce volume land on different machines of the zone, and the second never starts beside the first', async () => {
  const cluster = await newCluster();
  const { machines, spec } = await newPool(cluster.kubectl, ['zone-q', 'zone-q']);
  await cluster.apply(claimOf({ storageClassName: 'zonal' }));
  // More than half a machine each: the scheduler has to choose the other machine of the zone, and the volume lets it.
  await cluster.apply(podOf({ name: 'web', claim: 'data', cpus: 600, spec }));
  await cluster.kubectl(['wait', 'pod/web', '--for=condition=Ready', '--timeout=30s']);
  await cluster.apply(podOf({ name: 'worker', claim: 'data', cpus: 600, spec }));
  await cluster.kubectl(['wait', 'pod/worker', '--for=condition=PodScheduled', '--timeout=30s']);
  const [first = '', second = ''] = [await machineOf(cluster, 'web'), await machineOf(cluster, 'worker')];
  expect([first, second].toSorted()).toEqual(machines);

  const refused = 'reason=FailedAttachVolume,involvedObject.name=worker';
  await eventually(async () => {
    const said = await cluster.kubectl(['get', 'events', `--field-selector=${refused}`, '-o=jsonpath={..message}']);
    expect(said).toMatch(/^Multi-Attach error .* Volume is already used by pod\(s\) web/);
  });
  expect(await attachmentsOf(cluster.kubectl, 'data')).toEqual([`${first} attached`]);
  expect((await cluster.read(POD, 'worker')).status?.phase).toBe('Pending');

  await cluster.kubectl(['delete', 'pod/web']);
  await cluster.kubectl(['wait', 'pod/worker', '--for=condition=Ready', '--timeout=60s']);
  expect(await attachmentsOf(cluster.kubectl, 'data')).toEqual([`${second} attached`]);
});
