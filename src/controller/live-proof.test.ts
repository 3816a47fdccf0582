import { describe, expect, test } from 'vitest';

import {
  at,
  attachment,
  claim,
  deployment,
  machine,
  pod,
  settled,
  STORAGE,
  volumeOf,
} from '../domain/testing/build.ts';
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { Readings } from '../domain/observed.ts';
import { createObjectClient } from '../runtime/client/object-client.ts';
import { createScriptedTransport, type Answer } from '../runtime/testing/scripted-transport.ts';
import { readLive } from './live-proof.ts';

const web = deployment({ storage: STORAGE, replicas: 2 });
const rest = settled(web, [0, 1]);
/** Member 0 has lost its pod. */
const stopped: Readings = { ...rest, pods: [pod(web, 1)] };
const [claim0, claim1] = [claim(web, 0), claim(web, 1)];
const CLAIM0 = '/api/v1/namespaces/default/persistentvolumeclaims/web-0';
const VOLUME0 = '/api/v1/persistentvolumes/pv-web-0';
const PODS = '/api/v1/namespaces/default/pods';
const ATTACHMENTS = '/apis/storage.k8s.io/v1/volumeattachments';
const FORBIDDEN: Answer = { status: 403, body: { kind: 'Status', reason: 'Forbidden' } };
const ABSENT: Answer = { status: 404, body: { kind: 'Status', reason: 'NotFound', details: { name: 'pv-web-0' } } };

const listOf = (...items: readonly object[]): Answer => ({ body: { metadata: { resourceVersion: '9' }, items } });

/** Proves member 0 on a server that answers each path in turn as told; by default no pod and no attachment is left. */
async function prove(
  answers: Readonly<Record<string, readonly Answer[]>> = {},
  cached: Readings = stopped,
  owner: StoredNodeDeployment = web,
) {
  const told = new Map<string, readonly Answer[]>(
    Object.entries({
      [CLAIM0]: [{ body: claim0 }],
      [VOLUME0]: [{ body: volumeOf(claim0) }],
      [PODS]: [listOf(), listOf()],
      [ATTACHMENTS]: [listOf()],
      ...answers,
    }),
  );
  const asked: string[] = [];
  const request = ({ path }: { path: string }): Answer => {
    const [bare = ''] = path.split('?');
    asked.push(bare);
    const [answer = { status: 500 }, ...later] = told.get(bare) ?? [];
    told.set(bare, later);
    return answer;
  };
  const read = await readLive(
    createObjectClient(createScriptedTransport({ request })),
    owner,
    cached,
    new Set(['web-0']),
  );
  return { asked, read };
}

describe('the live proof', () => {
  test('reads claims, volumes, pods, attachments and pods again, in this order', async () => {
    const { asked, read } = await prove();
    expect(asked).toEqual([CLAIM0, VOLUME0, PODS, ATTACHMENTS, PODS]);
    expect([...read.provenClaims]).toEqual(['web-0']);
  });

  test('believes the server about the member, and the cache about the others', async () => {
    const { read } = await prove();
    expect(read.attachments).toEqual([attachment(claim1)]);
    expect(read.claims).toEqual([claim1, claim0]);
    expect(read.volumes.map(({ metadata }) => metadata.name)).toEqual(['pv-web-0', 'pv-web-1']);
  });

  test('counts a pod that was there before or after the attachments', async () => {
    const before = await prove({ [PODS]: [listOf(pod(web, 0)), listOf()] });
    const after = await prove({ [PODS]: [listOf(), listOf(pod(web, 0))] });
    expect([before, after].map(({ read }) => read.pods.length)).toEqual([1, 1]);
  });

  test('counts a pod that only the cache still shows: how it went has not been told yet', async () => {
    const { read } = await prove({}, rest);
    expect(read.pods.map(({ metadata }) => metadata.name)).toEqual(['web-0-0']);
  });

  test('asks how the machine is on which a pod may still write', async () => {
    const suspect = { podUID: 'gone', nodeName: 'm1', goneAt: at(-9), isForced: false };
    const owner = deployment(
      { storage: STORAGE },
      {},
      { members: [{ name: 'web-0', phase: 'Stopped', suspects: [suspect] }] },
    );
    const silent = machine('m1', 'Unknown');
    const { read } = await prove({ '/api/v1/nodes/m1': [{ body: silent }] }, stopped, owner);
    expect(read.machines.get('m1')).toEqual(silent);
    const gone = await prove({ '/api/v1/nodes/m1': [ABSENT] }, stopped, owner);
    expect(gone.read.machines.size).toBe(0);
    const refused = await prove({ '/api/v1/nodes/m1': [FORBIDDEN] }, stopped, owner);
    expect([refused.read.machines.size, [...refused.read.unreadable]]).toEqual([0, ['machines']]);
  });

  test('counts the pods of others only where they mount the claim', async () => {
    const stranger = (ordinal: number) => pod(web, ordinal, { metadata: { labels: {}, uid: `uid-${ordinal}` } });
    const { read } = await prove({ [PODS]: [listOf(stranger(0), stranger(1)), listOf()] });
    expect(read.pods.map(({ metadata }) => metadata.uid)).toEqual(['uid-0']);
  });

  test('finds the attachments of the volume', async () => {
    const { read } = await prove({ [ATTACHMENTS]: [listOf(attachment(claim0, 'm2'), attachment(claim1, 'm2'))] });
    expect(read.attachments).toMatchObject([attachment(claim1), attachment(claim0, 'm2')]);
  });

  test('does not ask for attachments where the claim has no volume', async () => {
    const unbound = claim(web, 0, { spec: { volumeName: '' }, status: { phase: 'Pending' } });
    const { asked } = await prove({ [CLAIM0]: [{ body: unbound }] });
    expect(asked).toEqual([CLAIM0, PODS, PODS]);
  });

  test('has no volume where the server has none', async () => {
    const { read } = await prove({ [VOLUME0]: [ABSENT] });
    expect(read.volumes.map(({ metadata }) => metadata.name)).toEqual(['pv-web-1']);
    expect([...read.unreadable]).toEqual([]);
  });

  test('that may not read attachments says so, and goes on counting those in the cache', async () => {
    const { asked, read } = await prove({ [ATTACHMENTS]: [FORBIDDEN] });
    expect([...read.unreadable]).toEqual(['attachments']);
    expect(read.attachments).toHaveLength(2);
    expect(asked.at(-1)).toBe(PODS);
  });

  test('that may not read volumes says so, and believes the cache: what they are made of never changes', async () => {
    const { read } = await prove({ [VOLUME0]: [FORBIDDEN] });
    expect([...read.unreadable]).toEqual(['volumes']);
    expect(read.volumes).toHaveLength(2);
  });

  test('does not forget what could not be read before', async () => {
    const { read } = await prove({}, { ...rest, unreadable: new Set(['machines']) });
    expect([...read.unreadable]).toEqual(['machines']);
  });

  test.for([CLAIM0, VOLUME0, PODS, ATTACHMENTS])('fails where %s is not answered', async (path) => {
    await expect(prove({ [path]: [{ status: 503 }] })).rejects.toThrow('503');
  });

  test('fails where pods may not be read: without them nothing can be known', async () => {
    await expect(prove({ [PODS]: [FORBIDDEN] })).rejects.toThrow('403');
  });
});
