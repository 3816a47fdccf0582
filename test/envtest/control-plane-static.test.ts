// Volumes that the simulated storage has not made, or whose driver nobody has registered: bound by the real binder, and
// attached where the real attach/detach controller thinks that they have to be.
import { expect, onTestFinished, test } from 'vitest';

import { attachmentsOf, claimOf, podOf } from './pods.ts';
import { newCluster, type Cluster } from './support/cluster.ts';

const MACHINE = 'machine-0';

async function untilReady(cluster: Cluster): Promise<void> {
  await cluster.apply(podOf({ name: 'web', claim: 'data', machine: MACHINE }));
  await cluster.kubectl(['wait', 'pod/web', '--for=condition=Ready', '--timeout=30s']);
}

const onMachine = { key: 'kubernetes.io/hostname', operator: 'In', values: [MACHINE] };

test.for([
  {
    name: 'a CSI volume',
    source: { csi: { driver: 'sim.nodefleet.dev', volumeHandle: 'by-hand' } },
    attached: [`${MACHINE} attached`],
  },
  {
    name: 'a local volume',
    source: {
      local: { path: '/data' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onMachine] }] } },
    },
    attached: [],
  },
  { name: 'an NFS volume', source: { nfs: { server: 'files', path: '/data' } }, attached: [] },
  { name: 'a hostPath volume', source: { hostPath: { path: '/data' } }, attached: [] },
])('$name made by hand is bound by a claim of class "", and attached to: $attached', async ({ source, attached }) => {
  const cluster = await newCluster();
  const name = `by-hand-${cluster.namespace}`;
  onTestFinished(async () => void (await cluster.kubectl(['delete', `pv/${name}`, '--wait=false'])));
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: '',
      claimRef: { namespace: cluster.namespace, name: 'data' }, // no other test's claim may take it
      ...source,
    },
  });
  await cluster.apply(claimOf({ storageClassName: '', volumeName: name }));
  await untilReady(cluster);
  expect(await attachmentsOf(cluster.kubectl, 'data')).toEqual(attached);
  expect(await cluster.kubectl(['get', `pv/${name}`, '-o=jsonpath={.status.phase}'])).toBe('Bound');
});

test('nothing is made for a claim of class "" that nothing fits', async () => {
  const cluster = await newCluster();
  await cluster.apply(claimOf({ storageClassName: '', size: '900Ti' }));
  await cluster.apply(podOf({ name: 'web', claim: 'data' }));
  await cluster.kubectl(['wait', 'pod/web', '--for=condition=PodScheduled=False', '--timeout=30s']);
  // The sound control: a claim made later that does have a class is bound by now.
  await cluster.apply(claimOf({ name: 'control' }));
  await cluster.apply(podOf({ name: 'control', claim: 'control' }));
  await cluster.kubectl(['wait', 'pod/control', '--for=condition=Ready', '--timeout=30s']);
  expect(await cluster.kubectl(['get', 'pvc/data', '-o=jsonpath={.status.phase}'])).toBe('Pending');
});

test('the volumes of a driver without a CSIDriver object are attached', async () => {
  const cluster = await newCluster();
  await cluster.apply(claimOf({ storageClassName: 'unregistered' }));
  await untilReady(cluster);
  expect(await attachmentsOf(cluster.kubectl, 'data')).toEqual([`${MACHINE} attached`]);
  const drivers = await cluster.kubectl(['get', 'csidrivers', '-o=jsonpath={.items[*].metadata.name}']);
  expect(drivers).not.toContain('unregistered');
});
