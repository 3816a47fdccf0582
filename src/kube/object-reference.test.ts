import { expect, test } from 'vitest';

import { MACHINE, POD } from './kinds.ts';
import { referenceOf, referenceTo } from './object-reference.ts';

const metadata = {
  namespace: 'shop',
  name: 'web-0-0',
  uid: 'u',
  resourceVersion: '7',
  creationTimestamp: '2026-01-01T00:00:00Z',
};

test('a reference names the object by kind, name and uid, without the version it was read at', () => {
  const named = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-0-0', uid: 'u' };
  expect(referenceOf(POD, { metadata })).toEqual(named);
});

test('a reference to a cluster-scoped object has no namespace, and one by name alone no uid', () => {
  expect(referenceTo(MACHINE, { namespace: 'shop', name: 'm1' })).toEqual({
    apiVersion: 'v1',
    kind: 'Node',
    name: 'm1',
  });
});
