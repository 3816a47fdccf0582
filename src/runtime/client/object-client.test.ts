import { describe, expect, test } from 'vitest';

import { CLAIM, EVENT, VOLUME, type Claim, type Event } from '../../kube/kinds.ts';
import type { KubeObject, Stored } from '../../kube/object.ts';
import { collect } from '../testing/collect.ts';
import { createScriptedTransport, type Answer } from '../testing/scripted-transport.ts';
import type { Fence } from './interfaces.ts';
import { createObjectClient, type WriteReport } from './object-client.ts';
import type { HttpRequest } from './transport.ts';

const key = { namespace: 'a', name: 'c' };
const claim: Claim = { metadata: { ...key, labels: { app: 'x' } }, spec: { accessModes: ['ReadWriteOnce'] } };
const stored: Stored<KubeObject> = {
  metadata: { ...key, uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' },
};
const absent: Answer = { status: 404, body: { kind: 'Status', reason: 'NotFound', details: { name: 'c' } } };

function setUp(answer: (request: HttpRequest) => Answer = () => ({ body: stored })) {
  const transport = createScriptedTransport({ request: answer });
  const reports: WriteReport[] = [];
  return { transport, reports, client: createObjectClient(transport, { onWrite: (report) => reports.push(report) }) };
}

describe('reads', () => {
  test('finds an object by its path, without allowing an old answer', async () => {
    const { client, transport } = setUp();
    expect(await client.get(CLAIM, key)).toEqual(stored);
    expect(transport.requests).toEqual([{ method: 'GET', path: '/api/v1/namespaces/a/persistentvolumeclaims/c' }]);
  });

  test('asks for the metadata alone where nothing else is read', async () => {
    const { client, transport } = setUp();
    expect(await client.getMetadata(CLAIM, key)).toEqual(stored.metadata);
    expect(transport.requests).toMatchObject([
      { headers: { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json' } },
    ]);
  });

  test('says undefined for an object that the server does not have', async () => {
    expect(await setUp(() => absent).client.get(CLAIM, key)).toBeUndefined();
    expect(await setUp(() => absent).client.getMetadata(CLAIM, key)).toBeUndefined();
  });

  test.for<[string, Answer]>([
    ['a kind that is not served', { status: 404, body: '404 page not found' }],
    ['a resource that is not served', { status: 404, body: { kind: 'Status', reason: 'NotFound', details: {} } }],
    ['a refusal', { status: 403, body: { kind: 'Status', reason: 'Forbidden', details: { name: 'c' } } }],
  ])('throws for %s: that is not absence', async ([, answer]) => {
    await expect(setUp(() => answer).client.get(CLAIM, key)).rejects.toMatchObject({ code: answer.status });
  });

  test('reads a collection in pages and completes the type of its objects', async () => {
    const pages = [
      { metadata: { resourceVersion: '9', continue: 'next' }, items: [stored] },
      { metadata: { resourceVersion: '9' }, items: [stored] },
    ];
    const { client, transport } = setUp(({ path }) => ({ body: pages[path.includes('continue') ? 1 : 0] }));
    const typed = { ...stored, apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
    expect(await client.snapshot(CLAIM, { labelSelector: 'app=x,y!=z' })).toEqual({
      objects: [typed, typed],
      resourceVersion: '9',
    });
    const query = 'labelSelector=app%3Dx%2Cy%21%3Dz&limit=500';
    expect(transport.requests.map(({ path }) => path)).toEqual([
      `/api/v1/persistentvolumeclaims?${query}`,
      `/api/v1/persistentvolumeclaims?${query}&continue=next`,
    ]);
  });

  test('reads everything in one answer when the pages expire under way', async () => {
    const { client, transport } = setUp(({ path }) => {
      if (path.includes('continue=')) return { status: 410, body: { kind: 'Status', reason: 'Expired' } };
      const more = path.includes('limit=500') ? { continue: 'next' } : {};
      return {
        body: { metadata: { resourceVersion: path.includes('limit=500') ? '9' : '12', ...more }, items: [stored] },
      };
    });
    expect(await client.snapshot(CLAIM, { namespace: 'a' })).toMatchObject({
      resourceVersion: '12',
      objects: [stored],
    });
    expect(transport.requests.at(-1)?.path).toBe('/api/v1/namespaces/a/persistentvolumeclaims?limit=0');
  });

  test('takes an answer that is not JSON for no answer', async () => {
    const read = setUp(() => ({ body: '<html>' })).client.get(CLAIM, key);
    await expect(read).rejects.toMatchObject({ name: 'TransportError', outcome: 'unknown' });
  });
});

describe('writes', () => {
  test.for<[string, Fence, object]>([
    ['an object at the version it was read at', { uid: 'u', resourceVersion: '7' }, { uid: 'u', resourceVersion: '7' }],
    ['an absent object under an impossible version, without a uid', 'absent', { resourceVersion: '1' }],
  ])('applies %s', async ([, fence, sent]) => {
    const { client, transport } = setUp();
    expect(await client.apply(CLAIM, claim, fence, 'fleet')).toEqual(stored);
    const [request] = transport.requests;
    expect(request).toMatchObject({
      method: 'PATCH',
      path: '/api/v1/namespaces/a/persistentvolumeclaims/c?fieldManager=fleet&force=true&fieldValidation=Strict',
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...claim.metadata, ...sent },
      spec: claim.spec,
    });
  });

  test('replaces finalizers under the version of the base', async () => {
    const { client, transport } = setUp();
    await client.patchFinalizers(CLAIM, stored, ['example.dev/keep']);
    expect(transport.requests).toEqual([
      {
        method: 'PATCH',
        path: '/api/v1/namespaces/a/persistentvolumeclaims/c?fieldValidation=Strict',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: '{"metadata":{"uid":"u","resourceVersion":"7","finalizers":["example.dev/keep"]}}',
      },
    ]);
  });

  test('deletes in the background, only the object with that uid and version', async () => {
    const { client, transport } = setUp();
    await client.delete(VOLUME, { namespace: '', name: 'v' }, { uid: 'u', resourceVersion: '7' });
    const [request] = transport.requests;
    expect(request).toMatchObject({ method: 'DELETE', path: '/api/v1/persistentvolumes/v' });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u', resourceVersion: '7' },
      propagationPolicy: 'Background',
    });
  });

  test('takes an object that is already gone for deleted, and nothing else', async () => {
    await setUp(() => absent).client.delete(CLAIM, key, { uid: 'u' });
    const conflict = { status: 409, body: { kind: 'Status', reason: 'Conflict' } };
    await expect(setUp(() => conflict).client.delete(CLAIM, key, { uid: 'u' })).rejects.toMatchObject({ code: 409 });
  });

  test.for<[string, (client: ReturnType<typeof createObjectClient>) => Promise<unknown>]>([
    ['an apply with an empty version', (client) => client.apply(CLAIM, claim, { uid: 'u', resourceVersion: '' }, 'm')],
    ['an apply with version 0', (client) => client.apply(CLAIM, claim, { uid: 'u', resourceVersion: '0' }, 'm')],
    [
      'finalizers of a base without a version',
      (client) => client.patchFinalizers(CLAIM, { metadata: { ...stored.metadata, resourceVersion: '' } }, []),
    ],
    ['a delete with an empty uid', (client) => client.delete(CLAIM, key, { uid: '' })],
    ['an object without a name', (client) => client.apply(CLAIM, { metadata: { namespace: 'a' } }, 'absent', 'm')],
    [
      'a namespaced object without a namespace',
      (client) => client.delete(CLAIM, { ...key, namespace: '' }, { uid: 'u' }),
    ],
  ])('refuses %s before sending', async ([, write]) => {
    const { client, transport, reports } = setUp();
    await expect(write(client)).rejects.toThrow('client: ');
    expect([transport.requests, reports]).toEqual([[], []]);
  });

  test.for([409, 422, 500, 504])('sends a write that is answered with %d once', async (status) => {
    const { client, transport } = setUp(() => ({ status, body: { kind: 'Status', reason: 'Conflict' } }));
    await expect(client.apply(CLAIM, claim, 'absent', 'm')).rejects.toMatchObject({ code: status });
    expect(transport.requests).toHaveLength(1);
  });

  test('tells of each write how it ended', async () => {
    const { client, reports } = setUp(({ method }) => (method === 'PATCH' ? { body: stored } : { status: 409 }));
    await client.apply(CLAIM, claim, 'absent', 'm');
    await client.delete(CLAIM, key, { uid: 'u' }).catch(() => {});
    await client.get(CLAIM, key).catch(() => {});
    expect(reports).toMatchObject([
      { verb: 'apply', kind: CLAIM, key, error: undefined },
      { verb: 'delete', kind: CLAIM, key, error: { code: 409 } },
    ]);
  });
});

describe('a check', () => {
  test('is the apply as a dry run, with its fence, and is reported as no write', async () => {
    const { client, transport, reports } = setUp();
    const fence: Fence = { uid: 'u', resourceVersion: '7' };
    await client.checkApply(CLAIM, claim, fence, 'fleet');
    await client.apply(CLAIM, claim, fence, 'fleet');
    const [check, apply] = transport.requests;
    expect(check).toEqual({ ...apply, path: `${apply?.path}&dryRun=All` });
    expect(reports).toHaveLength(1);
  });

  test('throws what the apply would throw', async () => {
    const { client } = setUp(() => ({ status: 422, body: { kind: 'Status', reason: 'Invalid', message: 'no image' } }));
    await expect(client.checkApply(CLAIM, claim, 'absent', 'm')).rejects.toMatchObject({
      code: 422,
      detail: 'no image',
    });
  });
});

describe('watches', () => {
  test('asks for all objects first when it has no version to go on from', async () => {
    const transport = createScriptedTransport({ stream: () => ({ body: '' }) });
    const client = createObjectClient(transport);
    await collect(client.watch(CLAIM, { timeoutSeconds: 60 }));
    await collect(client.watch(CLAIM, { timeoutSeconds: 60, resourceVersion: '7', labelSelector: 'a=b' }));
    const start = 'watch=true&allowWatchBookmarks=true&timeoutSeconds=60';
    expect(transport.requests.map(({ path }) => path)).toEqual([
      `/api/v1/persistentvolumeclaims?${start}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
      `/api/v1/persistentvolumeclaims?${start}&labelSelector=a%3Db&resourceVersion=7`,
    ]);
  });

  test('tells objects from bookmarks, and throws for an ERROR event', async () => {
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    const transport = createScriptedTransport({});
    const events = createObjectClient(transport).watch(CLAIM, { timeoutSeconds: 60 })[Symbol.asyncIterator]();
    const first = events.next();
    await Promise.resolve();
    const [stream] = transport.streams;
    stream?.write({ type: 'ADDED', object: stored });
    stream?.write({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '8', annotations } } });
    stream?.write({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } });
    stream?.write({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } });
    expect((await first).value).toEqual({ type: 'ADDED', object: stored });
    expect((await events.next()).value).toEqual({ type: 'BOOKMARK', resourceVersion: '8', isInitialEventsEnd: true });
    expect((await events.next()).value).toEqual({ type: 'BOOKMARK', resourceVersion: '9', isInitialEventsEnd: false });
    await expect(events.next()).rejects.toMatchObject({ code: 410, reason: 'Expired' });
  });

  test('throws for a watch that is refused', async () => {
    const refused = {
      status: 429,
      headers: { 'retry-after': '2' },
      body: { kind: 'Status', reason: 'TooManyRequests' },
    };
    const client = createObjectClient(createScriptedTransport({ stream: () => refused }));
    const watch = collect(client.watch(CLAIM, { timeoutSeconds: 60 }));
    await expect(watch).rejects.toMatchObject({ code: 429, reason: 'TooManyRequests', retryAfterMs: 2_000 });
  });
});

describe('events', () => {
  const event: Event = { metadata: key, eventTime: '2026-01-01T00:00:00.000000Z', reason: 'HandoffStarted' };
  const series = { count: 2, lastObservedTime: '2026-01-01T00:00:05.000000Z' };
  const events = '/apis/events.k8s.io/v1/namespaces/a/events';

  test('creates one by name, and tells its repetitions without a condition', async () => {
    const { client, transport, reports } = setUp();
    await client.createEvent(event);
    await client.patchEventSeries(key, series);
    const [created, patched] = transport.requests;
    expect(created).toMatchObject({ method: 'POST', path: `${events}?fieldValidation=Strict` });
    expect(JSON.parse(created?.body ?? '')).toEqual({ ...event, apiVersion: 'events.k8s.io/v1', kind: 'Event' });
    expect(patched).toMatchObject({ method: 'PATCH', path: `${events}/c?fieldValidation=Strict` });
    expect(JSON.parse(patched?.body ?? '')).toEqual({ series });
    expect(reports).toEqual([
      { verb: 'createEvent', kind: EVENT, key, error: undefined },
      { verb: 'patchEventSeries', kind: EVENT, key, error: undefined },
    ]);
  });

  test('lets the caller end a write that takes too long', async () => {
    const { client, transport } = setUp();
    const { signal } = new AbortController();
    await client.createEvent(event, signal);
    await client.patchEventSeries(key, series, signal);
    expect(transport.requests.map((request) => request.signal)).toEqual([signal, signal]);
  });
});
