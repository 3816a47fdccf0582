// A fleet without storage: what it says of its data, and how it comes to have storage.
import { describe, expect, test } from 'vitest';

import { POD, STATEFUL_SET, type StoredPod } from '../../../src/kube/kinds.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { toImage } from '../support/fleets.ts';
import { handOff, namesOf, readyFleet, untilAllRun, untilReady, volumesOf } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import { findDoubleUse } from '../support/truth.ts';
import { untilSays } from '../support/verdicts.ts';

/** A template that mounts the volume `data` by its name, and defines none. */
const MOUNTING = {
  spec: { containers: [{ name: 'web', image: 'web:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
};

/** What the volume `data` of each pod is: `emptyDir`, or the name of its claim. */
async function volumesData({ client, namespace }: Cluster): Promise<Readonly<Record<string, string>>> {
  const pods = await client.list(POD, { namespace });
  const dataOf = ({ metadata, spec }: StoredPod): readonly [pod: string, data: string] => {
    const data = spec?.volumes?.find(({ name }) => name === 'data');
    return [
      metadata.name,
      data?.persistentVolumeClaim?.claimName ?? (data?.emptyDir === undefined ? 'none' : 'emptyDir'),
    ];
  };
  return Object.fromEntries(pods.map(dataOf));
}

describe('a fleet without storage', () => {
  test('has an emptyDir as the volume data, says what is lost when, and warns of it again when storage is added', async () => {
    const cluster = await newCluster();
    const options = { replicas: 2, spec: { template: MOUNTING } };
    const { operator, truth, since } = await readyFleet(options, cluster);
    expect(await volumesData(cluster)).toEqual({ 'web-0-0': 'emptyDir', 'web-1-0': 'emptyDir' });
    await untilSays(cluster, 'StorageReady', 'True/Ephemeral', 'it is lost with its pod: at each rollout');
    await untilSays(cluster, 'VolumesSafe', 'True/NoVolumes');

    await cluster.patch('web', { spec: { storage: { size: '1Gi' }, rollout: { paused: true } } });
    await untilSays(
      cluster,
      'StorageReady',
      'False/Ephemeral',
      'lost when the member moves to its claim: web-0, web-1',
    );
    await operator.quiet();
    await truth.caughtUp();
    expect(storyOf(truth, new Map(), since)).toEqual([]);

    await cluster.patch('web', { spec: { rollout: { paused: false } } });
    await untilSays(cluster, 'StorageReady', 'True/ClaimsBound');
    await untilReady(cluster);
    expect(await volumesData(cluster)).toEqual({ 'web-0-0': 'web-0', 'web-1-0': 'web-1' });
    await truth.caughtUp();
    // A hand-off per member; there is no volume yet that could be detached.
    const moved = ['web-1', 'web-0'].flatMap((member) => handOff(member, 'web:1'));
    const volumes = await volumesOf(cluster);
    expect(storyOf(truth, volumes, since)).toEqual(moved.filter((line) => !line.endsWith('detached')));
    expect(findDoubleUse(truth, volumes)).toEqual([]);
  });

  test('gets storage in the middle of a surge, and each claim its only pod', async () => {
    const { cluster, truth } = await readyFleet({ replicas: 2 });
    await cluster.patch('web', toImage('web:broken'));
    await eventually(async () => expect(await namesOf(cluster, POD)).toContain('web-1-surge-0'));
    await cluster.patch('web', { spec: { ...toImage('web:2').spec, storage: { size: '1Gi', mountPath: '/data' } } });
    await untilAllRun(cluster, 'web:2');
    await eventually(async () => {
      expect(await namesOf(cluster, STATEFUL_SET)).toEqual(['web-0', 'web-1']);
      expect(await volumesData(cluster)).toEqual({ 'web-0-0': 'web-0', 'web-1-0': 'web-1' });
    });
    await truth.caughtUp();
    expect(findDoubleUse(truth, await volumesOf(cluster))).toEqual([]);
  });
});
