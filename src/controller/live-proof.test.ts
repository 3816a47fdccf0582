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
import type { StoredVolume } from '../kube/kinds.ts';
import { NO_READINGS, type Readings } from '../domain/observed.ts';
import { createObjectClient } from '../runtime/client/object-client.ts';
import { createScriptedTransport, type Answer } from '../runtime/testing/scripted-transport.ts';
import { createReadLive } from './live-proof.ts';

function ofNobody(volume: StoredVolume): StoredVolume {
  const { claimRef: _, ...spec } = volume.spec ?? {};
  return { ...volume, spec };
}

const web = deployment({ storage: STORAGE, replicas: 2 });
const rest = settled(web, [0, 1]);
/** Member 0 has lost its pod. */
const stopped: Readings = { ...rest, pods: [pod(web, 1)] };
const [claim0, claim1] = [claim(web, 0), claim(web, 1)];
/** The cache does not know yet that its volume is bound. */
const unbound: Readings = { ...stopped, volumes: [ofNobody(volumeOf(claim0)), volumeOf(claim1)] };
const CLAIM0 = '/api/v1/namespaces/default/persistentvolumeclaims/web-0';
const VOLUME0 = '/api/v1/persistentvolumes/pv-web-0';
/** The member's own pods; those without the label of a member, which are its consumers' and strangers'. */
const PODS = '/api/v1/namespaces/default/pods nodefleet.dev/member in (web-0)';
const OTHERS = '/api/v1/namespaces/default/pods !nodefleet.dev/member';
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
      [OTHERS]: [listOf(), listOf()],
      [ATTACHMENTS]: [listOf()],
      ...answers,
    }),
  );
  const asked: string[] = [];
  const request = ({ path }: { path: string }): Answer => {
    const [bare = '', query] = path.split('?');
    const selector = new URLSearchParams(query).get('labelSelector');
    const what = selector === null ? bare : `${bare} ${selector}`;
    asked.push(what);
    const [answer = { status: 500 }, ...later] = told.get(what) ?? [];
    told.set(what, later);
    return answer;
  };
  const readLive = createReadLive(createObjectClient(createScriptedTransport({ request })));
  const read = await readLive(owner, cached, new Set(['web-0']));
  return { asked, read };
}

describe('the live proof', () => {
  test('reads claims and pods, attachments and pods again, in this order', async () => {
    const { asked, read } = await prove();
    expect(asked).toEqual([CLAIM0, PODS, OTHERS, ATTACHMENTS, PODS, OTHERS]);
    expect([...read.provenClaims]).toEqual(['web-0']);
  });

  test.for([
    ['is bound to another claim of the name', { claimRef: { namespace: 'default', name: 'web-0', uid: 'former' } }],
    ['is reserved for a claim of another name', { claimRef: { namespace: 'default', name: 'web-1' } }],
    ['is reserved for a claim of another namespace', { claimRef: { namespace: 'other', name: 'web-0' } }],
    ['is nobody’s yet', {}],
  ] as const)('reads the volume too where the cached one %s', async ([, spec]) => {
    const [volume0, volume1] = [volumeOf(claim0), volumeOf(claim1)];
    const former = { ...volume0, spec: { ...ofNobody(volume0).spec, ...spec } };
    const { asked, read } = await prove({}, { ...stopped, volumes: [former, volume1] });
    expect(asked).toEqual([CLAIM0, PODS, OTHERS, VOLUME0, ATTACHMENTS, PODS, OTHERS]);
    expect(read.volumes).toEqual([volume0, volume1]);
  });

  test('takes a volume that was reserved by hand for the claim’s: its name is all there is before it is bound', async () => {
    const [volume0, volume1] = [volumeOf(claim0), volumeOf(claim1)];
    const claimRef = { namespace: 'default', name: 'web-0' };
    const reserved = { ...volume0, spec: { ...ofNobody(volume0).spec, claimRef } };
    const { asked, read } = await prove({}, { ...stopped, volumes: [reserved, volume1] });
    expect(asked).not.toContain(VOLUME0);
    expect(read.volumes).toEqual([reserved, volume1]);
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
    expect([before, after].map(({ read }) => read.pods.length)).toEqual([2, 2]);
  });

  test('counts a pod that only the cache still shows: how it went has not been told yet', async () => {
    const { read } = await prove({}, rest);
    expect(read.pods.map(({ metadata }) => metadata.name)).toEqual(['web-0-0', 'web-1-0']);
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
    const { read } = await prove({ [OTHERS]: [listOf(stranger(0), stranger(1)), listOf()] });
    expect(read.pods).toEqual([pod(web, 1), stranger(0)]);
  });

  test('counts a pod that is labelled as another member where the cache shows that it mounts the claim', async () => {
    const labels = { ...pod(web, 0).metadata.labels, 'nodefleet.dev/member': 'web-1' };
    const posing = pod(web, 0, { metadata: { labels, uid: 'posing' } });
    const { read } = await prove({}, { ...stopped, pods: [posing] });
    expect(read.pods).toEqual([posing]);
  });

  test('takes a stranger’s pod that only the cache still shows for gone', async () => {
    const stranger = pod(web, 0, { metadata: { labels: {}, uid: 'gone' } });
    expect((await prove({}, { ...stopped, pods: [stranger] })).read.pods).toEqual([]);
  });

  test('finds the attachments of the volume', async () => {
    const { read } = await prove({ [ATTACHMENTS]: [listOf(attachment(claim0, 'm2'), attachment(claim1, 'm2'))] });
    expect(read.attachments).toMatchObject([attachment(claim1), attachment(claim0, 'm2')]);
  });

  test('does not ask for attachments where the claim has no volume', async () => {
    const pending = claim(web, 0, { spec: { volumeName: '' }, status: { phase: 'Pending' } });
    const { asked } = await prove({ [CLAIM0]: [{ body: pending }] });
    expect(asked).toEqual([CLAIM0, PODS, OTHERS, PODS, OTHERS]);
  });

  test('has no volume where the server has none', async () => {
    const { read } = await prove({ [VOLUME0]: [ABSENT] }, unbound);
    expect(read.volumes.map(({ metadata }) => metadata.name)).toEqual(['pv-web-1']);
    expect([...read.unreadable]).toEqual([]);
  });

  test('that may not read attachments says so, and goes on counting those in the cache', async () => {
    const { asked, read } = await prove({ [ATTACHMENTS]: [FORBIDDEN] });
    expect([...read.unreadable]).toEqual(['attachments']);
    expect(read.attachments).toHaveLength(2);
    expect(asked.at(-1)).toBe(OTHERS);
  });

  test('that may not read volumes says so, and believes the cache: what they are made of never changes', async () => {
    const { read } = await prove({ [VOLUME0]: [FORBIDDEN] }, unbound);
    expect([...read.unreadable]).toEqual(['volumes']);
    expect(read.volumes).toHaveLength(2);
  });

  test('does not forget what could not be read before', async () => {
    const { read } = await prove({}, { ...rest, unreadable: new Set(['machines']) });
    expect([...read.unreadable]).toEqual(['machines']);
  });

  test.for([CLAIM0, VOLUME0, PODS, OTHERS, ATTACHMENTS])('fails where %s is not answered', async (path) => {
    await expect(prove({ [path]: [{ status: 503 }] }, unbound)).rejects.toThrow('503');
  });

  test('fails where pods may not be read: without them nothing can be known', async () => {
    await expect(prove({ [PODS]: [FORBIDDEN] })).rejects.toThrow('403');
  });
});

describe('the live proof of a member that has no volume of its own', () => {
  const shared = deployment({ storage: { ...STORAGE, accessMode: 'ReadWriteMany' }, replicas: 2 });
  const surge = pod(shared, 0, { surge: true });
  const both: Readings = { ...settled(shared, [0, 1]), pods: [pod(shared, 0), surge, pod(shared, 1)] };
  const names = ({ pods }: Readings): readonly string[] => pods.map(({ metadata }) => metadata.name);

  test.for([shared, deployment({ replicas: 2 })])('asks for its pods, and those of its surge, alone', async (owner) => {
    const { asked, read } = await prove({ [PODS]: [listOf(pod(owner, 0, { ready: false }))] }, both, owner);
    expect(asked).toEqual([PODS]);
    expect([...read.provenClaims]).toEqual(['web-0']);
    expect(read.claims).toEqual(both.claims);
  });

  test('believes the server about its pods: one that only the cache still shows serves nobody', async () => {
    const { read } = await prove({ [PODS]: [listOf(pod(shared, 0))] }, both, shared);
    expect(names(read)).toEqual(['web-1-0', 'web-0-0']);
  });

  test('leaves out the pods of a fleet of another name', async () => {
    const labels = { ...pod(shared, 0).metadata.labels, 'nodefleet.dev/deployment': 'other' };
    const { read } = await prove({ [PODS]: [listOf(pod(shared, 0, { metadata: { labels } }))] }, both, shared);
    expect(names(read)).toEqual(['web-1-0']);
  });

  test('fails where its pods may not be read', async () => {
    await expect(prove({ [PODS]: [FORBIDDEN] }, both, shared)).rejects.toThrow('403');
  });
});

describe('the live proofs of several fleets at a time', () => {
  /** Proves a member of each fleet at once, and one of the last while the first lists are being read. */
  async function proveAll(owners: readonly StoredNodeDeployment[], isLate: boolean) {
    const claims = owners.map((owner) => claim(owner, 0));
    const lists: string[] = [];
    const proofs: Promise<Readings>[] = [];
    const names = owners.map(({ metadata }) => `${metadata.name}-0`);
    const begin = (index: number): void => {
      const [owner, name = ''] = [owners[index] ?? web, names[index]];
      proofs.push(readLive(owner, { ...NO_READINGS, volumes: claims.map(volumeOf) }, new Set([name])));
    };
    const request = ({ path }: { path: string }): Answer => {
      const url = new URL(path, 'http://server');
      const [found] = claims.filter(({ metadata }) => url.pathname.endsWith(`/${metadata.name}`));
      if (found !== undefined) return { body: found };
      lists.push(url.searchParams.get('labelSelector') ?? 'attachments');
      if (isLate && lists.length === 1) begin(owners.length - 1);
      return listOf();
    };
    const readLive = createReadLive(createObjectClient(createScriptedTransport({ request })));
    const first = isLate ? owners.length - 1 : owners.length;
    for (let index = 0; index < first; index += 1) begin(index);
    await Promise.all(proofs);
    await Promise.all(proofs);
    return lists;
  }
  const fleets = ['a', 'b'].map((name) => deployment({ storage: STORAGE }, { name, uid: `${name}-uid` }));

  test('are answered by the same lists', async () => {
    const pods = ['nodefleet.dev/member in (a-0,b-0)', '!nodefleet.dev/member'];
    expect(await proveAll(fleets, false)).toEqual([...pods, 'attachments', ...pods]);
  });

  test('are never answered by a list that was begun before they asked', async () => {
    const lists = await proveAll(fleets, true);
    expect(lists.slice(0, 2)).toEqual(['nodefleet.dev/member in (a-0)', '!nodefleet.dev/member']);
    expect(lists.filter((selector) => selector.includes('b-0'))).toHaveLength(2);
  });
});
