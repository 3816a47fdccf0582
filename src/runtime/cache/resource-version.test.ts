import { assert, bigInt, property } from 'fast-check';
import { expect, test } from 'vitest';

import { compareVersions } from './resource-version.ts';

test.for([
  { left: '9', right: '10' },
  { left: '99', right: '100' },
  { left: '9007199254740992', right: '9007199254740993' },
])('$left is older than $right', ({ left, right }) => {
  expect(compareVersions(left, right)).toBeLessThan(0);
  expect(compareVersions(right, left)).toBeGreaterThan(0);
  expect(compareVersions(left, left)).toBe(0);
});

test('orders versions as the integers they are, of any size', () => {
  const version = bigInt({ min: 0n, max: 2n ** 70n });
  const check = (left: bigint, right: bigint) =>
    Math.sign(compareVersions(`${left}`, `${right}`)) === (left < right ? -1 : left > right ? 1 : 0);
  assert(property(version, version, check));
});
