import { array, assert, boolean, constantFrom, dictionary, integer, letrec, oneof, property } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { isSameJson, mergePatchOf } from './merge-patch.ts';

describe('mergePatchOf', () => {
  test.for<[string, unknown, unknown, unknown]>([
    ['nothing for equal documents', { a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 }, undefined],
    ['nothing for fields that are undefined or null on both sides', { a: null }, { a: undefined }, undefined],
    ['a changed field alone', { a: 1, b: 1 }, { a: 1, b: 2 }, { b: 2 }],
    ['an added field', {}, { a: { b: 1 } }, { a: { b: 1 } }],
    ['null for a removed field', { a: 1, b: 2 }, { b: 2 }, { a: null }],
    ['null for a field that is undefined now', { a: 1 }, { a: undefined }, { a: null }],
    ['the innermost change', { a: { b: { c: 1, d: 1 } } }, { a: { b: { c: 1, d: 2 } } }, { a: { b: { d: 2 } } }],
    ['arrays whole', { a: [{ x: 1 }, { x: 2 }] }, { a: [{ x: 1 }, { x: 3 }] }, { a: [{ x: 1 }, { x: 3 }] }],
    ['an array that was cut', { a: [1, 2] }, { a: [1] }, { a: [1] }],
    ['a reordered array', { a: [1, 2] }, { a: [2, 1] }, { a: [2, 1] }],
    ['an object that was a number', { a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['false, 0 and empty text', { a: true, b: 1, c: 'x' }, { a: false, b: 0, c: '' }, { a: false, b: 0, c: '' }],
  ])('sends %s', ([, from, to, patch]) => {
    expect(mergePatchOf(from, to)).toEqual(patch);
  });

  const { object } = letrec((tie) => ({
    object: dictionary(constantFrom('a', 'b', 'c', 'd'), tie('value')),
    value: oneof(
      { maxDepth: 3 },
      integer({ max: 3, min: 0 }),
      boolean(),
      array(integer({ max: 3, min: 0 })),
      tie('object'),
    ),
  }));

  test('turns any document into any other, by the rules of RFC 7386', () => {
    const check = (from: unknown, to: unknown) => void expect(applied(from, mergePatchOf(from, to))).toEqual(to);
    assert(property(object, object, check));
  });

  test('is undefined exactly for documents that say the same', () => {
    assert(property(object, object, (from, to) => (mergePatchOf(from, to) === undefined) === isSameJson(from, to)));
  });
});

/** MergePatch of RFC 7386, section 2, word for word. */
function applied(target: unknown, patch: unknown): unknown {
  if (patch === undefined) return target;
  if (!isObject(patch)) return patch;
  const result = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = applied(result[name], value);
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
