// Storage and machines that are slow or stuck on demand, and what the real attach/detach controller makes of it.
import { expect, test } from 'vitest';

import { attachmentsOf, claimOf, podOf, turn } from './pods.ts';
import { newPool } from './pools.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';

const MACHINE = 'machine-0';
const OTHER = 'machine-1';

/** A Ready pod `web` with a claim `data`, on `machine-0`. */
async function runningPod(annotations: Readonly<Record<string, string>> = {}): Promise<Cluster> {
  const cluster = await newCluster();
  await cluster.apply(claimOf({ annotations }));
  await cluster.apply(podOf({ name: 'web', claim: 'data', machine: MACHINE }));
  await cluster.kubectl(['wait', 'pod/web', '--for=condition=Ready', '--timeout=30s']);
  expect(await attachmentsOf(cluster.kubectl, 'data')).toEqual([`${MACHINE} attached`]);
  return cluster;
}

async function untilAttachments({ kubectl }: Cluster, expected: readonly string[]): Promise<void> {
  await eventually(async () => expect(await attachmentsOf(kubectl, 'data')).toEqual(expected));
}

/** How the machine names the claim's volume in `volumesInUse`, if it does. */
async function inUse({ kubectl }: Cluster): Promise<boolean> {
  const volume = await kubectl(['get', 'pvc/data', '-o=jsonpath={.spec.volumeName}']);
  const handle = await kubectl(['get', `pv/${volume}`, '-o=jsonpath={.spec.csi.volumeHandle}']);
  const used = await kubectl(['get', `node/${MACHINE}`, '-o=jsonpath={.status.volumesInUse}']);
  return used.includes(`"kubernetes.io/csi/sim.nodefleet.dev^${handle}"`);
}

test('provision: never keeps a claim unbound and its pod pending until it is taken back', async () => {
  const cluster = await newCluster();
  await cluster.apply(claimOf({ annotations: { 'sim.nodefleet.dev/provision': 'never' } }));
  await cluster.apply(podOf({ name: 'web', claim: 'data' }));
  const chosen = 'jsonpath={.metadata.annotations.volume\\.kubernetes\\.io/selected-node}';
  await cluster.kubectl(['wait', 'pvc/data', `--for=${chosen}`, '--timeout=30s']);
  const bound = '--for=jsonpath={.status.phase}=Bound';
  await expect(cluster.kubectl(['wait', 'pvc/data', bound, '--timeout=1s'])).rejects.toThrow('timed out');
  await turn(cluster.kubectl, 'pvc/data', 'provision', null);
  await cluster.kubectl(['wait', 'pod/web', '--for=condition=Ready', '--timeout=30s']);
});

test('attach: never keeps a pod from starting until it is taken back', async () => {
  const cluster = await newCluster();
  await cluster.apply(claimOf({ annotations: { 'sim.nodefleet.dev/attach': 'never' } }));
  await cluster.apply(podOf({ name: 'web', claim: 'data', machine: MACHINE }));
  await cluster.kubectl(['wait', 'pvc/data', '--for=jsonpath={.status.phase}=Bound', '--timeout=30s']);
  await untilAttachments(cluster, [MACHINE]);
  const ready = '--for=condition=Ready';
  await expect(cluster.kubectl(['wait', 'pod/web', ready, '--timeout=1s'])).rejects.toThrow('timed out');
  await turn(cluster.kubectl, 'pvc/data', 'attach', null);
  await cluster.kubectl(['wait', 'pod/web', ready, '--timeout=30s']);
});

test('detach: never holds the attachment of a pod that is gone until it is taken back', async () => {
  const cluster = await runningPod({ 'sim.nodefleet.dev/detach': 'never' });
  await cluster.kubectl(['delete', 'pod/web']);
  await untilAttachments(cluster, [`${MACHINE} attached detaching`]);
  expect(await inUse(cluster)).toBe(false);
  await turn(cluster.kubectl, 'pvc/data', 'detach', '1s');
  await untilAttachments(cluster, []);
});

test('unmount: never keeps the volume of a force-deleted pod in use, and nobody detaches it or attaches it elsewhere', async () => {
  const cluster = await runningPod();
  await turn(cluster.kubectl, 'pvc/data', 'unmount', 'never');
  await cluster.kubectl(['delete', 'pod/web', '--grace-period=0', '--force']);
  await cluster.apply(podOf({ name: 'next', claim: 'data', machine: OTHER }));
  const refused = 'reason=FailedAttachVolume,involvedObject.name=next';
  await eventually(async () => {
    const messages = await cluster.kubectl(['get', 'events', `--field-selector=${refused}`, '-o=jsonpath={..message}']);
    expect(messages).toContain('Multi-Attach error');
  });
  expect(await inUse(cluster)).toBe(true);
  expect(await attachmentsOf(cluster.kubectl, 'data')).toEqual([`${MACHINE} attached`]);

  await turn(cluster.kubectl, 'pvc/data', 'unmount', null);
  await untilAttachments(cluster, [`${OTHER} attached`]);
  await cluster.kubectl(['wait', 'pod/next', '--for=condition=Ready', '--timeout=30s']);
});

test('a machine can be removed while the attachment of its volume is held', async () => {
  const cluster = await newCluster();
  const pool = await newPool(cluster.kubectl, ['zone-k']);
  const [machine = ''] = pool.machines;
  await cluster.apply(claimOf({ annotations: { 'sim.nodefleet.dev/detach': 'never' } }));
  await cluster.apply(podOf({ name: 'web', claim: 'data', spec: pool.spec }));
  await cluster.kubectl(['wait', 'pod/web', '--for=condition=Ready', '--timeout=30s']);
  await cluster.kubectl(['delete', 'pod/web']);
  await untilAttachments(cluster, [`${machine} attached detaching`]);
  await cluster.kubectl(['delete', `node/${machine}`]);
  await cluster.kubectl(['wait', `csinode/${machine}`, '--for=delete', '--timeout=30s']);
  expect(await attachmentsOf(cluster.kubectl, 'data')).toEqual([`${machine} attached detaching`]);
  await turn(cluster.kubectl, 'pvc/data', 'detach', null);
  await untilAttachments(cluster, []);
});
