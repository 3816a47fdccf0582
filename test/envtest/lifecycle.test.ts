// A fleet from its creation to its end, and what is left of it: the claims, under each policy and each way to delete.
import { describe, expect, test } from 'vitest';

import { FINALIZER } from '../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { CLAIM, POD, SERVICE, STATEFUL_SET } from '../../src/kube/kinds.ts';
import { newCluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { condition, expectReady, fleet } from './support/fleets.ts';
import { startOperator } from './support/operator.ts';
import { claimUids, namesOf, untilReady } from './support/stage.ts';
import { recordTruth, findDoubleUse } from './support/truth.ts';

describe('kubectl scale', () => {
  test('adds members and removes the last ones; their claims stay, are listed, and are used again', async () => {
    const cluster = await newCluster();
    const { kubectl } = cluster;
    await startOperator(cluster);
    await cluster.apply(fleet({ storage: {} }));
    await untilReady(cluster);
    await kubectl(['scale', 'nd/web', '--replicas=3']);
    await untilReady(cluster);
    expect(await namesOf(cluster, POD)).toEqual(['web-0-0', 'web-1-0', 'web-2-0']);
    const before = await claimUids(cluster);

    await kubectl(['scale', 'nd/web', '--replicas=1']);
    await eventually(async () => {
      for (const kind of [STATEFUL_SET, SERVICE]) expect(await namesOf(cluster, kind)).toEqual(['web-0']);
      expect(await namesOf(cluster, POD)).toEqual(['web-0-0']);
      const { status } = expectReady(await cluster.nd('web'));
      expect(status).toMatchObject({
        replicas: 1,
        members: [{ name: 'web-0' }],
        retainedClaims: [
          { name: 'web-1', uid: before['web-1'], reason: 'ScaledDown' },
          { name: 'web-2', uid: before['web-2'], reason: 'ScaledDown' },
        ],
      });
    });
    expect(await claimUids(cluster)).toEqual(before);

    await kubectl(['scale', 'nd/web', '--replicas=3']);
    await untilReady(cluster);
    expect(await claimUids(cluster)).toEqual(before);
    expect((await cluster.nd('web')).status?.retainedClaims).toBeUndefined();
  });

  test('under onScaleDown Delete takes the claims along, and new members start empty', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    const truth = await recordTruth(cluster);
    await cluster.apply(fleet({ replicas: 2, storage: { retention: { onScaleDown: 'Delete' } } }));
    await untilReady(cluster);
    const before = await claimUids(cluster);
    await cluster.kubectl(['scale', 'nd/web', '--replicas=1']);
    await cluster.kubectl(['scale', 'nd/web', '--replicas=2']);
    await cluster.kubectl(['scale', 'nd/web', '--replicas=1']);
    await eventually(async () => expect(await namesOf(cluster, CLAIM)).toEqual(['web-0']));
    await cluster.kubectl(['scale', 'nd/web', '--replicas=2']);
    await untilReady(cluster);
    const after = await claimUids(cluster);
    expect(after['web-0']).toBe(before['web-0']);
    expect(after['web-1']).not.toBe(before['web-1']);
    await truth.caughtUp();
    expect(findDoubleUse(truth, new Map())).toEqual([]);
  });

  test('to zero stops everything and keeps the claims', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.apply(fleet({ storage: {} }));
    await untilReady(cluster);
    const before = await claimUids(cluster);
    await cluster.kubectl(['scale', 'nd/web', '--replicas=0']);
    await eventually(async () => {
      expect(await namesOf(cluster, POD)).toEqual([]);
      expect(expectReady(await cluster.nd('web')).status).toMatchObject({ replicas: 0, members: [] });
    });
    expect(await claimUids(cluster)).toEqual(before);
  });
});

const CASCADES = [{ cascade: 'background' }, { cascade: 'foreground' }, { cascade: 'orphan' }];

describe('kubectl delete', () => {
  test.for(CASCADES)(
    '--cascade=$cascade under Retain leaves the claims, and a new fleet of the name uses them',
    async ({ cascade }) => {
      const cluster = await newCluster();
      await startOperator(cluster);
      await cluster.apply(fleet({ replicas: 2, storage: {} }));
      await untilReady(cluster);
      const before = await claimUids(cluster);
      const old = await cluster.nd('web');
      expect(old.metadata.finalizers).toBeUndefined();

      await cluster.kubectl(['delete', 'nd/web', `--cascade=${cascade}`]);
      // What kubectl orphans is nobody's: a new fleet refuses it until somebody has deleted it.
      if (cascade === 'orphan') {
        expect(await namesOf(cluster, STATEFUL_SET)).toEqual(['web-0', 'web-1']);
        await cluster.kubectl(['delete', 'statefulset,service', '--all', '--wait=false']);
      }
      await eventually(async () => {
        for (const kind of [STATEFUL_SET, SERVICE, POD]) expect(await namesOf(cluster, kind)).toEqual([]);
      });
      expect(await claimUids(cluster)).toEqual(before);

      await cluster.apply(fleet({ replicas: 2, storage: {} }));
      await untilReady(cluster);
      expect((await cluster.nd('web')).metadata.uid).not.toBe(old.metadata.uid);
      expect(await claimUids(cluster)).toEqual(before);
    },
  );

  test.for(CASCADES.filter(({ cascade }) => cascade !== 'orphan'))(
    '--cascade=$cascade under Delete removes the claims before the fleet is gone',
    async ({ cascade }) => {
      const cluster = await newCluster();
      await startOperator(cluster);
      await cluster.apply(fleet({ replicas: 2, storage: { retention: { onDelete: 'Delete' } } }));
      await untilReady(cluster);
      expect((await cluster.nd('web')).metadata.finalizers).toEqual([FINALIZER]);
      await cluster.kubectl(['delete', 'nd/web', `--cascade=${cascade}`, '--timeout=30s']);
      expect(await claimUids(cluster)).toEqual({});
      await eventually(async () => {
        for (const kind of [NODE_DEPLOYMENT, STATEFUL_SET, SERVICE, POD, CLAIM]) {
          expect(await namesOf(cluster, kind)).toEqual([]);
        }
      });
    },
  );

  test('--cascade=orphan under Delete lets the StatefulSets run on, and keeps the claims that they use', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.apply(fleet({ replicas: 2, storage: { retention: { onDelete: 'Delete' } } }));
    await untilReady(cluster);
    const before = await claimUids(cluster);
    await cluster.kubectl(['delete', 'nd/web', '--cascade=orphan', '--timeout=30s']);
    expect(await namesOf(cluster, NODE_DEPLOYMENT)).toEqual([]);
    expect(await namesOf(cluster, STATEFUL_SET)).toEqual(['web-0', 'web-1']);
    expect(await claimUids(cluster)).toEqual(before);
  });

  test('leaves another controller’s finalizer alone', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.apply(fleet({ storage: { retention: { onDelete: 'Delete' } } }));
    await untilReady(cluster);
    const foreign = 'example.com/keep';
    await cluster.patch('web', { metadata: { finalizers: [FINALIZER, foreign] } });
    await cluster.kubectl(['delete', 'nd/web', '--wait=false']);
    await eventually(async () => expect((await cluster.nd('web')).metadata.finalizers).toEqual([foreign]));
    await eventually(async () => expect(await namesOf(cluster, CLAIM)).toEqual([]));
    await cluster.patch('web', { metadata: { finalizers: null } });
  });
});

describe('a retention policy that is changed', () => {
  test('from Delete to Retain takes the finalizer off, and the claims survive', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.apply(fleet({ storage: { retention: { onDelete: 'Delete' } } }));
    await untilReady(cluster);
    const before = await claimUids(cluster);
    await cluster.patch('web', { spec: { storage: { retention: { onDelete: 'Retain' } } } });
    await eventually(async () => {
      const deployment = expectReady(await cluster.nd('web'));
      expect(deployment.metadata.finalizers).toBeUndefined();
      expect(condition(deployment, 'Stalled')?.status).toBe('False');
    });
    await cluster.kubectl(['delete', 'nd/web']);
    await eventually(async () => expect(await namesOf(cluster, POD)).toEqual([]));
    expect(await claimUids(cluster)).toEqual(before);
  });
});
