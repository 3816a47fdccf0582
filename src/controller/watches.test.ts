import { describe, expect, test } from 'vitest';

import {
  at,
  attachment,
  claim,
  deployment,
  machine,
  pod,
  statefulSet,
  STORAGE,
  volumeOf,
} from '../domain/testing/build.ts';
import type { StoredMachine } from '../kube/kinds.ts';
import { Store } from '../runtime/cache/store.ts';
import { attachmentIndexes, claimIndexes, podIndexes } from './caches.ts';
import {
  isMachineNews,
  ownersOfAttachment,
  ownersOfLabelled,
  ownersOfPod,
  ownersOfVolume,
  ownersOnMachine,
} from './watches.ts';

const web = deployment({ storage: STORAGE });
const WEB = { namespace: 'default', name: 'web' };
const claims = new Store({ indexes: claimIndexes });
claims.put(claim(web, 0));

test("a child's label says whose it is", () => {
  expect(ownersOfLabelled(statefulSet(web, 0))).toEqual([WEB]);
});

test('an object without our label is nobody’s', () => {
  expect(ownersOfLabelled(statefulSet(web, 0, { metadata: { labels: {} } }))).toEqual([]);
});

test("somebody else's pod on our claim concerns us", () => {
  expect(ownersOfPod(pod(web, 0, { metadata: { labels: {} } }), claims)).toEqual([WEB]);
});

test("somebody else's pod on another claim does not", () => {
  expect(ownersOfPod(pod(web, 1, { metadata: { labels: {} } }), claims)).toEqual([]);
});

test('an attachment concerns the deployment whose claim is bound to its volume', () => {
  expect(ownersOfAttachment(attachment(claim(web, 0)), claims)).toEqual([WEB]);
  expect(ownersOfAttachment(attachment(claim(web, 1)), claims)).toEqual([]);
});

test('a volume concerns the deployment whose claim is bound to it', () => {
  expect(ownersOfVolume(volumeOf(claim(web, 0)), claims)).toEqual([WEB]);
  expect(ownersOfVolume(volumeOf(claim(web, 1)), claims)).toEqual([]);
});

test('a machine concerns those who have a pod on it, or a volume attached to it', () => {
  const pods = new Store({ indexes: podIndexes });
  const attachments = new Store({ indexes: attachmentIndexes });
  const onMachine = (name: string) => ownersOnMachine(machine(name), { pods, attachments, claims });
  pods.put(pod(deployment(), 0));
  attachments.put(attachment(claim(web, 0), 'm2'));
  expect([onMachine('m1'), onMachine('m2'), onMachine('m3')]).toEqual([[WEB], [WEB], []]);
});

describe('news of a machine', () => {
  const m1 = machine('m1');
  test.for<[string, boolean, StoredMachine]>([
    ['is no new version', false, { ...m1, metadata: { ...m1.metadata, resourceVersion: '2' } }],
    ['is that it stops being Ready', true, machine('m1', 'Unknown')],
    ['is that it became Ready again in between', true, machine('m1', 'True', false, at(-1))],
    ['is a taint', true, machine('m1', 'True', true)],
    ['is that it takes no more pods', true, { ...m1, spec: { ...m1.spec, unschedulable: true } }],
    ['is a label', true, { ...m1, metadata: { ...m1.metadata, labels: { zone: 'a' } } }],
    ['is that it is being deleted', true, { ...m1, metadata: { ...m1.metadata, deletionTimestamp: at(0) } }],
  ])('%s', ([, isNews, after]) => {
    expect(isMachineNews(m1, after)).toBe(isNews);
  });
});
