// What a cache has never shown, or does not show yet, on the real API server: what was between two edits, and a member
// that is Ready again. Bugs of others (public-bugs.ts) began there.
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startControlPlane, type StartedControlPlane } from '../../hack/control-plane/control-plane.ts';
import { type Caches, podIndexes } from '../../src/controller/caches.ts';
import { POD, type Pod, STATEFUL_SET } from '../../src/kube/kinds.ts';
import { readySinceMs } from '../../src/kube/pods.ts';
import { Store } from '../../src/runtime/cache/store.ts';
import type { Exchange } from '../../src/runtime/testing/recording-transport.ts';
import { installCrds } from '../envtest/start.ts';
import { connectTo, newCluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { isStatefulSetWrite, lineOf } from '../envtest/support/exchanges.ts';
import { createGapTransport } from '../envtest/support/faults.ts';
import { expectReady, fleet, toImage } from '../envtest/support/fleets.ts';
import { startOperator } from '../envtest/support/operator.ts';
import { newReconciler } from '../envtest/support/reconcilers.ts';
import { namesOf, untilReady } from '../envtest/support/stage.ts';
import { measure } from './report/measure.ts';

/** Its API server is started again: it forgets what it could have told a watch that comes back. */
let plane: StartedControlPlane;
beforeAll(async () => {
  plane = await startControlPlane({ with: ['controller-manager', 'scheduler', 'kwok'], log: () => {} });
  await installCrds(plane);
});
afterAll(() => plane?.stop());

/** Ends a hang: a server that was started again needs a while. */
const PATIENT = { timeoutMs: 60_000 };

test('C30 sizes that no watch has told, as it was lost and its version is over, leave neither a member too few nor one too many', async () => {
  const cluster = await newCluster(plane);
  const over = createGapTransport(await connectTo(plane));
  const operator = await startOperator(cluster, { over });
  await cluster.apply(fleet({ name: 'growing', replicas: 1 }));
  await cluster.apply(fleet({ name: 'going', replicas: 2 }));
  await untilReady(cluster, 'growing');
  await untilReady(cluster, 'going');
  await operator.quiet();
  operator.recording.clear();

  over.shut();
  for (const [name, sizes] of [
    ['growing', [3, 2]],
    ['going', [1, 0]],
  ] as const)
    for (const replicas of sizes) await cluster.patch(name, { spec: { replicas } });
  await plane.restart('apiserver');
  over.open();

  await eventually(
    async () => expect(await namesOf(cluster, STATEFUL_SET)).toEqual(['growing-0', 'growing-1']),
    PATIENT,
  );
  await eventually(async () => expectReady(await cluster.nd('growing')), PATIENT);
  const [first, ...later] = operator.recording.exchanges.filter(({ path }) => path.includes('/nodedeployments?watch='));
  const isAnew = ({ path }: Exchange): boolean => path.includes('sendInitialEvents=true');
  measure({ 'watches that began anew': later.filter(isAnew).length });
  // It goes on where it was, from a version that is over: else nothing was hidden.
  expect(first).toMatchObject({ path: expect.stringMatching(/resourceVersion=\d+/) });
  expect(later.filter(isAnew)).toHaveLength(1);
});

/** The pods as a cache shows them that has not heard yet that this one is Ready. */
function before(pods: Caches['pods'], name: string): Caches['pods'] {
  const store = new Store<Pod>({ indexes: podIndexes });
  for (const pod of pods.list()) {
    const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
    store.put(pod.metadata.name === name ? { ...pod, status: { ...pod.status, conditions } } : pod);
  }
  return store;
}

test('C31 a member that the cache shows as broken, and that is Ready again, is not stopped beside the one that is down', async () => {
  const cluster = await newCluster();
  const reconciler = await newReconciler(cluster);
  const settle = async (): Promise<void> => {
    await reconciler.reconcile('web');
    expectReady(await cluster.nd('web'));
  };
  await cluster.apply(fleet({ replicas: 3, storage: {} }));
  await eventually(settle, PATIENT);
  await cluster.patch('web', toImage('web:2'));
  const stop = async (): Promise<void> => {
    await reconciler.reconcile('web');
    expect((await cluster.read(STATEFUL_SET, 'web-2')).spec?.replicas).toBe(0);
  };
  await eventually(stop);
  await eventually(async () => expect(await namesOf(cluster, POD)).toEqual(['web-0-0', 'web-1-0']), PATIENT);
  expect(readySinceMs(await cluster.read(POD, 'web-1-0'))).toBeDefined();
  reconciler.recording.clear();
  const caches = await reconciler.read('web');
  await reconciler.reconcile('web', { ...caches, pods: before(caches.pods, 'web-1-0') });

  const read = reconciler.recording.exchanges.filter(({ method }) => method === 'GET').length;
  const stopped = reconciler.recording.writes().filter((write) => isStatefulSetWrite(write, 'web-1'));
  measure({ 'stops of a second member': stopped.length });
  expect(stopped.map(lineOf)).toEqual([]);
  // It was about to: it has looked.
  expect(read).toBeGreaterThan(0);
});
