import { describe, expect, test } from 'vitest';

import {
  attachment,
  budget,
  claim,
  deployment,
  machine,
  NOW,
  pod,
  service,
  statefulSet,
  STORAGE,
  volumeOf,
} from '../domain/testing/build.ts';
import type { RolloutPlan } from '../api/v1alpha1/node-deployment.ts';
import type { Optional } from '../domain/observed.ts';
import type { CronJob, Job, StoredControllerRevision } from '../kube/kinds.ts';
import type { KubeObject, Stored } from '../kube/object.ts';
import { timestampOf } from '../kube/timestamp.ts';
import { Store, type StoreOptions } from '../runtime/cache/store.ts';
import { createObjectClient } from '../runtime/client/object-client.ts';
import { FakeClock } from '../runtime/testing/fake-clock.ts';
import { createScriptedTransport, type Script } from '../runtime/testing/scripted-transport.ts';
import { attachmentIndexes, BY_DEPLOYMENT, byDeployment, claimIndexes, podIndexes } from './caches.ts';
import { createObserve } from './observe.ts';
import { RemovedPods } from './removed-pods.ts';

const web = deployment({ storage: STORAGE });
const other = deployment({ storage: STORAGE }, { name: 'other', uid: 'other-uid' });
const ACTIVE: RolloutPlan = {
  id: 'p1',
  purpose: 'Rollout',
  generation: 1,
  targetRevision: 'r2',
  phase: 'Active',
  createdAt: timestampOf(NOW),
  members: ['web-0'],
};
const NOTHING_SPECIAL = { prove: new Set<string>(), isSuspicious: false };

function storeOf<T extends KubeObject>(objects: readonly Stored<T>[], indexes: StoreOptions<T>['indexes'] = {}) {
  const store = new Store<T>({ indexes, freeze: true });
  for (const object of objects) store.put(object);
  return store;
}

const revision = (owner: Stored, number: number): StoredControllerRevision => ({
  metadata: {
    ...service(web, 0).metadata,
    labels: { 'nodefleet.dev/deployment': owner.metadata.name },
    name: `${owner.metadata.name}-${number}`,
  },
  revision: number,
});

/** Two fleets of one member each, in caches, before a server that has nothing but what `request` answers. */
function start(request: Script['request'] = () => ({ status: 500 })) {
  const both = [web, other];
  const claims = both.map((owner) => claim(owner, 0));
  const indexes = { [BY_DEPLOYMENT]: byDeployment };
  const unreadable = new Set<Optional>();
  const caches = {
    deployments: storeOf(both),
    statefulSets: storeOf(
      both.map((owner) => statefulSet(owner, 0)),
      indexes,
    ),
    cronJobs: storeOf<CronJob>([], indexes),
    jobs: storeOf<Job>([], indexes),
    services: storeOf(
      both.map((owner) => service(owner, 0)),
      indexes,
    ),
    claims: storeOf(claims, claimIndexes),
    revisions: storeOf(
      both.flatMap((owner) => [revision(owner, 10), revision(owner, 9)]),
      indexes,
    ),
    budgets: storeOf([budget(other)]),
    pods: storeOf(
      both.map((owner) => pod(owner, 0)),
      podIndexes,
    ),
    attachments: storeOf(
      claims.map((one) => attachment(one)),
      attachmentIndexes,
    ),
    volumes: storeOf(claims.map(volumeOf)),
    machines: storeOf([machine('m1'), machine('m2')]),
    drivers: storeOf([{ ...machine('csi.example.com'), spec: { attachRequired: false } }]),
    unreadable: () => new Set(unreadable),
  };
  const removedPods = new RemovedPods();
  const transport = createScriptedTransport({ request });
  const reader = createObjectClient(transport);
  return {
    caches,
    observe: createObserve({ caches, removedPods, reader, clock: new FakeClock(NOW) }),
    removedPods,
    transport,
    unreadable,
  };
}

describe('a reading of the caches', () => {
  test('has what belongs to the NodeDeployment, and all machines', async () => {
    const { observe, transport } = start();
    const { members, machines, now } = await observe(web, NOTHING_SPECIAL);
    expect(members).toMatchObject([
      {
        statefulSet: { metadata: { name: 'web-0' } },
        service: { metadata: { name: 'web-0' } },
        claim: { metadata: { name: 'web-0' } },
        pods: [{ metadata: { name: 'web-0-0' } }],
        attachments: [{ metadata: { name: 'attach-pv-web-0-m1' } }],
        volume: { metadata: { name: 'pv-web-0' } },
        isAttachable: false,
        proof: 'cached',
      },
    ]);
    expect([[...machines.keys()], now]).toEqual([['m1', 'm2'], NOW]);
    expect(transport.requests).toEqual([]);
  });

  test('has the revisions in the order of their numbers, the newest last', async () => {
    const { revisions } = await start().observe(web, NOTHING_SPECIAL);
    expect(revisions.map(({ metadata }) => metadata.name)).toEqual(['web-9', 'web-10']);
  });

  test('has the budget of the fleet’s name, and looks live only for one that ought to be there', async () => {
    const unlabelled = { body: budget(web, { labels: {} }) };
    const { caches, observe, transport } = start(() => unlabelled);
    const twins = { ...web, spec: { ...web.spec, replicas: 2 } };
    const seen = { ...twins, status: { members: [{ name: 'web-0', phase: 'Running' as const }] } };
    expect((await observe(twins, NOTHING_SPECIAL)).disruptionBudget).toBeUndefined();
    expect((await observe({ ...web, status: seen.status }, NOTHING_SPECIAL)).disruptionBudget).toBeUndefined();
    expect(transport.requests).toEqual([]);
    expect((await observe(seen, NOTHING_SPECIAL)).disruptionBudget).toMatchObject({ metadata: { labels: {} } });
    expect(transport.requests.map(({ path }) => path)).toEqual([
      '/apis/policy/v1/namespaces/default/poddisruptionbudgets/web',
    ]);
    caches.budgets.put(budget(web));
    expect((await observe(seen, NOTHING_SPECIAL)).disruptionBudget).toBe(caches.budgets.list()[1]);
    expect(transport.requests).toHaveLength(1);
  });

  test('has the last removed pod of a member', async () => {
    const { observe, removedPods } = start();
    for (const owner of [web, other]) removedPods.record({ type: 'deleted', object: pod(owner, 0), isFinal: true });
    const { members } = await observe(web, NOTHING_SPECIAL);
    expect(members.map(({ removedPod }) => removedPod?.metadata.labels)).toEqual([pod(web, 0).metadata.labels]);
  });

  test('has the volume and the attachments of a claim that only a live look finds', async () => {
    const absent = { status: 404, body: { kind: 'Status', reason: 'NotFound', details: { name: 'x' } } };
    const unlabelled = { body: claim(web, 0, { metadata: { labels: {} } }) };
    const { caches, observe } = start(({ path }) =>
      path.endsWith('/persistentvolumeclaims/web-0') ? unlabelled : absent,
    );
    caches.claims.remove({ namespace: 'default', name: 'web-0' });
    const { members } = await observe(web, { ...NOTHING_SPECIAL, isSuspicious: true });
    expect(members).toMatchObject([{ volume: { metadata: { name: 'pv-web-0' } }, attachments: [{}] }]);
  });

  test('has a surge StatefulSet that is somebody else’s while members move: only a live look finds it', async () => {
    const absent = { status: 404, body: { kind: 'Status', reason: 'NotFound', details: { name: 'x' } } };
    const foreign = { body: statefulSet(web, 0, { metadata: { name: 'web-0-surge', ownerReferences: [] } }) };
    const { observe } = start(({ path }) => (path.endsWith('/statefulsets/web-0-surge') ? foreign : absent));
    const moving = { ...web, status: { plan: ACTIVE } };
    const { members } = await observe(moving, { ...NOTHING_SPECIAL, isSuspicious: true });
    expect(members.map(({ surge }) => surge?.metadata.name)).toEqual(['web-0-surge']);
  });

  test('tells an empty cache from one that could not be read at the same moment', async () => {
    const bench = start(() => {
      bench.unreadable.delete('machines');
      bench.caches.machines.put(machine('m1'));
      return { status: 404, body: { kind: 'Status', reason: 'NotFound', details: { name: 'web-0' } } };
    });
    bench.unreadable.add('machines');
    for (const name of ['m1', 'm2']) bench.caches.machines.remove({ namespace: '', name });
    bench.caches.services.remove({ namespace: 'default', name: 'web-0' });
    const { machines, unreadable } = await bench.observe(web, { ...NOTHING_SPECIAL, isSuspicious: true });
    expect([machines.size, [...unreadable]]).toEqual([1, []]);
  });
});
