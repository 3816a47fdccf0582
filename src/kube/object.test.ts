import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { CLAIM, STATEFUL_SET, apiVersionOf } from './kinds.ts';
import { formatKey, isTerminating, keyOf, parseKey } from './object.ts';

describe('keys', () => {
  test.for([
    ['a namespaced object', { metadata: { namespace: 'ns', name: 'web' } }, 'ns/web'],
    ['a cluster-scoped object', { metadata: { name: 'pv-1' } }, 'pv-1'],
    ['an object without metadata', {}, ''],
  ] as const)('%s', ([, object, text]) => {
    expect(formatKey(keyOf(object))).toBe(text);
  });

  test('a formatted key parses back to the same key', () => {
    const name = fc.stringMatching(/^[a-z0-9.-]{0,20}$/);
    fc.assert(
      fc.property(name, name, (namespace, objectName) => {
        const key = { namespace, name: objectName };
        expect(parseKey(formatKey(key))).toEqual(key);
      }),
    );
  });
});

test.for([
  [STATEFUL_SET, 'apps/v1'],
  [CLAIM, 'v1'],
] as const)('apiVersionOf leaves the core group out', ([kind, apiVersion]) => {
  expect(apiVersionOf(kind)).toBe(apiVersion);
});

test('an object is terminating from its deletionTimestamp on, finalizers or not', () => {
  expect(isTerminating({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] } })).toBe(true);
  expect(isTerminating({ metadata: { finalizers: ['a/b'] } })).toBe(false);
  expect(isTerminating({})).toBe(false);
});
