import { describe, expect, test } from 'vitest';

import type { StoredLease } from '../../kube/kinds.ts';
import type { HttpRequest } from '../client/transport.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { RecordingLogger } from '../testing/recording-log.ts';
import { createScriptedTransport, type Script } from '../testing/scripted-transport.ts';
import { bookmark, initialEventsEnd } from '../testing/watch-lines.ts';
import { createLeaseStore } from './lease-store.ts';

const PATH = '/apis/coordination.k8s.io/v1/namespaces/ns/leases';
const key = { namespace: 'ns', name: 'op' };

function lease(holderIdentity: string, resourceVersion = '7'): StoredLease {
  return { metadata: { ...key, uid: 'u1', resourceVersion, creationTimestamp: '' }, spec: { holderIdentity } };
}

function makeStore(script: Script) {
  const transport = createScriptedTransport(script);
  const log = new RecordingLogger();
  const clock = new FakeClock();
  const store = createLeaseStore({ transport, key, clock, random: () => 0.5, log });
  return { transport, store, log, clock };
}

const lineOf = ({ method, path, body, timeoutMs, isUrgent }: HttpRequest) => ({
  line: `${method} ${path}`,
  body: body === undefined ? undefined : JSON.parse(body),
  timeoutMs,
  isUrgent,
});

describe('a lease store', () => {
  test('reads the lease, and nothing where there is none', async () => {
    const absent = { kind: 'Status', reason: 'NotFound', details: { name: 'op', kind: 'leases' } };
    const answers = [{ body: lease('a') }, { status: 404, body: absent }];
    const { store, transport } = makeStore({ request: () => answers.shift() ?? {} });
    expect((await store.read(100))?.spec?.holderIdentity).toBe('a');
    expect(await store.read(100)).toBeUndefined();
    expect(transport.requests.map(lineOf)[0]).toMatchObject({ line: `GET ${PATH}/op`, timeoutMs: 100, isUrgent: true });
  });

  test('creates it where there is none', async () => {
    const { store, transport } = makeStore({ request: () => ({ status: 201, body: lease('a') }) });
    await store.write(undefined, { holderIdentity: 'a' }, 100);
    expect(transport.requests.map(lineOf)).toEqual([
      {
        line: `POST ${PATH}?fieldValidation=Strict`,
        body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: key, spec: { holderIdentity: 'a' } },
        timeoutMs: 100,
        isUrgent: true,
      },
    ]);
  });

  test('changes the spec alone, if it is still the version that was read', async () => {
    const { store, transport } = makeStore({ request: () => ({ body: lease('b', '8') }) });
    const stored = await store.write(lease('a'), { holderIdentity: 'b' }, 100);
    expect(stored.metadata.resourceVersion).toBe('8');
    expect(transport.requests.map(lineOf)).toEqual([
      {
        line: `PATCH ${PATH}/op?fieldValidation=Strict`,
        body: { metadata: { uid: 'u1', resourceVersion: '7' }, spec: { holderIdentity: 'b' } },
        timeoutMs: 100,
        isUrgent: true,
      },
    ]);
  });
});

describe('a followed lease', () => {
  function follow(script: Script = {}) {
    const made = makeStore(script);
    const stop = new AbortController();
    const told: (string | undefined)[] = [];
    const following = made.store.follow((seen) => void told.push(seen?.spec?.holderIdentity), stop.signal);
    return { ...made, stop, told, following };
  }

  test('is told of as it is and with each change, over one watch of this one object', async () => {
    const { transport, told, following, stop } = follow();
    await settle();
    const [watch] = transport.streams;
    expect(new URLSearchParams(watch?.request.path.split('?')[1]).get('fieldSelector')).toBe('metadata.name=op');
    expect(following.isLive).toBe(false);
    watch?.write({ type: 'ADDED', object: lease('a') });
    watch?.write(initialEventsEnd(7));
    watch?.write({ type: 'MODIFIED', object: lease('', '8') });
    watch?.write(bookmark(9));
    watch?.write({ type: 'DELETED', object: lease('', '10') });
    await settle();
    expect(told).toEqual(['a', '', undefined]);
    expect(following.isLive).toBe(true);
    stop.abort();
    await settle();
    expect(transport.streams).toHaveLength(1);
  });

  test('is not live while the watch fails, and is again when it is back', async () => {
    const { transport, following, clock, stop } = follow();
    await settle();
    transport.streams[0]?.write(initialEventsEnd(7));
    await settle();
    transport.streams[0]?.break();
    await settle();
    expect(following.isLive).toBe(false);
    await clock.advance(1_600);
    transport.streams[1]?.write(bookmark(9));
    await settle();
    expect(following.isLive).toBe(true);
    stop.abort();
  });

  test('is not live without the right to watch it, which is said once', async () => {
    const refusal = { status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'no' } };
    const { following, clock, stop, log } = follow({ stream: () => refusal });
    await clock.advance(60_000);
    expect(following.isLive).toBe(false);
    expect(log.at('warn').map(({ message }) => message)).toEqual(['no right to read; going on without']);
    stop.abort();
  });
});
