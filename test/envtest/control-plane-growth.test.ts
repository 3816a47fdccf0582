// The simulated resizer and kubelet growing claims in stages, as the API server lets them.
import { expect, test } from 'vitest';

import { CLAIM } from '../../src/kube/kinds.ts';
import { claimOf, patch, podOf } from './pods.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { recordHistory } from './support/truth.ts';

/** A Ready pod `web` with a claim `data` of 1Gi. */
async function runningPod(storageClassName: string): Promise<Cluster> {
  const cluster = await newCluster();
  await cluster.apply(claimOf({ storageClassName }));
  await cluster.apply(podOf({ name: 'web', claim: 'data' }));
  await cluster.kubectl(['wait', 'pod/web', '--for=condition=Ready', '--timeout=30s']);
  return cluster;
}

async function request({ kubectl }: Cluster, storage: string): Promise<void> {
  await patch(kubectl, 'pvc/data', { spec: { resources: { requests: { storage } } } });
}

interface Growth {
  readonly capacity: string | undefined;
  readonly stage: string | undefined;
  readonly conditions: readonly string[];
}

async function growth(cluster: Cluster): Promise<Growth> {
  const { status } = await cluster.read(CLAIM, 'data');
  return {
    capacity: status?.capacity?.['storage'],
    stage: status?.allocatedResourceStatuses?.['storage'],
    conditions: (status?.conditions ?? []).map(({ type }) => type),
  };
}

async function until(cluster: Cluster, expected: Growth): Promise<void> {
  await eventually(async () => expect(await growth(cluster)).toEqual(expected));
}

test('a claim of class staged grows on its machine only while a pod mounts it', async () => {
  const cluster = await runningPod('staged');
  await cluster.kubectl(['delete', 'pod/web']);
  await request(cluster, '2Gi');
  const conditions = ['Resizing', 'FileSystemResizePending'];
  await until(cluster, { capacity: '1Gi', stage: 'NodeResizePending', conditions });
  await cluster.apply(podOf({ name: 'next', claim: 'data' }));
  await until(cluster, { capacity: '2Gi', stage: undefined, conditions: [] });
});

test('a claim of class staged that is mounted passes all stages by itself', async () => {
  const cluster = await runningPod('staged');
  const claims = await recordHistory(cluster, CLAIM);
  await request(cluster, '2Gi');
  await until(cluster, { capacity: '2Gi', stage: undefined, conditions: [] });
  await claims.caughtUp();
  const stages = claims.moments.map(({ object }) => object.status?.allocatedResourceStatuses?.['storage']);
  expect([...new Set(stages)]).toEqual([undefined, 'ControllerResizeInProgress', 'NodeResizePending']);
});

test('a claim of class limited recovers from infeasible growth when it asks for what there is room for', async () => {
  const cluster = await runningPod('limited');
  await request(cluster, '5Gi');
  const conditions = ['Resizing', 'ControllerResizeError'];
  await until(cluster, { capacity: '1Gi', stage: 'ControllerResizeInfeasible', conditions });
  await request(cluster, '3Gi');
  await until(cluster, { capacity: '3Gi', stage: undefined, conditions: [] });
  await expect(request(cluster, '2Gi')).rejects.toThrow('can not be less than');
});
