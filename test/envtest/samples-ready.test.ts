// The samples in config/samples under the operator: each becomes what its spec says. (samples.test.ts: that they are
// valid.)
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { DATA_VOLUME, LABEL } from '../../src/api/v1alpha1/names.ts';
import type { NodeDeployment, StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { isPinnedTo } from '../../src/domain/desired/pin.ts';
import { CLAIM, CRON_JOB, POD } from '../../src/kube/kinds.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { expectReady } from './support/fleets.ts';
import { startOperator } from './support/operator.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'config', 'samples');
const SAMPLES = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');

/** `Type=Status/Reason` of every condition. */
function conditionsOf({ status }: StoredNodeDeployment): readonly string[] {
  return (status?.conditions ?? []).map(({ type, status: is, reason }) => `${type}=${is}/${reason}`).toSorted();
}

function expectedConditions({ spec: { storage } }: NodeDeployment): readonly string[] {
  const isShared = storage?.accessMode === 'ReadWriteMany';
  const volumes = storage === undefined ? 'NoVolumes' : isShared ? 'SharedByDesign' : 'ExclusiveAttach';
  return [
    'Accepted=True/Valid',
    'Paused=False/NotPaused',
    'Progressing=False/Complete',
    'Ready=True/AllMembersReady',
    'Stalled=False/NotStalled',
    `StorageReady=True/${storage === undefined ? 'Ephemeral' : 'ClaimsBound'}`,
    `VolumesSafe=True/${volumes}`,
  ];
}

/** What `kubectl get` prints, by column. */
async function columns({ kubectl }: Cluster, ...args: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const [header = '', row = ''] = (await kubectl(['get', 'nd', ...args])).split('\n');
  const values = row.split(/\s+/);
  return Object.fromEntries(header.split(/\s+/).map((name, index) => [name, values[index] ?? '']));
}

test.for(SAMPLES)('%s becomes Ready, with the status, the pods and the claims that it asks for', async (file) => {
  const cluster = await newCluster();
  await startOperator(cluster);
  await cluster.kubectl(['apply', '-f', join(FOLDER, file)]);
  const name = await cluster.kubectl(['get', 'nd', '-o=jsonpath={.items[0].metadata.name}']);
  const deployment = await eventually(async () => {
    const found = expectReady(await cluster.nd(name));
    expect(conditionsOf(found)).toEqual(expectedConditions(found));
    return found;
  });

  const { spec, status } = deployment;
  const names = Array.from({ length: spec.replicas }, (_, ordinal) => `${name}-${ordinal}`);
  expect(status).toMatchObject({
    replicas: spec.replicas,
    readyReplicas: spec.replicas,
    updatedReplicas: spec.replicas,
    availableReplicas: spec.replicas,
    currentRevision: status?.updateRevision,
    members: names.map((member) => ({ name: member, phase: 'Running', revision: status?.updateRevision })),
  });
  expect(status?.plan).toBeUndefined();
  await eventually(() => expectPods(cluster, deployment));
  await expectClaims(cluster, deployment, names);
  await expectCronJobs(cluster, deployment);
  expect(await columns(cluster, '-o=wide')).toMatchObject({
    NAME: name,
    DESIRED: String(spec.replicas),
    READY: String(spec.replicas),
    UPDATED: String(spec.replicas),
    STATUS: 'AllMembersReady',
    REVISION: status?.updateRevision,
    ...(spec.storage && { STORAGE: spec.storage.size }),
  });
  expect(Object.keys(await columns(cluster))).toEqual(['NAME', 'DESIRED', 'READY', 'UPDATED', 'STATUS', 'AGE']);
});

/** Each member has one pod, and one for each follower; a container of each mounts `data`, the claim or an emptyDir. */
async function expectPods({ client, namespace }: Cluster, { spec }: StoredNodeDeployment): Promise<void> {
  const pods = await client.list(POD, { namespace });
  const followers = spec.consumers?.filter(({ kind }) => kind === 'Follower') ?? [];
  expect(pods).toHaveLength(spec.replicas * (1 + followers.length));
  for (const pod of pods) {
    const data = pod.spec?.volumes?.find((volume) => volume.name === DATA_VOLUME);
    const claimName = pod.metadata.labels?.[LABEL.member] ?? pod.metadata.labels?.[LABEL.consumerOf];
    expect(data).toMatchObject(
      spec.storage === undefined ? { emptyDir: {} } : { persistentVolumeClaim: { claimName } },
    );
    const mounts = pod.spec?.containers.flatMap((container) => container.volumeMounts ?? []);
    expect(mounts?.map((mount) => mount.name)).toContain(DATA_VOLUME);
  }
}

/** Each member has its CronJobs, on the machine of its pod, by the schedule of the spec. */
async function expectCronJobs({ client, namespace }: Cluster, { spec, status }: StoredNodeDeployment): Promise<void> {
  const wanted = (spec.consumers ?? []).filter(({ kind }) => kind === 'CronJob');
  const found = (await client.list(CRON_JOB, { namespace })).map(({ metadata, spec: own }) => {
    const affinity = own?.jobTemplate.spec?.template.spec?.affinity;
    const machine = status?.members?.find((member) => isPinnedTo(affinity, member.nodeName ?? ''))?.name;
    return `${metadata.name} ${own?.schedule} of ${machine} ${own?.suspend === true ? 'suspended' : 'due'}`;
  });
  const members = status?.members ?? [];
  const expected = members.flatMap(({ name: member }) =>
    wanted.map(({ name, schedule }) => `${member}-${name} ${schedule} of ${member} due`),
  );
  expect(found.toSorted()).toEqual(expected.toSorted());
}

/** Each member has a bound claim of the asked size, owned by nobody; without storage there are none. */
async function expectClaims(
  { client, namespace }: Cluster,
  { spec: { storage } }: StoredNodeDeployment,
  names: readonly string[],
): Promise<void> {
  const claims = await client.list(CLAIM, { namespace });
  const found = claims.map(
    ({ metadata, status }) => `${metadata.name} ${status?.phase} ${status?.capacity?.['storage']}`,
  );
  expect(found.toSorted()).toEqual(storage === undefined ? [] : names.map((name) => `${name} Bound ${storage.size}`));
  for (const { metadata } of claims) expect(metadata.ownerReferences).toBeUndefined();
}
