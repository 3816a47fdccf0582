// What the client promises, and what it relies on, against a real API server: the rows of docs/writes-and-conflicts.md.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CLAIM, SERVICE, STATEFUL_SET, type Kind } from '../../src/kube/kinds.ts';
import type { KubeObject, ObjectKey, Stored } from '../../src/kube/object.ts';
import { isConflict, isGone } from '../../src/runtime/client/api-error.ts';
import type { WatchEvent } from '../../src/runtime/client/interfaces.ts';
import type { ObjectClient } from '../../src/runtime/client/object-client.ts';
import { objectPath } from '../../src/runtime/client/rest-path.ts';
import { patchStatus } from '../../src/runtime/client/status.ts';
import { collect } from '../../src/runtime/testing/collect.ts';
import { createLockAssertingTransport } from '../../src/runtime/testing/lock-asserting-transport.ts';
import {
  administrator,
  createKind,
  openBench,
  removeKind,
  storedIn,
  type Bench,
  type Gadget,
} from './client-connection.ts';

let GADGET: Kind<Gadget>;
beforeAll(async () => {
  GADGET = await createKind(administrator());
});
afterAll(() => removeKind(administrator(), GADGET));

const MANAGER = 'client-test';

function gadget(namespace: string, spec: Gadget['spec'] = { size: 1 }, metadata: object = {}): Gadget {
  return { metadata: { namespace, name: 'g', ...metadata }, spec };
}

/** A bench whose client goes through the wire belt, with one gadget that was applied as absent. */
async function withGadget(): Promise<Bench & { base: Stored<Gadget>; path: string }> {
  const bench = await openBench(createLockAssertingTransport);
  const base = await bench.client.apply(GADGET, gadget(bench.namespace), 'absent', MANAGER);
  return { ...bench, base, path: objectPath(GADGET, { namespace: bench.namespace, name: 'g' }) };
}

const fenceOf = ({ metadata: { uid, resourceVersion } }: Stored) => ({ uid, resourceVersion });
const conflict = { code: 409, reason: 'Conflict' };

/** The real controllers may write at any time: reads again until nobody did in between. */
async function setFinalizers(client: ObjectClient, kind: Kind, key: ObjectKey, finalizers: string[]): Promise<void> {
  for (let live = await client.get(kind, key); live !== undefined; live = await client.get(kind, key)) {
    try {
      await client.patchFinalizers(kind, live, finalizers);
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

describe('a status patch', () => {
  test('changes exactly what it says and returns what is stored', async () => {
    const { client, base } = await withGadget();
    const conditions = [{ type: 'Ready', status: 'False' }];
    const first = await patchStatus(client, GADGET, base, { ready: 1, message: 'starting', conditions });
    expect(first.object.status).toEqual({ ready: 1, message: 'starting', conditions });
    const second = await patchStatus(client, GADGET, first.object, { ready: 2, conditions });
    expect(second.object.status).toEqual({ ready: 2, conditions });
    const third = await patchStatus(client, GADGET, second.object, { ready: 2, conditions });
    expect(third).toEqual({ written: false, object: second.object });
  });

  test.for<[string, (bench: Awaited<ReturnType<typeof withGadget>>) => Promise<unknown>]>([
    ['the status was patched', ({ client, base }) => patchStatus(client, GADGET, base, { ready: 9 })],
    [
      'only the spec was changed',
      ({ client, base, namespace }) => client.apply(GADGET, gadget(namespace, { size: 2 }), fenceOf(base), MANAGER),
    ],
    ['only a label was changed', ({ send, path }) => send('PATCH', path, { metadata: { labels: { a: 'b' } } })],
    ['a finalizer was added', ({ client, base }) => client.patchFinalizers(GADGET, base, ['example.dev/f'])],
    [
      'the object was deleted and made anew',
      async ({ client, base, namespace }) => {
        await client.delete(GADGET, { namespace, name: 'g' }, base.metadata);
        await client.apply(GADGET, gadget(namespace), 'absent', MANAGER);
      },
    ],
  ])('is refused when %s since the base was read', async ([, change]) => {
    const bench = await withGadget();
    await change(bench);
    await expect(patchStatus(bench.client, GADGET, bench.base, { ready: 1 })).rejects.toMatchObject(conflict);
  });

  test('is refused with a field that the schema does not know', async () => {
    const { client, base } = await withGadget();
    const status: Gadget['status'] & object = { ready: 1, ...{ redy: 1 } };
    const refusal = { code: 422, message: expect.stringContaining('unknown field "status.redy"') };
    await expect(patchStatus(client, GADGET, base, status)).rejects.toMatchObject(refusal);
  });

  test('of an object that is gone says NotFound', async () => {
    const { client, base, namespace } = await withGadget();
    await client.delete(GADGET, { namespace, name: 'g' }, base.metadata);
    await expect(patchStatus(client, GADGET, base, { ready: 1 })).rejects.toMatchObject({
      code: 404,
      reason: 'NotFound',
    });
  });

  test('from two writers that read the same version is taken from exactly one', async () => {
    const { client, base } = await withGadget();
    let current = base;
    for (let round = 1; round <= 20; round += 1) {
      const write = (ready: number) => patchStatus(client, GADGET, current, { ready });
      const results = await Promise.allSettled([write(round * 10), write(round * 10 + 1)]);
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      const taken = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.object] : []));
      expect([taken.length, refused.length, refused.every(isConflict)]).toEqual([1, 1, true]);
      [current = current] = taken;
    }
  });
});

describe('why the client insists: the API server', () => {
  test('takes a status patch without a version over anything that was written', async () => {
    const { client, base, send, path } = await withGadget();
    await patchStatus(client, GADGET, base, { ready: 1 });
    expect(storedIn(await send('PATCH', `${path}/status`, { status: { ready: 7 } })).status).toEqual({ ready: 7 });
  });

  test.for<[string, unknown, number]>([
    ['""', '', 422],
    ['null', null, 422],
    ['"0"', '0', 422],
    ['a number', 5, 422],
    ['"abc"', 'abc', 500],
    ['of the past', '1', 409],
    ['of the future', '999999999', 409],
  ])('answers a status patch whose version is %s', async ([, resourceVersion, status]) => {
    const { send, path } = await withGadget();
    expect((await send('PATCH', `${path}/status`, { metadata: { resourceVersion }, status: {} })).status).toBe(status);
  });

  test('keeps the version when the right one comes with the same content', async () => {
    const { send, path, base } = await withGadget();
    const { resourceVersion } = base.metadata;
    const answer = await send('PATCH', `${path}/status`, { metadata: { resourceVersion }, status: {} });
    const again = await send('PATCH', `${path}/status`, { metadata: storedIn(answer).metadata, status: {} });
    expect(storedIn(again).metadata.resourceVersion).toBe(storedIn(answer).metadata.resourceVersion);
  });

  test('ignores a wrong uid in a status patch: only the version guards against an object made anew', async () => {
    const { send, path, base } = await withGadget();
    const metadata = { uid: 'another', resourceVersion: base.metadata.resourceVersion };
    expect((await send('PATCH', `${path}/status`, { metadata, status: { ready: 1 } })).status).toBe(200);
  });

  test('drops labels, finalizers and spec in a status patch, and status in any other, in silence', async () => {
    const { send, path } = await withGadget();
    const metadata = { labels: { a: 'b' }, finalizers: ['example.dev/f'] };
    const stored = storedIn(
      await send('PATCH', `${path}/status`, { metadata, spec: { size: 9 }, status: { ready: 1 } }),
    );
    expect([stored.metadata.labels, stored.metadata.finalizers, stored.spec]).toEqual([
      undefined,
      undefined,
      { size: 1 },
    ]);
    expect(storedIn(await send('PATCH', path, { status: { ready: 5 } })).status).toEqual({ ready: 1 });
  });

  test('prunes an unknown status field in silence when it is not asked to be strict', async () => {
    const { send, path } = await withGadget();
    const answer = await send('PATCH', `${path}/status`, { status: { redy: 1 } });
    expect(answer.headers['warning']).toContain('unknown field');
    expect(storedIn(answer).status ?? {}).toEqual({});
  });

  test('applies without a version over a newer object', async () => {
    const { client, base, send, path, namespace } = await withGadget();
    await client.apply(GADGET, gadget(namespace, { size: 2 }), fenceOf(base), MANAGER);
    const stale = { apiVersion: `${GADGET.group}/v1`, kind: 'Gadget', ...gadget(namespace, { size: 3 }) };
    const answer = await send('PATCH', `${path}?fieldManager=m&force=true`, stale, 'application/apply-patch+yaml');
    expect(storedIn(answer).spec).toEqual({ size: 3 });
  });

  test('makes an absent object anew from an apply with an old version, but not from one with a uid', async () => {
    const { client, base, send, path, namespace } = await withGadget();
    await client.delete(GADGET, { namespace, name: 'g' }, base.metadata);
    const { uid, resourceVersion } = base.metadata;
    const apply = (metadata: object) => {
      const object = { apiVersion: `${GADGET.group}/v1`, kind: 'Gadget', ...gadget(namespace, { size: 1 }, metadata) };
      return send('PATCH', `${path}?fieldManager=m&force=true`, object, 'application/apply-patch+yaml');
    };
    expect((await apply({ uid, resourceVersion })).status).toBe(409);
    expect((await apply({ resourceVersion })).status).toBe(201);
  });
});

describe('a fenced apply', () => {
  test('at the version that was read takes effect; repeated, it changes nothing', async () => {
    const { client, base, namespace } = await withGadget();
    const stored = await client.apply(GADGET, gadget(namespace, { size: 2 }), fenceOf(base), MANAGER);
    expect(stored.spec).toEqual({ size: 2 });
    const again = await client.apply(GADGET, gadget(namespace, { size: 2 }), fenceOf(stored), MANAGER);
    expect(again.metadata.resourceVersion).toBe(stored.metadata.resourceVersion);
  });

  test('removes a field that its manager sends no more', async () => {
    const { client, base, namespace } = await withGadget();
    const labelled = gadget(namespace, { size: 1 }, { labels: { a: 'b' } });
    const before = await client.apply(GADGET, labelled, fenceOf(base), MANAGER);
    expect(before.metadata.labels).toEqual({ a: 'b' });
    const after = await client.apply(GADGET, gadget(namespace), fenceOf(before), MANAGER);
    expect(after.metadata.labels).toBeUndefined();
  });

  test('is refused at an older version, for an object made anew, and for one that is gone', async () => {
    const { client, base, namespace } = await withGadget();
    const key = { namespace, name: 'g' };
    const apply = (read: Stored, size: number) =>
      client.apply(GADGET, gadget(namespace, { size }), fenceOf(read), MANAGER);
    const newer = await apply(base, 2);
    await expect(apply(base, 3)).rejects.toMatchObject(conflict);
    await client.delete(GADGET, key, fenceOf(newer));
    await expect(apply(newer, 3)).rejects.toMatchObject(conflict);
    expect(await client.get(GADGET, key)).toBeUndefined();
    await client.apply(GADGET, gadget(namespace), 'absent', MANAGER);
    await expect(apply(newer, 3)).rejects.toMatchObject(conflict);
  });

  const labels = { app: 'x' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  test.for<[string, () => Kind, KubeObject & Record<string, unknown>]>([
    ['a custom resource', () => GADGET, { spec: { size: 1 } }],
    [
      'a StatefulSet',
      () => STATEFUL_SET,
      { spec: { replicas: 0, serviceName: 's', selector: { matchLabels: labels }, template } },
    ],
    ['a Service', () => SERVICE, { spec: { clusterIP: 'None', selector: labels } }],
    [
      'a PersistentVolumeClaim',
      () => CLAIM,
      { spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } } },
    ],
  ])('of %s as absent makes it, and is refused when it is there, terminating or not', async ([, kindOf, content]) => {
    const { client, namespace } = await openBench(createLockAssertingTransport);
    const kind = kindOf();
    const key = { namespace, name: 'f' };
    const apply = () => client.apply(kind, { ...content, metadata: key }, 'absent', MANAGER);
    const stored = await apply();
    expect(stored.metadata).toMatchObject(key);
    await expect(apply()).rejects.toMatchObject(conflict);
    await setFinalizers(client, kind, key, ['example.dev/hold']);
    await client.delete(kind, key, { uid: stored.metadata.uid });
    expect((await client.get(kind, key))?.metadata.deletionTimestamp).toBeDefined();
    await expect(apply()).rejects.toMatchObject(conflict);
    await setFinalizers(client, kind, key, []);
    expect(await client.get(kind, key)).toBeUndefined();
    expect((await apply()).metadata.uid).not.toBe(stored.metadata.uid);
  });
});

describe('finalizers', () => {
  test('are replaced at the version that was read, and at no other', async () => {
    const { client, base } = await withGadget();
    const stored = await client.patchFinalizers(GADGET, base, ['example.dev/a', 'example.dev/b']);
    expect(stored.metadata.finalizers).toEqual(['example.dev/a', 'example.dev/b']);
    await expect(client.patchFinalizers(GADGET, base, ['example.dev/a'])).rejects.toMatchObject(conflict);
    expect((await client.patchFinalizers(GADGET, stored, [])).metadata.finalizers).toBeUndefined();
  });

  test('of an object that was made anew stay as they are', async () => {
    const { client, base, namespace } = await withGadget();
    await client.delete(GADGET, { namespace, name: 'g' }, fenceOf(base));
    await client.apply(GADGET, gadget(namespace), 'absent', MANAGER);
    await expect(client.patchFinalizers(GADGET, base, ['example.dev/a'])).rejects.toMatchObject(conflict);
  });
});

describe('a delete', () => {
  test('takes only the object with that uid, at that version', async () => {
    const { client, base, namespace } = await withGadget();
    const key = { namespace, name: 'g' };
    await expect(client.delete(GADGET, key, { uid: 'another' })).rejects.toMatchObject(conflict);
    const old = { uid: base.metadata.uid, resourceVersion: '1' };
    await expect(client.delete(GADGET, key, old)).rejects.toMatchObject(conflict);
    await client.delete(GADGET, key, fenceOf(base));
    expect(await client.get(GADGET, key)).toBeUndefined();
  });

  test('of an object that is gone does nothing', async () => {
    const { client, base, namespace } = await withGadget();
    const key = { namespace, name: 'g' };
    await client.delete(GADGET, key, { uid: base.metadata.uid });
    await client.delete(GADGET, key, { uid: base.metadata.uid });
  });
});

describe('reads', () => {
  test('of the metadata bring it as it is stored, and leave the rest at the server', async () => {
    const bodies: string[] = [];
    const { client, namespace } = await openBench((inner) => ({
      ...inner,
      request: async (request) => {
        const response = await inner.request(request);
        bodies.push(response.body);
        return response;
      },
    }));
    const key = { namespace, name: 'g' };
    const stored = await client.apply(GADGET, gadget(namespace, { size: 7 }), 'absent', MANAGER);
    expect(await client.getMetadata(GADGET, key)).toEqual(stored.metadata);
    expect(JSON.parse(bodies.at(-1) ?? '')).not.toHaveProperty('spec');
    expect(await client.getMetadata(GADGET, { ...key, name: 'none' })).toBeUndefined();
  });

  test('tell an absent object from a kind that is not served', async () => {
    const { client, namespace } = await openBench();
    const key = { namespace, name: 'none' };
    expect(await client.get(GADGET, key)).toBeUndefined();
    expect(await client.get(CLAIM, { ...key, namespace: 'no-such-namespace' })).toBeUndefined();
    await expect(client.get({ ...GADGET, group: 'nobody.example.dev' }, key)).rejects.toMatchObject({ code: 404 });
    await expect(client.get({ ...CLAIM, plural: 'persistentclaims' }, key)).rejects.toMatchObject({ code: 404 });
  });

  test('bring every object of a collection that takes several pages, each once', async () => {
    const { client, namespace } = await openBench();
    const names = Array.from({ length: 1_001 }, (_, i) => `g-${i}`);
    for (let start = 0; start < names.length; start += 50) {
      const apply = (name: string) => client.apply(GADGET, gadget(namespace, {}, { name }), 'absent', MANAGER);
      await Promise.all(names.slice(start, start + 50).map(apply));
    }
    const found = await client.list(GADGET, { namespace });
    expect(found.map(({ metadata }) => metadata.name).toSorted()).toEqual(names.toSorted());
  });

  test('are narrowed by labels', async () => {
    const { client, namespace } = await openBench();
    for (const [name, app] of [
      ['a', 'x'],
      ['b', 'y'],
    ]) {
      await client.apply(GADGET, gadget(namespace, {}, { name, labels: { app } }), 'absent', MANAGER);
    }
    const found = await client.list(GADGET, { namespace, labelSelector: 'app in (y,z)' });
    expect(found.map(({ metadata }) => metadata.name)).toEqual(['b']);
  });
});

describe('a watch', () => {
  test('from a version that is forgotten opens with 200 and throws a 410 from the stream', async () => {
    const { client } = await openBench();
    const error: unknown = await collect(client.watch(GADGET, { resourceVersion: '1', timeoutSeconds: 5 })).catch(
      (e) => e,
    );
    expect(isGone(error)).toBe(true);
  });

  test('from a version of the future is silent: no error, no event, no bookmark', async () => {
    const { client, namespace } = await withGadget();
    const watch = client.watch(GADGET, { namespace, resourceVersion: '999999999', timeoutSeconds: 2 });
    expect(await collect(watch)).toEqual([]);
  });

  test('sends what there is, a mark, and then each change, deletions with a version of their own', async () => {
    const { client, base, namespace } = await withGadget();
    const stop = new AbortController();
    const events = client.watch(GADGET, { namespace, timeoutSeconds: 60, signal: stop.signal })[Symbol.asyncIterator]();
    expect((await events.next()).value).toEqual({ type: 'ADDED', object: base });
    expect((await events.next()).value).toMatchObject({ type: 'BOOKMARK', isInitialEventsEnd: true });
    const { object } = await patchStatus(client, GADGET, base, { ready: 1 });
    // The server may say at any time how far it is.
    const nextChange = async (): Promise<WatchEvent<Gadget> | undefined> => {
      const { value } = await events.next();
      return value?.type === 'BOOKMARK' ? nextChange() : value;
    };
    expect(await nextChange()).toEqual({ type: 'MODIFIED', object });
    await client.delete(GADGET, { namespace, name: 'g' }, fenceOf(object));
    const deletion = await nextChange();
    expect(deletion).toMatchObject({ type: 'DELETED', object: { metadata: { uid: base.metadata.uid } } });
    const version = deletion?.type === 'DELETED' ? deletion.object.metadata.resourceVersion : '0';
    expect(BigInt(version)).toBeGreaterThan(BigInt(object.metadata.resourceVersion));
    stop.abort();
    await expect(events.next()).rejects.toMatchObject({ name: 'TransportError' });
  });
});
