// A fleet is deleted while a write of the operator is under way, on the real API server.
import { describe, expect, test } from 'vitest';

import { FINALIZER } from '../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { CLAIM, POD, STATEFUL_SET } from '../../src/kube/kinds.ts';
import type { HttpRequest } from '../../src/runtime/client/transport.ts';
import type { Cluster } from '../envtest/support/cluster.ts';
import { newCluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import {
  answeredWrites,
  isChildWrite,
  isStatefulSetWrite,
  isStatusWrite,
  lineOf,
} from '../envtest/support/exchanges.ts';
import { expectReady, fleet } from '../envtest/support/fleets.ts';
import { startOperator } from '../envtest/support/operator.ts';
import { namesOf, readyFleet } from '../envtest/support/stage.ts';
import { measure } from './report/measure.ts';

const DELETE_CLAIMS = { retention: { onDelete: 'Delete' } };

async function untilGone(cluster: Cluster): Promise<void> {
  await eventually(async () => {
    for (const kind of [NODE_DEPLOYMENT, STATEFUL_SET, POD]) expect(await namesOf(cluster, kind)).toEqual([]);
  });
}

describe('a fleet that is deleted while the operator is about to create a child', () => {
  test.for([
    { name: 'C8 with our finalizer', storage: DELETE_CLAIMS, left: [] },
    { name: 'C9 without it', storage: {}, left: ['data-web-0', 'data-web-1'] },
  ])('$name: that one write may still arrive, nothing else is created, and nothing comes back', async ({ storage }) => {
    const { cluster, operator, truth } = await readyFleet({ storage });
    const held = operator.hold((request) => isStatefulSetWrite(request, 'web-1'), 'before-send');
    await cluster.patch('web', { spec: { replicas: 2 } });
    await held.reached;
    const claims = await namesOf(cluster, CLAIM);
    operator.recording.clear();
    await cluster.kubectl(['delete', 'nd/web', '--wait=false']);
    held.release();

    await untilGone(cluster);
    await operator.quiet();
    const creations = operator.recording.writes().filter((write) => isChildWrite(write) && write.method !== 'DELETE');
    measure({ 'children created afterwards': creations.length });
    expect(creations.map(lineOf)).toEqual([]);
    await untilGone(cluster);
    expect(await namesOf(cluster, CLAIM)).toEqual(storage === DELETE_CLAIMS ? [] : claims);
    await truth.caughtUp();
    // The held one was made once at most, and not again after it was collected.
    const made = truth.statefulSets.moments.filter(
      ({ type, object }) => type === 'ADDED' && object.metadata.name === 'web-1',
    );
    expect(made.length).toBeLessThanOrEqual(1);
  });
});

const KEEP = 'example.com/keep';
const OTHER = 'example.com/other';
const isFinalizerWrite = (request: HttpRequest): boolean =>
  request.method === 'PATCH' && request.path.includes('/nodedeployments/web') && !isStatusWrite(request);

const finalizersOf = async (cluster: Cluster): Promise<readonly string[]> =>
  (await cluster.nd('web')).metadata.finalizers ?? [];

describe('finalizers of others that are edited while ours is changed', () => {
  test('C10 one that is taken away while ours goes stays away, and the rest stays', async () => {
    const metadata = { finalizers: [KEEP, OTHER] };
    const { cluster, operator } = await readyFleet({ storage: DELETE_CLAIMS, metadata });
    const held = operator.hold(isFinalizerWrite, 'before-send');
    await cluster.kubectl(['delete', 'nd/web', '--wait=false']);
    await held.reached;
    await cluster.patch('web', { metadata: { finalizers: [KEEP, FINALIZER] } });
    held.release();

    await eventually(async () => expect(await finalizersOf(cluster)).toEqual([KEEP]));
    const writes = (await answeredWrites(operator.recording)).filter(isFinalizerWrite);
    measure({ 'answers while ours went': writes.map(({ status }) => status ?? 'none').join() });
    expect(writes.map(({ status }) => status)).toEqual([409, 200]);
    await operator.quiet();
    expect(await finalizersOf(cluster)).toEqual([KEEP]);
    await cluster.patch('web', { metadata: { finalizers: null } });
    await untilGone(cluster);
  });

  test('C10 one that is added while ours comes stays', async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    const held = operator.hold(isFinalizerWrite, 'before-send');
    await cluster.apply(fleet({ storage: DELETE_CLAIMS }));
    await held.reached;
    await cluster.patch('web', { metadata: { finalizers: [OTHER] } });
    held.release();

    await eventually(async () => expectReady(await cluster.nd('web')));
    expect(await finalizersOf(cluster)).toEqual([OTHER, FINALIZER]);
    const [first] = operator.recording.writes().filter(isFinalizerWrite);
    measure({ 'answer while ours came': first?.status ?? 'none' });
    expect(first?.status).toBe(409);
    await cluster.patch('web', { metadata: { finalizers: [FINALIZER] } });
  });
});
