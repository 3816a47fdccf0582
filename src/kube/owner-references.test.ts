import { describe, expect, test } from 'vitest';

import { STATEFUL_SET } from './kinds.ts';
import { controllerOf, controllerReference } from './owner-references.ts';

const metadata = { name: 'web-0', uid: 'u1', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };

describe('controllerReference', () => {
  test('names the owner by uid and makes it the controller', () => {
    expect(controllerReference(STATEFUL_SET, { metadata })).toEqual({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      name: 'web-0',
      uid: 'u1',
      controller: true,
      blockOwnerDeletion: true,
    });
  });
});

describe('controllerOf', () => {
  const owner = { apiVersion: 'v1', kind: 'K', name: 'n', uid: 'plain' };

  test('finds the controller among other owners', () => {
    const controller = controllerReference(STATEFUL_SET, { metadata });
    expect(controllerOf({ metadata: { ownerReferences: [owner, controller] } })).toBe(controller);
  });

  test.for([
    ['an object without metadata', {}],
    ['an object without owners', { metadata }],
    ['an object whose owners are no controllers', { metadata: { ownerReferences: [owner] } }],
  ] as const)('%s has none', ([, object]) => {
    expect(controllerOf(object)).toBeUndefined();
  });
});
