// Two writers at once, on the real API server. The numbers are those of docs/contention.md.
import { describe, expect, test } from 'vitest';

import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { STATEFUL_SET } from '../../src/kube/kinds.ts';
import type { HttpRequest } from '../../src/runtime/client/transport.ts';
import type { Exchange } from '../../src/runtime/testing/recording-transport.ts';
import { newCluster, type Cluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { isStatefulSetWrite, isStatusWrite, lineOf } from '../envtest/support/exchanges.ts';
import { expectReady, fleet, toImage } from '../envtest/support/fleets.ts';
import { newReconciler, type ReconcilerUnderTest } from '../envtest/support/reconcilers.ts';
import { measure } from './report/measure.ts';

const ROUNDS = 200;
const isStatusPatch = (request: HttpRequest): boolean => isStatusWrite(request);

/** Reconciles until the fleet is Ready as it is specified now. */
async function settle(cluster: Cluster, reconciler: ReconcilerUnderTest, name: string): Promise<void> {
  await eventually(async () => {
    await reconciler.reconcile(name);
    expectReady(await cluster.nd(name));
  });
}

/** A fleet that has work to roll out and no plan: its member's StatefulSet has a template of another revision, and no pod. */
async function applyOutdated(cluster: Cluster, name: string): Promise<void> {
  const { client, transport, namespace } = cluster;
  const path = `/apis/nodefleet.dev/v1alpha1/namespaces/${namespace}/nodedeployments`;
  const body = JSON.stringify(fleet({ name }));
  const headers = { 'content-type': 'application/json' };
  await transport.request({ method: 'POST', path, body, headers });
  const { metadata } = await cluster.nd(name);
  const member = `${name}-0`;
  const selector = { 'nodefleet.dev/member': member };
  const labels = { ...selector, 'nodefleet.dev/deployment': name, 'nodefleet.dev/revision': 'old' };
  const owner = {
    apiVersion: 'nodefleet.dev/v1alpha1',
    kind: 'NodeDeployment',
    name,
    uid: metadata.uid,
    controller: true,
  };
  const statefulSet = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: member, namespace, labels, ownerReferences: [owner] },
    spec: {
      replicas: 0,
      serviceName: member,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'OnDelete' },
      selector: { matchLabels: selector },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:0' }] } },
    },
  };
  await client.apply(STATEFUL_SET, statefulSet, 'absent', 'test');
  // Its controller writes a status at first: between a reading and the dry run that is a conflict of another kind.
  const seen = async (): Promise<void> => {
    const stored = await cluster.read(STATEFUL_SET, member);
    expect(stored.status?.observedGeneration).toBe(stored.metadata.generation);
  };
  await eventually(seen, { intervalMs: 5 });
}

/** Without the name: `statefulsets 200`. */
function kindAndAnswerOf(exchange: Exchange): string {
  return lineOf(exchange).replace(/^PATCH (\w+)\S* /, '$1 ');
}

describe('two reconciles that both saw no plan', () => {
  test(`C1 one plan, one conflict and one plan id in each of ${ROUNDS} rounds, and nobody but the winner writes more`, async () => {
    const cluster = await newCluster();
    const reconcilers = [await newReconciler(cluster), await newReconciler(cluster)] as const;
    for (let round = 0; round < ROUNDS; round++) {
      const name = `race-${round}`;
      await applyOutdated(cluster, name);
      const holds = reconcilers.map(({ hold }) => hold(isStatusPatch, 'before-send'));
      const results = reconcilers.map((reconciler) => reconciler.reconcile(name));
      const tooSoon = results.map(async (result) => {
        throw new Error(`round ${round}: ended without a status patch: ${JSON.stringify(await result)}`);
      });
      const reached = await Promise.race([Promise.all(holds.map((hold) => hold.reached)), ...tooSoon]);
      for (const end of tooSoon) end.catch(() => {});
      const patches = reached.map(({ body = '' }) => JSON.parse(body));
      // Both have read the same version, without a plan, and built the same plan from it.
      const [first, second] = patches;
      expect(first.metadata).toEqual(second.metadata);
      expect(first.status.plan.id).toBe(second.status.plan.id);
      // Who is let go first does not decide who wins.
      for (const hold of round % 2 === 0 ? holds : holds.toReversed()) hold.release();
      const ends = (await Promise.all(results)).map(({ type }) => type);
      const loser = ends[0] === 'conflict' ? 0 : 1;
      const [lost, won] = [reconcilers[loser], reconcilers[1 - loser]].map((one) =>
        one?.recording.writes().map(kindAndAnswerOf).toSorted(),
      );
      expect({ round, ends: ends.toSorted(), lost, won }).toEqual({
        round,
        ends: ['conflict', 'done'],
        lost: ['nodedeployments 409'],
        won: ['controllerrevisions 201', 'nodedeployments 200', 'services 201', 'statefulsets 200'],
      });
      const { status, metadata } = await cluster.nd(name);
      expect(status?.plan).toMatchObject({
        id: first.status.plan.id,
        phase: 'Active',
        generation: metadata.generation,
      });
      await cluster.client.delete(NODE_DEPLOYMENT, cluster.key(name), { uid: metadata.uid });
      for (const { recording } of reconcilers) recording.clear();
    }
    measure({ rounds: ROUNDS, conflicts: ROUNDS, lost: 0 });
  });
});

describe('a child write that is held while a newer reconcile finishes', () => {
  test('C2 ends in a conflict and changes nothing', async () => {
    const cluster = await newCluster();
    const [slow, quick] = [await newReconciler(cluster), await newReconciler(cluster)];
    await cluster.apply(fleet({ image: 'web:1', rollout: { strategy: 'Recreate' } }));
    await settle(cluster, quick, 'web');
    await cluster.patch('web', toImage('web:2'));
    const held = slow.hold((request) => isStatefulSetWrite(request), 'before-send');
    const result = slow.reconcile('web');
    await held.reached;
    await cluster.patch('web', toImage('web:3'));
    await settle(cluster, quick, 'web');
    const before = await cluster.read(STATEFUL_SET, 'web-0');
    expect(before.spec?.template.spec?.containers).toMatchObject([{ image: 'web:3' }]);

    held.release();
    expect(await result).toMatchObject({ type: 'conflict' });
    const writes = slow.recording.writes().filter((write) => isStatefulSetWrite(write));
    measure({ 'answer to the late write': writes.map(({ status }) => status ?? 'none').join() });
    expect(writes.map(lineOf)).toEqual(['PATCH statefulsets/web-0 409']);
    expect((await cluster.read(STATEFUL_SET, 'web-0')).metadata.generation).toBe(before.metadata.generation);
  });
});
