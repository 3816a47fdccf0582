import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { canonicalJson, hashOf } from './hash.ts';

/** The same content with every object's members inserted the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  );
}

describe('canonicalJson', () => {
  test('does not depend on the order in which members were set', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      }),
    );
  });

  test('keeps the order of lists', () => {
    expect(canonicalJson(['b', 'a'])).toBe('["b","a"]');
  });

  test('takes an absent member and an undefined one for the same', () => {
    expect(canonicalJson({ a: 1, b: undefined })).toBe(canonicalJson({ a: 1 }));
  });

  test('tells null, "", 0 and absent apart', () => {
    expect(new Set([{ a: null }, { a: '' }, { a: 0 }, {}].map(canonicalJson)).size).toBe(4);
  });

  test('writes a member named __proto__ like any other', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
  });

  test('says the same as JSON, only in another order', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('hashOf', () => {
  test('gives the same name in every release', () => {
    expect(hashOf({ b: [1, 2], a: 'x' })).toBe('721ef82f2d');
  });

  test('fits a label value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(hashOf(value)).toMatch(/^[0-9a-f]{10}$/);
      }),
    );
  });
});
