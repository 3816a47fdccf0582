// Scenarios 10 and 11: a claim that is to grow, and storage that does it in stages, later, or not at all.
import { describe, expect, test } from 'vitest';

import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import { capacityOf, requestedOf } from '../../../src/domain/volumes/resize.ts';
import { CLAIM, POD } from '../../../src/kube/kinds.ts';
import { claimOf, patch, turn } from '../pods.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { isChildWrite, lineOf } from '../support/exchanges.ts';
import { expectReady, fleet, toImage } from '../support/fleets.ts';
import { startOperator } from '../support/operator.ts';
import { handOff, readyFleet, untilAllRun, untilReady } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import { findDoubleUse } from '../support/truth.ts';
import { untilMembers, untilSays } from '../support/verdicts.ts';

const toSize = (size: string): { readonly spec: object } => ({ spec: { storage: { size } } });

/** What the claim asks for and has, for example `2Gi/1Gi`. */
async function sizesOf(cluster: Cluster, claim: string): Promise<string> {
  const stored = await cluster.read(CLAIM, claim);
  return `${requestedOf(stored)}/${capacityOf(stored)}`;
}

async function untilSizes(cluster: Cluster, sizes: Readonly<Record<string, string>>): Promise<void> {
  await eventually(async () => {
    const found = await Promise.all(Object.keys(sizes).map(async (name) => [name, await sizesOf(cluster, name)]));
    expect(Object.fromEntries(found)).toEqual(sizes);
  });
}

/** All claims of the namespace may ask for so much; resolves once the API server enforces it. */
async function setQuota({ kubectl }: Cluster, storage: string): Promise<void> {
  const spec = { hard: { 'requests.storage': storage } };
  await kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'storage' }, spec });
  const path = String.raw`jsonpath={.status.hard.requests\.storage}=${storage}`;
  await kubectl(['wait', 'resourcequota/storage', `--for=${path}`, '--timeout=30s']);
}

/** Lets the operator look now: nobody tells it of a quota that was raised, and by itself it looks again after a minute. */
async function nudge({ kubectl }: Cluster): Promise<void> {
  await kubectl(['annotate', '--overwrite', 'nd/web', `example.com/looked-at=${Date.now()}`]);
}

async function podUids({ client, namespace }: Cluster): Promise<readonly string[]> {
  return (await client.list(POD, { namespace })).map(({ metadata }) => metadata.uid).toSorted();
}

describe('scenario 10: the image and the size, changed together (cloudnative-pg#9786)', () => {
  test('are one hand-off, whose pod is started although the file system has yet to grow', async () => {
    const storage = { storageClassName: 'staged' };
    const { cluster, truth, volumes, since } = await readyFleet({ storage });
    await turn(cluster.kubectl, 'pvc/web-0', 'expand', 'never');
    await turn(cluster.kubectl, 'pvc/web-0', 'detach', 'never');
    await cluster.patch('web', { spec: { ...toImage('web:2').spec, ...toSize('2Gi').spec } });
    await untilSizes(cluster, { 'web-0': '2Gi/1Gi' });
    await untilMembers(cluster, [{ phase: 'AwaitingDetach' }]);
    await turn(cluster.kubectl, 'pvc/web-0', 'expand', null);
    await untilSays(cluster, 'StorageReady', 'False/FileSystemResizePending', 'when a pod mounts it: web-0');
    expect(await sizesOf(cluster, 'web-0')).toBe('2Gi/1Gi');

    await turn(cluster.kubectl, 'pvc/web-0', 'detach', null);
    await untilAllRun(cluster, 'web:2');
    await untilSizes(cluster, { 'web-0': '2Gi/2Gi' });
    const { status } = await untilSays(cluster, 'StorageReady', 'True/ClaimsBound');
    expect(status).toMatchObject({
      largestCapacity: '2Gi',
      members: [{ phase: 'Running', claim: { capacity: '2Gi' } }],
    });
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(handOff('web-0', 'web:2'));
    expect(findDoubleUse(truth, volumes)).toEqual([]);
  });
});

describe('scenario 11: an expansion that the storage class forbids', () => {
  test('is said, with the claim and the reason, while the members run on and can still be rolled', async () => {
    const { cluster } = await readyFleet({ replicas: 2, storage: { storageClassName: 'no-expansion' } });
    const before = await podUids(cluster);
    await cluster.patch('web', toSize('2Gi'));
    await untilSays(
      cluster,
      'Stalled',
      'True/ExpansionNotAllowed',
      'PersistentVolumeClaim web-0: .*resize; set spec.storage.size back',
    );
    expect(await podUids(cluster)).toEqual(before);
    const { status } = await untilSays(
      cluster,
      'StorageReady',
      'False/ResizePending',
      'smaller than 2Gi: web-0, web-1',
    );
    expect(status).toMatchObject({ readyReplicas: 2, availableReplicas: 2, largestCapacity: '1Gi' });

    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => {
      const { status: rolled } = await cluster.nd('web');
      expect(rolled).toMatchObject({ updatedReplicas: 2, availableReplicas: 2, plan: { phase: 'Completed' } });
    });
    await untilSays(cluster, 'Stalled', 'True/ExpansionNotAllowed');
    await untilSizes(cluster, { 'web-0': '1Gi/1Gi', 'web-1': '1Gi/1Gi' });

    await cluster.patch('web', toSize('1Gi'));
    await untilReady(cluster);
    await untilSays(cluster, 'Stalled', 'False/NotStalled');
  });

  test("of one member's claim holds up no other's", async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.apply(claimOf({ name: 'web-0', storageClassName: 'no-expansion' }));
    await cluster.apply(fleet({ replicas: 2, storage: { existingClaims: 'AdoptAny' } }));
    await untilReady(cluster);
    await cluster.patch('web', toSize('2Gi'));
    await untilSizes(cluster, { 'web-0': '1Gi/1Gi', 'web-1': '2Gi/2Gi' });
    await untilSays(cluster, 'Stalled', 'True/ExpansionNotAllowed', 'PersistentVolumeClaim web-0');
  });
});

describe('scenario 11: an expansion that the storage finds infeasible', () => {
  test('is said, with what the storage said, and is recovered from by a size that there is room for', async () => {
    const { cluster } = await readyFleet({ storage: { storageClassName: 'limited' } });
    const before = await podUids(cluster);
    await cluster.patch('web', toSize('5Gi'));
    await untilSays(cluster, 'Stalled', 'True/ResizeInfeasible', 'web-0 cannot grow from 1Gi to 5Gi .*no room for 5Gi');
    await untilSays(cluster, 'StorageReady', 'False/ResizeInfeasible', 'web-0');
    await cluster.patch('web', toSize('3Gi'));
    await untilSizes(cluster, { 'web-0': '3Gi/3Gi' });
    await untilSays(cluster, 'StorageReady', 'True/ClaimsBound');
    await untilSays(cluster, 'Stalled', 'False/NotStalled');
    expectReady(await cluster.nd('web'));
    expect(await podUids(cluster)).toEqual(before);
  });

  test('taken back to the capacity is no trouble any more, though the API server keeps the request', async () => {
    const { cluster, operator } = await readyFleet({ storage: { storageClassName: 'limited' } });
    await cluster.patch('web', toSize('5Gi'));
    await untilSays(cluster, 'Stalled', 'True/ResizeInfeasible');
    // What the operator knows not to try.
    const toCapacity = patch(cluster.kubectl, 'pvc/web-0', { spec: { resources: { requests: { storage: '1Gi' } } } });
    await expect(toCapacity).rejects.toThrow('field can not be less than');

    operator.recording.clear();
    await cluster.patch('web', toSize('1Gi'));
    await untilSays(cluster, 'Stalled', 'False/NotStalled');
    await untilSays(cluster, 'StorageReady', 'True/ClaimsBound');
    const { status } = await untilReady(cluster);
    expect(status?.members).toMatchObject([{ phase: 'Running', claim: { requested: '5Gi', capacity: '1Gi' } }]);
    expect(operator.recording.writes().filter((write) => isChildWrite(write))).toEqual([]);
    await expect(cluster.patch('web', toSize('512Mi'))).rejects.toThrow('512Mi is less than 1Gi');

    await cluster.patch('web', toSize('2Gi'));
    await untilSizes(cluster, { 'web-0': '2Gi/2Gi' });
  });
});

describe('scenario 11: an expansion of a claim that is not bound', () => {
  test('waits, as the API server demands, and comes when the claim has its first pod', async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    await cluster.apply(fleet({ storage: {}, spec: { suspend: true } }));
    await untilSays(cluster, 'StorageReady', 'False/ClaimsPending', 'web-0');
    await cluster.patch('web', toSize('2Gi'));
    await operator.quiet();
    await untilSays(cluster, 'Stalled', 'False/NotStalled');
    expect(await sizesOf(cluster, 'web-0')).toBe('1Gi/undefined');
    await cluster.patch('web', { spec: { suspend: false } });
    await untilReady(cluster);
    await untilSizes(cluster, { 'web-0': '2Gi/2Gi' });
    const refused = operator.recording.writes().filter(({ status = 0 }) => status >= 400 && status !== 409);
    expect(refused.map(lineOf)).toEqual([]);
  });
});

describe('scenario 11: a quota', () => {
  test('that has no room for another claim, or for a larger one, stalls that member alone, until there is room', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await setQuota(cluster, '2Gi');
    await cluster.apply(fleet({ replicas: 3, storage: {} }));
    await untilSays(
      cluster,
      'Stalled',
      'True/QuotaExceeded',
      'web-2: .*exceeded quota: storage, requested: .*1Gi.*; raise the quota',
    );
    await untilMembers(cluster, [
      { name: 'web-0', phase: 'Running' },
      { name: 'web-1', phase: 'Running' },
      { name: 'web-2', phase: 'Pending', reason: 'QuotaExceeded' },
    ]);
    await setQuota(cluster, '4Gi');
    await nudge(cluster);
    await untilReady(cluster);

    await cluster.patch('web', toSize('2Gi'));
    await untilSays(cluster, 'Stalled', 'True/QuotaExceeded', 'web-1: .*exceeded quota');
    await untilSizes(cluster, { 'web-0': '2Gi/2Gi', 'web-1': '1Gi/1Gi', 'web-2': '1Gi/1Gi' });
    expect((await cluster.nd('web')).status).toMatchObject({ availableReplicas: 3 });
    await setQuota(cluster, '6Gi');
    await nudge(cluster);
    await untilSizes(cluster, { 'web-0': '2Gi/2Gi', 'web-1': '2Gi/2Gi', 'web-2': '2Gi/2Gi' });
    await untilReady(cluster);
  });
});

describe("somebody else's growth of a claim", () => {
  test('stays, whatever else is written to the claim, until the spec asks for more', async () => {
    const { cluster, operator } = await readyFleet({ storage: {} });
    await patch(cluster.kubectl, 'pvc/web-0', { spec: { resources: { requests: { storage: '5Gi' } } } });
    await untilSizes(cluster, { 'web-0': '5Gi/5Gi' });
    await eventually(async () => expect((await cluster.nd('web')).status).toMatchObject({ largestCapacity: '5Gi' }));
    await cluster.patch('web', toSize('2Gi'));
    await untilReady(cluster);
    await operator.quiet();
    expect(operator.recording.writes().filter((write) => isChildWrite(write))).toEqual([]);

    await cluster.kubectl(['label', 'pvc/web-0', `${LABEL.appName}-`]);
    await eventually(async () =>
      expect((await cluster.read(CLAIM, 'web-0')).metadata.labels).toMatchObject({ [LABEL.appName]: 'web' }),
    );
    expect(await sizesOf(cluster, 'web-0')).toBe('5Gi/5Gi');
    await cluster.patch('web', toSize('6Gi'));
    await untilSizes(cluster, { 'web-0': '6Gi/6Gi' });
    expectReady(await cluster.nd('web'));
  });
});
