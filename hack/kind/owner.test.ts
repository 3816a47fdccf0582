import { hostname } from 'node:os';

import { expect, test } from 'vitest';

import { isDead, ownOwner } from './owner.ts';

const [host, pid, start] = ownOwner().split('/');

test.for([
  ['this process', ownOwner(), false],
  ['a process that had this id before', `${host}/${pid}/${start}0`, true],
  ['an id that no process has', `${hostname()}/4194305/1`, true],
  ['a process of another host', `other-${hostname()}/4194305/1`, false],
  ['a label of somebody else', 'me', false],
] as const)('%s: %s has certainly ended: %s', ([, owner, expected]) => {
  expect(isDead(owner)).toBe(expected);
});
