// How the simulated kubelet ends pods, as the API server stores and tells it.
import { expect, test } from 'vitest';

import { POD } from '../../src/kube/kinds.ts';
import { podOf, turn, type PodOptions } from './pods.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { recordHistory } from './support/truth.ts';

async function runningPod(options: Partial<PodOptions> = {}): Promise<Cluster> {
  const cluster = await newCluster();
  await cluster.apply(podOf({ name: 'web', ...options }));
  await cluster.kubectl(['wait', 'pod/web', '--for=condition=Ready', '--timeout=30s']);
  return cluster;
}

/** What the watch's last event shows of a pod that is deleted: its phase and how its containers ended. */
async function lastSight(cluster: Cluster, deletion: readonly string[] = []): Promise<object> {
  const pods = await recordHistory(cluster, POD);
  await cluster.kubectl(['delete', 'pod/web', '--wait=false', ...deletion]);
  return eventually(() => {
    const last = pods.moments.find(({ type }) => type === 'DELETED');
    if (last === undefined) throw new Error('the pod is still there');
    const { phase, containerStatuses = [] } = last.object.status ?? {};
    return { phase, states: containerStatuses.map(({ state }) => state) };
  });
}

test('a gracefully deleted pod is Succeeded, its containers terminated, when it is removed', async () => {
  const cluster = await runningPod();
  expect(await lastSight(cluster)).toEqual({
    phase: 'Succeeded',
    states: [{ terminated: expect.objectContaining({ exitCode: 0, reason: 'Completed' }) }],
  });
});

test('a gracefully deleted pod that never ran is Failed when it is removed', async () => {
  const cluster = await newCluster();
  await cluster.apply(podOf({ name: 'web', image: 'web:broken' }));
  const reason = 'jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff';
  await cluster.kubectl(['wait', 'pod/web', `--for=${reason}`, '--timeout=30s']);
  expect(await lastSight(cluster)).toEqual({
    phase: 'Failed',
    states: [{ terminated: expect.objectContaining({ exitCode: 137, reason: 'ContainerStatusUnknown' }) }],
  });
});

test('a pod with a termination time is Running and terminating for that long, then Succeeded, then gone', async () => {
  const cluster = await runningPod({ annotations: { 'kwok.x-k8s.io/termination': '1s' } });
  const pods = await recordHistory(cluster, POD);
  expect(await lastSight(cluster)).toMatchObject({ phase: 'Succeeded' });
  const deleted = pods.moments.filter(({ object }) => object.metadata.deletionTimestamp !== undefined);
  expect([...new Set(deleted.map(({ object }) => object.status?.phase))]).toEqual(['Running', 'Succeeded']);
});

test('a force-deleted pod is still Running in the last that is seen of it', async () => {
  const cluster = await runningPod();
  expect(await lastSight(cluster, ['--grace-period=0', '--force'])).toEqual({
    phase: 'Running',
    states: [{ running: expect.anything() }],
  });
});

test('a pod that is told never to terminate does so once that is taken back', async () => {
  const cluster = await runningPod({ annotations: { 'sim.nodefleet.dev/terminate': 'never' } });
  await cluster.kubectl(['delete', 'pod/web', '--wait=false']);
  await expect(cluster.kubectl(['wait', 'pod/web', '--for=delete', '--timeout=1s'])).rejects.toThrow('timed out');
  await turn(cluster.kubectl, 'pod/web', 'terminate', null);
  await cluster.kubectl(['wait', 'pod/web', '--for=delete', '--timeout=30s']);
});
