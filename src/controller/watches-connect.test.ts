import { afterEach, describe, expect, test } from 'vitest';

import { budget, claim, deployment, machine, pod, STORAGE, volumeOf } from '../domain/testing/build.ts';
import { formatKey, type ObjectKey, type Stored } from '../kube/object.ts';
import { createObjectClient } from '../runtime/client/object-client.ts';
import type { EnqueueOptions } from '../runtime/controller.ts';
import { FakeClock, settle } from '../runtime/testing/fake-clock.ts';
import { RecordingLogger } from '../runtime/testing/recording-log.ts';
import { createScriptedTransport, type Script } from '../runtime/testing/scripted-transport.ts';
import { initialEventsEnd } from '../runtime/testing/watch-lines.ts';
import { cachesOf, createInformers } from './informers.ts';
import { RemovedPods } from './removed-pods.ts';
import { connectWatches } from './watches-connect.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const web = deployment({ storage: STORAGE });
const other = deployment({}, { name: 'other', uid: 'other-uid' });
const NAMES = ['default/other', 'default/web'];
const CLUSTER_SCOPED = ['volumeattachments', 'persistentvolumes', 'nodes', 'csidrivers'];

/** The informers of an operator that serves the namespace `default`, and the keys that they enqueue. */
async function start(stream: Script['stream'] = () => undefined) {
  const transport = createScriptedTransport({ stream });
  const clock = new FakeClock();
  const watcher = createObjectClient(transport);
  const log = new RecordingLogger();
  const informers = createInformers({ watcher, clock, random: () => 0, log, namespaces: ['default'] });
  const removedPods = new RemovedPods();
  const enqueued: string[] = [];
  const urgent: string[] = [];
  const settling: string[] = [];
  const given: EnqueueOptions[] = [];
  const underWay: string[] = [];
  connectWatches(informers, removedPods, {
    enqueue: (key: ObjectKey, _why: string, options?: EnqueueOptions) => {
      enqueued.push(formatKey(key));
      given.push(options ?? {});
      if (options?.busySettleMs) settling.push(formatKey(key));
      if (options?.isUnderWay) underWay.push(formatKey(key));
      if (options?.priority === 'normal') urgent.push(formatKey(key));
    },
  });
  const stop = new AbortController();
  const ended = Promise.all(Object.values(informers).map((informer) => informer.start(stop.signal)));
  cleanups.push(async () => {
    stop.abort();
    await ended;
  });
  await settle();
  const write = async (plural: string, ...lines: readonly object[]) => {
    const open = transport.streams.findLast(({ request }) => request.path.split('?')[0]?.endsWith(`/${plural}`));
    if (open === undefined) throw new Error(`no watch of ${plural}`);
    for (const line of lines) open.write(line);
    await settle();
  };
  /** The keys that were enqueued since, sorted. */
  const asked = () => enqueued.splice(0).toSorted();
  /** Those of them that were urgent whatever their NodeDeployment says. */
  const askedUrgently = () => urgent.splice(0).toSorted();
  /** Those that wait a moment for more. */
  const askedToSettle = () => settling.splice(0).toSorted();
  /** Those that go on with work that has begun. */
  const askedToGoOn = () => underWay.splice(0).toSorted();
  return {
    asked,
    askedToSettle,
    askedToGoOn,
    askedUrgently,
    caches: cachesOf(informers),
    clock,
    informers,
    options: given,
    removedPods,
    transport,
    write,
  };
}

const added = (object: Stored) => ({ type: 'ADDED', object });
const later = <T extends Stored>(object: T, version = 9): T => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: `${version}` },
});

/** Two fleets, of which `web` has a claim and a pod on machine m1, which both have been heard of. */
async function startFleets(stream?: Script['stream']) {
  const bench = await start(stream);
  await bench.write('nodedeployments', added(web), added(other), initialEventsEnd(5));
  await bench.write('persistentvolumeclaims', added(claim(web, 0)), initialEventsEnd(5));
  await bench.write('pods', added(pod(web, 0)), initialEventsEnd(5));
  bench.asked();
  return bench;
}

describe('a reconcile is asked for', () => {
  const driver = { ...machine('d'), spec: { attachRequired: false } };

  test.for<[string, string, Stored, readonly string[]]>([
    ['of the owner of a claim on a volume', 'persistentvolumes', volumeOf(claim(web, 0)), ['default/web']],
    ['of nobody for the volume of others', 'persistentvolumes', volumeOf(claim(web, 1)), []],
    ['of those with a pod on a machine', 'nodes', machine('m1'), ['default/web']],
    ['of nobody for an empty machine', 'nodes', machine('m2'), []],
    ['of the fleet of a budget', 'poddisruptionbudgets', budget(web), ['default/web']],
    ['of everybody for a driver', 'csidrivers', driver, NAMES],
  ])('%s', async ([, plural, object, keys]) => {
    const { asked, write } = await startFleets();
    await write(plural, initialEventsEnd(5), added(later(object)));
    expect(asked()).toEqual(keys);
  });

  test('of nobody for what a first list shows of the children: their fleets ask for themselves', async () => {
    const { asked, write } = await start();
    await write('persistentvolumeclaims', added(claim(web, 0)), initialEventsEnd(5));
    await write('pods', added(pod(web, 0)), initialEventsEnd(5));
    await write('nodedeployments', added(web), added(other), initialEventsEnd(5));
    expect(asked()).toEqual(NAMES);
  });

  test('when a machine changes, and not when it only says that it lives', async () => {
    const { asked, write } = await startFleets();
    await write('nodes', added(machine('m1')), initialEventsEnd(5));
    asked();
    await write('nodes', { type: 'MODIFIED', object: later(machine('m1')) });
    expect(asked()).toEqual([]);
    await write('nodes', { type: 'MODIFIED', object: later(machine('m1', 'Unknown'), 10) });
    expect(asked()).toEqual(['default/web']);
  });

  test('of the owner of a removed pod, which is known by then', async () => {
    const { asked, removedPods, write } = await startFleets();
    await write('pods', { type: 'DELETED', object: later(pod(web, 0)) });
    expect(asked()).toContain('default/web');
    expect([...removedPods.of({ namespace: 'default', name: 'web' }).keys()]).toEqual(['web-0']);
  });
});

test('a change of a child waits a moment for the next one, and a change of the fleet does not', async () => {
  const { askedToSettle, write } = await startFleets();
  askedToSettle();
  await write('nodedeployments', { type: 'MODIFIED', object: later(web) });
  expect(askedToSettle()).toEqual([]);
  await write('pods', { type: 'MODIFIED', object: later(pod(web, 0)) });
  expect(askedToSettle()).toContain('default/web');
});

test.for([
  [1, 0],
  [25, 0],
  [26, 1],
  [256, 10],
])('with %d members a change of a child waits %d ms whatever else there is to do', async ([replicas, settleMs]) => {
  const { options, write } = await startFleets();
  await write('nodedeployments', { type: 'MODIFIED', object: later(deployment({ storage: STORAGE, replicas })) });
  expect(options.at(-1)?.settleMs).toBe(0);
  await write('pods', { type: 'MODIFIED', object: later(pod(web, 0), 6) });
  expect(options.at(-1)?.settleMs).toBe(settleMs);
});

test('a fleet goes on when a child changes, and begins with its first list and with its spec', async () => {
  const { askedToGoOn, write } = await startFleets();
  expect(askedToGoOn()).toEqual([]);
  await write('nodedeployments', { type: 'MODIFIED', object: later(web) });
  expect(askedToGoOn()).toEqual([]);
  await write('pods', { type: 'MODIFIED', object: later(pod(web, 0)) });
  expect(askedToGoOn()).toContain('default/web');
});

describe('a reconcile is urgent', () => {
  test('for what goes on with a pod, and not for what is in the first list', async () => {
    const { askedUrgently, write } = await startFleets();
    expect(askedUrgently()).toEqual([]);
    await write('pods', { type: 'MODIFIED', object: later(pod(web, 0)) });
    expect(askedUrgently()).toContain('default/web');
  });

  test('for a label on the fleet, and not for its status', async () => {
    const { asked, askedUrgently, write } = await startFleets();
    await write('nodedeployments', { type: 'MODIFIED', object: { ...later(web), status: { readyReplicas: 1 } } });
    expect([asked(), askedUrgently()]).toEqual([['default/web'], []]);
    const labelled = { ...web, metadata: { ...web.metadata, labels: { team: 'a' } } };
    await write('nodedeployments', { type: 'MODIFIED', object: later(labelled, 10) });
    expect(askedUrgently()).toEqual(['default/web']);
  });

  test('for nobody when a driver changes, which concerns everybody', async () => {
    const { asked, askedUrgently, write } = await startFleets();
    const driver = { ...machine('d'), spec: { attachRequired: false } };
    await write('csidrivers', initialEventsEnd(5), added(later(driver)));
    expect([new Set(asked()), askedUrgently()]).toEqual([new Set(NAMES), []]);
  });
});

describe('an operator without rights on the cluster', () => {
  const forbidden = { status: 403, body: { kind: 'Status', reason: 'Forbidden' } };
  const isClusterScoped = (path: string): boolean => CLUSTER_SCOPED.some((plural) => path.includes(`/${plural}?`));

  test('has its caches ready, and names what it cannot read', async () => {
    const { caches, informers, write } = await startFleets(({ path }) =>
      isClusterScoped(path) ? forbidden : undefined,
    );
    const CHILDREN = ['statefulsets', 'cronjobs', 'jobs', 'services', 'controllerrevisions', 'poddisruptionbudgets'];
    for (const plural of CHILDREN) await write(plural, initialEventsEnd(5));
    expect(Object.values(informers).filter(({ hasSynced }) => !hasSynced)).toEqual([]);
    expect([...caches.unreadable()].toSorted()).toEqual(['attachments', 'drivers', 'machines', 'volumes']);
  });

  test('follows what it can in its namespaces alone', async () => {
    const { transport } = await start();
    const namespaced = transport.requests.filter(({ path }) => !isClusterScoped(path));
    expect(namespaced.filter(({ path }) => !path.includes('/namespaces/default/'))).toEqual([]);
    expect(namespaced).toHaveLength(9);
  });

  test('reconciles everybody when a right comes or goes', async () => {
    const rights = { isGiven: false };
    const bench = await startFleets(({ path }) =>
      path.includes('/nodes?') && !rights.isGiven ? forbidden : undefined,
    );
    const { asked, caches, clock, transport, write } = bench;
    rights.isGiven = true;
    await clock.advance(1_600);
    await write('nodes', initialEventsEnd(5));
    expect([asked(), [...caches.unreadable()]]).toEqual([NAMES, []]);
    rights.isGiven = false;
    transport.streams.findLast(({ request }) => request.path.includes('/nodes?'))?.end();
    await settle();
    expect([asked(), [...caches.unreadable()]]).toEqual([NAMES, ['machines']]);
  });
});
