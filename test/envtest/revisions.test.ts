// The record of pod templates on a real API server: what `kubectl get controllerrevisions` shows of a fleet.
import { describe, expect, test } from 'vitest';

import { LABEL } from '../../src/api/v1alpha1/names.ts';
import { revisionsOf } from '../../src/domain/rollout/revisions.ts';
import { NO_READINGS, arrange } from '../../src/domain/observed.ts';
import { CONTROLLER_REVISION, type StoredControllerRevision } from '../../src/kube/kinds.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { fleet, toImage } from './support/fleets.ts';
import { startOperator } from './support/operator.ts';
import { namesOf, readyFleet, untilAllRun, untilReady } from './support/stage.ts';

/** The fleet's own records, oldest first; those of its members' StatefulSets have the same labels. */
async function records(cluster: Cluster): Promise<readonly StoredControllerRevision[]> {
  const { namespace, client } = cluster;
  const revisions = await client.list(CONTROLLER_REVISION, { namespace, labelSelector: `${LABEL.deployment}=web` });
  return revisionsOf(arrange(await cluster.nd('web'), 0, { ...NO_READINGS, revisions }));
}

const imageIn = ({ revision, data }: StoredControllerRevision): string =>
  `${revision} ${data.spec.template.spec.containers[0].image}`;

describe('the records of a fleet', () => {
  test('hold each template once, and one that is used again becomes the newest', async () => {
    const { cluster, operator } = await readyFleet({ replicas: 2 });
    for (const image of ['web:2', 'web:1']) {
      await cluster.patch('web', toImage(image));
      await untilAllRun(cluster, image);
    }
    expect((await records(cluster)).map(imageIn)).toEqual(['2 web:2', '3 web:1']);
    const writes = operator.recording.writes().filter(({ path }) => path.includes('/controllerrevisions/'));
    expect(writes.map(({ status }) => status)).toEqual([201, 200]);
    const { status } = await cluster.nd('web');
    expect(status?.history).toMatchObject([
      { id: status?.plan?.id, phase: 'Completed', targetRevision: status?.currentRevision, generation: 3 },
      { phase: 'Completed', generation: 2 },
    ]);
  });

  test('are ten at most, the oldest go first, and all go with the fleet', async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    await cluster.apply(fleet({ replicas: 0, image: 'web:0' }));
    for (let version = 1; version <= 11; version += 1) {
      await eventually(async () => {
        expect((await records(cluster)).map(imageIn).at(-1)).toBe(`${version} web:${version - 1}`);
      });
      await cluster.patch('web', toImage(`web:${version}`));
    }
    const kept = Array.from({ length: 10 }, (_, index) => `${index + 3} web:${index + 2}`);
    await eventually(async () => expect((await records(cluster)).map(imageIn)).toEqual(kept));
    await operator.quiet();
    await cluster.kubectl(['delete', 'nd', 'web']);
    await eventually(async () => expect(await namesOf(cluster, CONTROLLER_REVISION)).toEqual([]));
  });

  test('of a fleet that was deleted are not those of the next fleet of its name', async () => {
    const { cluster } = await readyFleet({});
    const [former] = await records(cluster);
    await cluster.kubectl(['delete', 'nd', 'web']);
    await cluster.apply(fleet({}));
    await untilReady(cluster);
    const now = await eventually(async () => {
      const found = await records(cluster);
      expect(found.map(imageIn)).toEqual(['1 web:1']);
      return found;
    });
    expect(now[0]?.metadata.name).toBe(former?.metadata.name);
    expect(now[0]?.metadata.uid).not.toBe(former?.metadata.uid);
  });

  test('are found by name where they have lost their labels', async () => {
    const { cluster, operator } = await readyFleet({ rollout: { paused: true } });
    await cluster.patch('web', toImage('web:2'));
    const [, newest] = await eventually(async () => {
      const found = await records(cluster);
      expect(found.map(imageIn)).toEqual(['1 web:1', '2 web:2']);
      return found;
    });
    const labels = Object.keys(newest?.metadata.labels ?? {}).map((label) => `${label}-`);
    await cluster.kubectl(['label', 'controllerrevision', newest?.metadata.name ?? '', ...labels]);
    await eventually(async () => expect((await records(cluster)).map(imageIn)).toEqual(['1 web:1', '2 web:2']));
    await operator.quiet();
  });
});
