// The cache against a real API server: whatever happens to its connection, it ends up with what the server has.
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { eventually } from '../../hack/control-plane/testing/processes.ts';
import type { Kind } from '../../src/kube/kinds.ts';
import { formatKey, keyOf, type Stored } from '../../src/kube/object.ts';
import { Informer, type InformerOptions } from '../../src/runtime/cache/informer.ts';
import { OwnWrites } from '../../src/runtime/cache/own-writes.ts';
import type { HttpRequest, HttpStream, Transport } from '../../src/runtime/client/transport.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { RecordingLogger } from '../../src/runtime/testing/recording-log.ts';
import { createRecordingTransport } from '../../src/runtime/testing/recording-transport.ts';
import { administrator, createKind, openBench, removeKind, type Bench, type Gadget } from './client-connection.ts';

let GADGET: Kind<Gadget>;
beforeAll(async () => {
  GADGET = await createKind(administrator());
});
afterAll(() => removeKind(administrator(), GADGET));

const MANAGER = 'cache-test';

/** A transport whose streams a test can break, refuse, or send back to a version. */
function createFaultyTransport(inner: Transport) {
  let connections = new AbortController();
  const faults = { refuse: undefined as number | undefined, rewrite: (path: string): string => path };
  const stream = (request: HttpRequest): Promise<HttpStream> => {
    if (faults.refuse !== undefined) return inner.stream({ ...request, path: `/faults/${faults.refuse}` });
    const signal = AbortSignal.any([connections.signal, ...(request.signal ? [request.signal] : [])]);
    return inner.stream({ ...request, path: faults.rewrite(request.path), signal });
  };
  const breakAll = (): void => {
    connections.abort();
    connections = new AbortController();
  };
  return { ...inner, stream, faults, breakAll };
}

async function openCache(options: Partial<InformerOptions<Gadget>> = {}) {
  let faulty: ReturnType<typeof createFaultyTransport> | undefined;
  const bench = await openBench((inner) => createRecordingTransport((faulty = createFaultyTransport(inner))));
  if (faulty === undefined) throw new Error('no transport');
  const log = new RecordingLogger();
  const random = seededRandom(1);
  const defaults = { kind: GADGET, watcher: bench.client, clock: systemClock, log, random, freeze: true };
  const informer = new Informer<Gadget>({ ...defaults, namespaces: [bench.namespace], ...options });
  /** What the changes alone add up to: has to be the store's content at any time. */
  const told = new Map<string, Stored<Gadget>>();
  informer.onChange(({ type, object }) => {
    const key = formatKey(keyOf(object));
    if (type === 'deleted') told.delete(key);
    else told.set(key, object);
  });
  const stop = new AbortController();
  const start = async () => {
    const ended = informer.start(stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await ended;
    });
    await informer.whenReady(stop.signal);
  };
  return { ...bench, informer, told, log, start, ...faulty };
}

const versions = (objects: Iterable<Stored<Gadget>>): string[] =>
  [...objects].map(({ metadata: { name, uid, resourceVersion } }) => `${name} ${uid} ${resourceVersion}`).toSorted();

/** The cache has exactly what a live list has. */
async function expectCurrent({
  client,
  namespace,
  informer,
  told,
}: Awaited<ReturnType<typeof openCache>>): Promise<void> {
  const live = versions(await client.list(GADGET, { namespace }));
  const isEqual = () => versions(informer.store.list()).join() === live.join();
  await eventually('the cache has what the server has', isEqual);
  expect(versions(told.values())).toEqual(live);
}

async function put({ client, namespace }: Bench, name: string, size: number, labels = {}): Promise<Stored<Gadget>> {
  const live = await client.get(GADGET, { namespace, name });
  const fence = live === undefined ? 'absent' : live.metadata;
  return client.apply(GADGET, { metadata: { namespace, name, labels }, spec: { size } }, fence, MANAGER);
}

async function remove({ client, namespace }: Bench, name: string): Promise<void> {
  const live = await client.get(GADGET, { namespace, name });
  if (live !== undefined) await client.delete(GADGET, { namespace, name }, live.metadata);
}

/** Creates, changes, deletes and re-creates a few objects, the same way for the same seed. */
async function churn(bench: Bench, seed: number, count: number): Promise<void> {
  const random = seededRandom(seed);
  for (let i = 0; i < count; i += 1) {
    const name = `g-${Math.floor(random() * 6)}`;
    if (random() < 0.3) await remove(bench, name);
    else await put(bench, name, i);
  }
}

describe('the cache', () => {
  test('holds what there was before it started, and each change after', async () => {
    const cache = await openCache();
    await churn(cache, 1, 20);
    await cache.start();
    await expectCurrent(cache);
    await churn(cache, 2, 60);
    await expectCurrent(cache);
  });

  test('is filled by list and watch where the server has no WatchList', async () => {
    const cache = await openCache();
    await churn(cache, 3, 10);
    // What an old server says is what this one says to a combination that it does not allow.
    cache.faults.rewrite = (path) => path.replace('resourceVersionMatch=NotOlderThan', 'resourceVersionMatch=Exact');
    await cache.start();
    await churn(cache, 4, 20);
    await expectCurrent(cache);
  });

  test('loses nothing when its connection breaks again and again', async () => {
    const cache = await openCache();
    await cache.start();
    for (let round = 0; round < 3; round += 1) {
      const churning = churn(cache, 10 + round, 30);
      cache.breakAll();
      await churning;
      await expectCurrent(cache);
    }
  });

  test('finds out what vanished while its version was forgotten', async () => {
    const cache = await openCache();
    await cache.start();
    for (const name of ['kept', 'gone', 'anew']) await put(cache, name, 1);
    await expectCurrent(cache);
    // Version 1 is older than anything that the server remembers of this kind: 410 in the stream.
    cache.faults.rewrite = (path) => path.replace(/resourceVersion=\d+/, 'resourceVersion=1');
    cache.breakAll();
    await remove(cache, 'gone');
    await remove(cache, 'anew');
    await put(cache, 'anew', 2);
    await expectCurrent(cache);
    expect(cache.log.at('debug').some(({ fields }) => String(fields.err).includes('410 Expired'))).toBe(true);
  });

  test('comes back after answers that refuse its watch', async () => {
    const cache = await openCache();
    await cache.start();
    cache.faults.refuse = 404;
    cache.breakAll();
    await put(cache, 'missed', 1);
    await eventually('the refusal is known', () => cache.informer.lastError() !== undefined);
    cache.faults.refuse = undefined;
    await expectCurrent(cache);
    expect(cache.informer.lastError()).toBeUndefined();
  });

  test('forgets an object that its labels do not select any more', async () => {
    const cache = await openCache({ labelSelector: 'app=x' });
    await cache.start();
    await put(cache, 'g', 1, { app: 'x' });
    await eventually('it is there', () => cache.informer.store.size === 1);
    await put(cache, 'g', 1, { app: 'y' });
    await eventually('it is gone', () => cache.informer.store.size === 0);
    expect(cache.told.size).toBe(0);
  });

  test('never stores managedFields', async () => {
    const cache = await openCache();
    await put(cache, 'before', 1);
    await cache.start();
    await put(cache, 'after', 1);
    await expectCurrent(cache);
    expect(cache.informer.store.list().filter(({ metadata }) => metadata.managedFields !== undefined)).toEqual([]);
  });

  test('sees each own write, at the latest soon after', async () => {
    const cache = await openCache();
    const ownWrites = new OwnWrites([[GADGET, cache.informer]], systemClock);
    const owner = { namespace: cache.namespace, name: 'owner' };
    await cache.start();
    for (let size = 1; size <= 50; size += 1) {
      const stored = await put(cache, 'g', size);
      ownWrites.expect(owner, GADGET, stored);
      await eventually('the write is seen', () => ownWrites.state(owner) === 'seen');
      expect(cache.informer.store.get(keyOf(stored))?.spec?.size).toBe(size);
    }
    const { uid } = cache.informer.store.get({ ...owner, name: 'g' })?.metadata ?? { uid: '' };
    await remove(cache, 'g');
    ownWrites.expectDeleted(owner, GADGET, { ...owner, name: 'g' }, uid);
    await eventually('the deletion is seen', () => ownWrites.state(owner) === 'seen');
    expect(cache.informer.store.get({ ...owner, name: 'g' })).toBeUndefined();
  });
});
