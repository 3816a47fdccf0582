// A fleet from its creation to its end, and what is left of it: the claims, under each policy and each way to delete.
import { describe, expect, test } from 'vitest';

import { FINALIZER } from '../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { CLAIM, POD, SERVICE, STATEFUL_SET } from '../../src/kube/kinds.ts';
import { newCluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { lineOf } from './support/exchanges.ts';
import { condition, expectReady, fleet } from './support/fleets.ts';
import { startOperator } from './support/operator.ts';
import { newReconciler } from './support/reconcilers.ts';
import { claimUids, namesOf, untilReady } from './support/stage.ts';

describe('kubectl scale', () => {
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

describe('kubectl delete', () => {
  test.for([{ cascade: 'background' }, { cascade: 'foreground' }])(
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

  test('is no error for a reconcile that has read the fleet before another one let it go', async () => {
    const cluster = await newCluster();
    const [first, late] = [await newReconciler(cluster), await newReconciler(cluster)];
    await cluster.apply(fleet({ storage: { retention: { onDelete: 'Delete' } } }));
    let caches = await first.read('web');
    await first.reconcile('web', caches);
    await cluster.kubectl(['delete', 'nd/web', '--wait=false']);
    await eventually(async () => {
      caches = await first.read('web');
      await first.reconcile('web', caches);
      expect(await namesOf(cluster, NODE_DEPLOYMENT)).toEqual([]);
    });
    expect(await late.reconcile('web', caches)).toMatchObject({ type: 'conflict' });
    expect(late.recording.writes().map(lineOf)).toEqual(['PATCH nodedeployments/web 404']);
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
