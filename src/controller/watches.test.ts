import { expect, test } from 'vitest';

import { attachment, claim, deployment, pod, statefulSet, STORAGE } from '../domain/testing/build.ts';
import { Store } from '../runtime/cache/store.ts';
import { claimIndexes } from './caches.ts';
import { ownersOfAttachment, ownersOfLabelled, ownersOfPod } from './watches.ts';

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
