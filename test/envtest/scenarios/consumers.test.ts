// Scenario 12: a pod of somebody else mounts a member's claim. Nothing that it blocks is begun, and the fleet names it.
import { describe, expect, test } from 'vitest';

import type { StoredNodeDeployment } from '../../../src/api/v1alpha1/node-deployment.ts';
import { POD, STATEFUL_SET } from '../../../src/kube/kinds.ts';
import { attachmentsOf, podOf } from '../pods.ts';
import type { Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { toImage } from '../support/fleets.ts';
import { delay } from '../support/knobs.ts';
import { handOff, imagesOf, namesOf, readyFleet, untilAllRun, untilReady } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import type { Truth } from '../support/truth.ts';
import { untilMembers, untilSays } from '../support/verdicts.ts';

/** Resolves once the fleet says which pod blocks it. */
const untilBlocked = (cluster: Cluster, says: string): Promise<StoredNodeDeployment> =>
  untilSays(cluster, 'Stalled', 'True/BlockedByConsumer', says);

/** What a pod says to mount the claim of a member. */
const mounting = (claim: string): object => ({
  containers: [{ name: 'other', image: 'other:1' }],
  volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }],
});

/** A Deployment `backup` of one pod that mounts the claim of the member, on the machine where the member's pod is. */
async function backupOf(cluster: Cluster, member: string): Promise<object> {
  const { nodeName } = (await cluster.read(POD, `${member}-0`)).spec ?? {};
  const labels = { app: 'backup' };
  const template = { metadata: { labels }, spec: { nodeName, ...mounting(member) } };
  const spec = { selector: { matchLabels: labels }, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'backup' }, spec };
}

async function untilPodReady({ kubectl }: Cluster, name: string): Promise<void> {
  await kubectl(['wait', `pod/${name}`, '--for=condition=Ready', '--timeout=30s']);
}

/** What happened to the members' own pods and volumes. */
async function membersStory(truth: Truth, volumes: ReadonlyMap<string, string>, since: number) {
  await truth.caughtUp();
  return storyOf(truth, volumes, since).filter((line) => line.startsWith('web-'));
}

describe('scenario 12: another workload that holds the claim (kubeflow/dashboard#60)', () => {
  test('before the rollout keeps its member running, is named with its owner, and lets the others move', async () => {
    const { cluster, truth, volumes, since } = await readyFleet({ replicas: 2, storage: {} });
    await cluster.apply(await backupOf(cluster, 'web-0'));
    await cluster.kubectl(['rollout', 'status', 'deployment/backup', '--timeout=30s']);
    const [holder] = await cluster.client.list(POD, { namespace: cluster.namespace, labelSelector: 'app=backup' });
    const before = await cluster.read(POD, 'web-0-0');

    await cluster.patch('web', toImage('web:2'));
    await untilBlocked(
      cluster,
      `web-0: pod ${holder?.metadata.name} mounts claim web-0; scale down or delete its Deployment backup`,
    );
    await eventually(async () => {
      expect(await imagesOf(cluster)).toEqual(['web:1', 'web:2']);
      expect((await cluster.nd('web')).status?.members).toMatchObject([
        { name: 'web-0', phase: 'Running', reason: 'BlockedByConsumer', podUID: before.metadata.uid },
        { name: 'web-1', phase: 'Running' },
      ]);
    });

    await cluster.kubectl(['scale', 'deployment/backup', '--replicas=0']);
    await untilAllRun(cluster, 'web:2');
    const moved = ['web-1', 'web-0'].flatMap((member) => handOff(member, 'web:2'));
    expect(await membersStory(truth, volumes, since)).toEqual(moved);
  });

  test('in the middle of a hand-off is waited for, and the member starts after it', async () => {
    const { cluster, truth, volumes, since } = await readyFleet({ storage: {} });
    const { nodeName } = (await cluster.read(POD, 'web-0-0')).spec ?? {};
    // Not there: on another machine the volume has to be attached anew, whatever becomes of the attachment that goes.
    const machine = nodeName === 'machine-0' ? 'machine-1' : 'machine-0';
    await delay(cluster, 'web-0', 'detach', 'never');
    await cluster.patch('web', toImage('web:2'));
    await untilMembers(cluster, [{ phase: 'AwaitingDetach', attachment: { state: 'Detaching' } }]);
    await cluster.apply(podOf({ name: 'debug', claim: 'web-0', machine }));
    await delay(cluster, 'web-0', 'detach', undefined);
    await untilPodReady(cluster, 'debug');
    const { status } = await untilBlocked(cluster, 'web-0: pod debug mounts claim web-0; delete that pod');
    expect(status?.members?.[0]).toMatchObject({ name: 'web-0', reason: 'BlockedByConsumer' });
    expect(await namesOf(cluster, POD)).toEqual(['debug']);

    await cluster.kubectl(['delete', 'pod/debug']);
    await untilAllRun(cluster, 'web:2');
    const story = await membersStory(truth, volumes, since);
    const visit = ['web-0 attached', 'web-0 detached'];
    expect(story).toEqual(
      handOff('web-0', 'web:2').flatMap((line) => (line.endsWith('detached') ? [line, ...visit] : line)),
    );
  });

  test('of a member that comes back keeps it from starting, until a Job has completed though its pod is still there', async () => {
    const { cluster, truth, volumes, since } = await readyFleet({ replicas: 2, storage: {} });
    await cluster.kubectl(['scale', 'nd/web', '--replicas=1']);
    await eventually(async () => expect(await attachmentsOf(cluster.kubectl, 'web-1')).toEqual([]));
    await delay(cluster, 'web-1', 'attach', 'never'); // and so long the Job cannot begin
    const template = { spec: { restartPolicy: 'Never', ...mounting('web-1') } };
    await cluster.apply({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'export' }, spec: { template } });
    await eventually(async () => expect(await namesOf(cluster, POD)).toHaveLength(2));
    await cluster.kubectl(['scale', 'nd/web', '--replicas=2']);
    await untilBlocked(cluster, 'web-1: pod export-.* mounts claim web-1; scale down or delete its Job export');
    expect(await namesOf(cluster, STATEFUL_SET)).toEqual(['web-0']);

    await delay(cluster, 'web-1', 'attach', undefined);
    await untilReady(cluster);
    expect(await namesOf(cluster, POD)).toEqual([expect.stringMatching('export-'), 'web-0-0', 'web-1-0']);
    expect(await membersStory(truth, volumes, since)).toEqual([
      'web-1 pod gone',
      'web-1 detached',
      'web-1 attached',
      'web-1 detached',
      'web-1 pod made',
      'web-1 attached',
      'web-1 ready',
    ]);
  });
});
