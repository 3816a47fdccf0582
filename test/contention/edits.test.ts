// Somebody edits, deletes or makes anew while a write of the operator is under way, on the real API server.
import { describe, expect, test } from 'vitest';

import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { STATEFUL_SET } from '../../src/kube/kinds.ts';
import { controllerOf } from '../../src/kube/owner-references.ts';
import type { HttpRequest } from '../../src/runtime/client/transport.ts';
import { newCluster, type Cluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { answeredWrites, isStatefulSetWrite, isStatusWrite, lineOf } from '../envtest/support/exchanges.ts';
import { condition, expectReady, fleet, toImage } from '../envtest/support/fleets.ts';
import { newReconciler } from '../envtest/support/reconcilers.ts';
import { startOperator } from '../envtest/support/operator.ts';
import { recordHistory, recordTruth, type Truth } from '../envtest/support/truth.ts';
import { measure } from './report/measure.ts';

const isStatusPatch = (request: HttpRequest): boolean => isStatusWrite(request);

interface Edit {
  readonly name: string;
  readonly edit: (cluster: Cluster) => Promise<void>;
}

describe('a status write that is held while somebody edits', () => {
  test.for<Edit>([
    { name: 'C3 the spec', edit: (cluster) => cluster.patch('web', { spec: { replicas: 2 } }) },
    {
      name: 'C4 only a label',
      edit: async ({ kubectl }) => void (await kubectl(['label', 'nodedeployment/web', 'team=storage'])),
    },
  ])('$name: ends in a conflict, and the fleet is reconciled again, quietly', async ({ edit }) => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    const history = await recordHistory(cluster, NODE_DEPLOYMENT);
    const held = operator.hold(isStatusPatch, 'before-send');
    await cluster.apply(fleet());
    await held.reached;
    await edit(cluster);
    const { metadata } = await cluster.nd('web');
    held.release();

    await eventually(async () => expectReady(await cluster.nd('web')));
    const [first, ...later] = operator.recording.writes().filter(isStatusWrite);
    measure({ 'answer to the held patch': first?.status ?? 'none', conflicts: operator.tally.count('conflict') });
    expect(first?.status).toBe(409);
    expect(operator.tally.count('conflict')).toBeGreaterThan(0);
    // Each stored status was computed from the very version before it.
    for (const { requestBody, status } of later.filter((write) => write.status === 200)) {
      expect(Number(JSON.parse(requestBody).metadata.resourceVersion)).toBeGreaterThanOrEqual(
        Number(metadata.resourceVersion),
      );
      expect(status).toBe(200);
    }
    await history.caughtUp();
    for (const { object } of history.moments) {
      expect(object.status?.observedGeneration ?? 0).toBeLessThanOrEqual(object.metadata.generation ?? 0);
    }
    expect(operator.log.at('warn')).toEqual([]);
  });
});

/** Whether any StatefulSet was owned by `uid` after the fleet of that uid was gone, or changed its owner. */
function adoptions({ statefulSets }: Truth): readonly string[] {
  const owners = new Map<string, Set<string>>();
  for (const { object } of statefulSets.moments) {
    const owner = controllerOf(object)?.uid ?? 'nobody';
    owners.set(object.metadata.uid, (owners.get(object.metadata.uid) ?? new Set()).add(owner));
  }
  return [...owners].filter(([, uids]) => uids.size > 1).map(([uid, uids]) => `${uid} had owners ${[...uids].join()}`);
}

describe('a fleet that is made anew under the same name while the cache still shows the children of the old one', () => {
  test('C11 writes to none of them, and says what it waits for', async () => {
    const cluster = await newCluster();
    const reconciler = await newReconciler(cluster);
    await cluster.apply(fleet());
    await eventually(async () => {
      await reconciler.reconcile('web');
      expectReady(await cluster.nd('web'));
    });
    const stale = await reconciler.read('web');
    await cluster.kubectl(['delete', 'nodedeployment/web', '--cascade=background']);
    await cluster.apply(fleet());
    const { deployments } = await reconciler.read('web');
    reconciler.recording.clear();

    expect(await reconciler.reconcile('web', { ...stale, deployments })).toMatchObject({ type: 'requeue' });
    expect(reconciler.recording.writes().map(lineOf)).toEqual(['PATCH nodedeployments/web/status 200']);
    const deployment = await cluster.nd('web');
    expect(deployment).toMatchObject({ status: { members: [{ reason: 'FormerOwner' }] } });
    expect(condition(deployment, 'Ready')).toMatchObject({ status: 'False', reason: 'MembersNotReady' });
  });
});

interface Recreation {
  readonly name: string;
  readonly isHeld: (request: HttpRequest) => boolean;
  /** Brings the operator to the held write. */
  readonly provoke: (cluster: Cluster) => Promise<void>;
  /** How the API server answers the held write in the end. */
  readonly answer: RegExp;
}

describe('a fleet that is deleted and made anew under the same name while a write is held', () => {
  test.for<Recreation>([
    {
      name: 'a status write',
      isHeld: isStatusPatch,
      provoke: (cluster) => cluster.patch('web', toImage('web:2')),
      answer: /^PATCH nodedeployments\/web\/status 409$/,
    },
    {
      name: 'a write of an existing child',
      isHeld: (request) => isStatefulSetWrite(request, 'web-0'),
      provoke: (cluster) => cluster.patch('web', toImage('web:2')),
      answer: /^PATCH statefulsets\/web-0 409$/,
    },
    {
      name: 'the creation of a child, which nothing can fence, and which the garbage collector takes back',
      isHeld: (request) => isStatefulSetWrite(request, 'web-1'),
      provoke: (cluster) => cluster.patch('web', { spec: { replicas: 2 } }),
      answer: /^PATCH statefulsets\/web-1 (201|409)$/,
    },
  ])('C11 $name: nothing old is adopted or revived', async ({ name, isHeld, provoke, answer }) => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    const truth = await recordTruth(cluster);
    const manifest = fleet({ rollout: { strategy: 'Recreate' } });
    await cluster.apply(manifest);
    const old = await eventually(async () => expectReady(await cluster.nd('web')));
    const oldSet = await cluster.read(STATEFUL_SET, 'web-0');
    await operator.quiet();

    const held = operator.hold(isHeld, 'before-send');
    operator.recording.clear();
    await provoke(cluster);
    await held.reached;
    const heldAt = operator.recording.writes().length - 1;
    await cluster.kubectl(['delete', 'nodedeployment/web', '--cascade=background']);
    await cluster.apply({ ...manifest });
    await cluster.patch('web', { spec: { replicas: 2 } });
    const { metadata } = await cluster.nd('web');
    expect(metadata.uid).not.toBe(old.metadata.uid);
    held.release();

    await eventually(async () => expectReady(await cluster.nd('web')));
    const heldWrite = operator.recording.writes()[heldAt];
    measure({ [`answer to ${name.split(',')[0]}`]: heldWrite?.status ?? 'none' });
    expect(heldWrite && lineOf(heldWrite)).toMatch(answer);
    for (const name of ['web-0', 'web-1']) {
      const statefulSet = await cluster.read(STATEFUL_SET, name);
      expect(controllerOf(statefulSet)?.uid).toBe(metadata.uid);
      expect(statefulSet.metadata.uid).not.toBe(oldSet.metadata.uid);
    }
    await truth.caughtUp();
    expect(adoptions(truth)).toEqual([]);
    // Nor was an adoption tried: the server would have refused a second controller with a 422.
    const writes = await answeredWrites(operator.recording);
    const refused = writes.filter(({ status }) => ![200, 201, 409].includes(status ?? 0));
    expect(refused.map(lineOf)).toEqual([]);
  });
});

describe('a fleet that is made anew while a child of the old one is still terminating', () => {
  test('C12 waits for it, and never writes to it', async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    await cluster.apply(fleet());
    await eventually(async () => expectReady(await cluster.nd('web')));
    const hold = (finalizers: readonly string[] | null): readonly string[] => [
      'patch',
      'statefulset/web-0',
      '--type=merge',
      `--patch=${JSON.stringify({ metadata: { finalizers } })}`,
    ];
    await cluster.kubectl(hold(['example.com/hold']));
    await cluster.kubectl(['delete', 'nodedeployment/web', '--cascade=background']);
    await eventually(async () => {
      expect((await cluster.read(STATEFUL_SET, 'web-0')).metadata.deletionTimestamp).toBeDefined();
    });
    const dying = await cluster.read(STATEFUL_SET, 'web-0');
    operator.recording.clear();

    await cluster.apply(fleet());
    await eventually(async () => {
      expect(await cluster.nd('web')).toMatchObject({ status: { members: [{ reason: 'ChildTerminating' }] } });
    });
    const early = operator.recording.writes().filter((write) => isStatefulSetWrite(write));
    measure({ 'writes to the old child': early.length });
    expect(early).toEqual([]);
    const still = await cluster.read(STATEFUL_SET, 'web-0');
    expect(still.metadata.ownerReferences).toEqual(dying.metadata.ownerReferences);
    await cluster.kubectl(hold(null));
    await eventually(async () => expectReady(await cluster.nd('web')));
    expect((await cluster.read(STATEFUL_SET, 'web-0')).metadata.uid).not.toBe(dying.metadata.uid);
  });
});
