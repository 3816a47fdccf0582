import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { isApplied } from './applied.ts';

describe('isApplied', () => {
  test.for<[name: string, wanted: unknown, live: unknown]>([
    ['the same object', { a: { b: [1, 'x'] } }, { a: { b: [1, 'x'] } }],
    ['defaults that the server added', { a: 1 }, { a: 1, restartPolicy: 'Always', deep: { more: true } }],
    ['a quantity that was rewritten', { cpu: '1000m' }, { cpu: '1' }],
    ['a quantity sent as a number', { cpu: 1 }, { cpu: '1' }],
    ['a size in another unit', { storage: '1024Mi' }, { storage: '1Gi' }],
    ['an empty list that was dropped', { args: [] }, {}],
    ['an empty object that was dropped', { securityContext: {} }, {}],
    ['false, zero, "" and null that were dropped', { a: false, b: 0, c: '', d: null }, {}],
    ['an absent member', { a: undefined }, {}],
    ['an injected annotation', { annotations: { a: '1' } }, { annotations: { a: '1', 'kubectl/restarted': 'now' } }],
    ['an injected sidecar', [{ name: 'a', image: 'i' }], [{ name: 'sidecar' }, { name: 'a', image: 'i' }]],
    [
      'an injected variable',
      [{ name: 'c', env: [{ name: 'A', value: '1' }] }],
      [
        {
          name: 'c',
          env: [
            { name: 'X', value: '9' },
            { name: 'A', value: '1' },
          ],
        },
      ],
    ],
    [
      'a named list in another order',
      [
        { name: 'a', v: 1 },
        { name: 'b', v: 2 },
      ],
      [
        { name: 'b', v: 2 },
        { name: 'a', v: 1 },
      ],
    ],
    [
      'one volume mounted at two paths: the name of a mount is not its key',
      [
        { name: 'data', mountPath: '/a' },
        { name: 'data', mountPath: '/b', subPath: 'b' },
      ],
      [
        { name: 'data', mountPath: '/a' },
        { name: 'data', mountPath: '/b', subPath: 'b' },
      ],
    ],
  ])('sees nothing to apply in %s', ([, wanted, live]) => {
    expect(isApplied(wanted, live)).toBe(true);
  });

  test.for<[name: string, wanted: unknown, live: unknown]>([
    ["a Service's selector that was narrowed", { selector: { m: 'a' } }, { selector: { m: 'a', x: 'y' } }],
    ['a machine selector that was narrowed', { nodeSelector: { z: '1' } }, { nodeSelector: { z: '1', y: '2' } }],
    ['another value', { a: 'x' }, { a: 'y' }],
    ['a removed member', { a: 'x' }, {}],
    ['a removed element', [{ name: 'a' }, { name: 'b' }], [{ name: 'a' }]],
    ['another quantity', { cpu: '1' }, { cpu: '1001m' }],
    ['true where we say false', { paused: false }, { paused: true }],
    ['a number where we say 0', { replicas: 0 }, { replicas: 1 }],
    ['text where we say ""', { storageClassName: '' }, { storageClassName: 'standard' }],
    ['another order of a plain list', { args: ['a', 'b'] }, { args: ['b', 'a'] }],
    ['a longer plain list', { args: ['a'] }, { args: ['a', 'b'] }],
    ['a changed element of a named list', [{ name: 'a', image: 'i:2' }], [{ name: 'a', image: 'i:1' }]],
    [
      'a second mount of a volume that is missing',
      [
        { name: 'data', mountPath: '/a' },
        { name: 'data', mountPath: '/b' },
      ],
      [
        { name: 'data', mountPath: '/a' },
        { name: 'data', mountPath: '/c' },
      ],
    ],
    ['a list where there is an object', { a: [1] }, { a: { 0: 1 } }],
    ['an object where there is a text', { a: { b: 1 } }, { a: 'b' }],
    ['a key that only the prototype has', { constructor: 'x' }, {}],
    ['true where the server says the text', { a: true }, { a: 'true' }],
  ])('sees something to apply in %s', ([, wanted, live]) => {
    expect(isApplied(wanted, live)).toBe(false);
  });

  test('has nothing to apply to what it has just applied, whatever the object', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isApplied(value, structuredClone(value))).toBe(true);
      }),
    );
  });

  test('is not disturbed by members that others add', () => {
    const object = fc.dictionary(fc.stringMatching(/^[a-m]{1,5}$/), fc.jsonValue());
    const foreign = fc.dictionary(fc.stringMatching(/^[n-z]{1,5}$/), fc.jsonValue());
    fc.assert(
      fc.property(object, foreign, (wanted, added) => {
        expect(isApplied(wanted, { ...added, ...wanted })).toBe(true);
      }),
    );
  });
});
