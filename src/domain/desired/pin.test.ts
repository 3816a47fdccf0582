import { expect, test } from 'vitest';

import { isPinnedTo, pinnedTo } from './pin.ts';

const isThere = { key: 'metadata.name', operator: 'In', values: ['m1'] };
const required = (...nodeSelectorTerms: readonly object[]) => ({
  requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
});

test('a pod without affinity is required to be on the machine', () => {
  expect(pinnedTo(undefined, 'm1')).toEqual({ nodeAffinity: required({ matchFields: [isThere] }) });
});

test('the machine is required in each of the alternatives that the user names, and nothing of theirs is lost', () => {
  const east = { key: 'zone', operator: 'In', values: ['east'] };
  const other = { key: 'metadata.name', operator: 'NotIn', values: ['m9'] };
  const preferred = [{ weight: 1, preference: { matchExpressions: [east] } }];
  const affinity = {
    podAntiAffinity: {},
    nodeAffinity: {
      ...required({ matchExpressions: [east] }, { matchFields: [other] }),
      preferredDuringSchedulingIgnoredDuringExecution: preferred,
    },
  };
  expect(pinnedTo(affinity as Parameters<typeof pinnedTo>[0], 'm1')).toEqual({
    podAntiAffinity: {},
    nodeAffinity: {
      ...required({ matchExpressions: [east], matchFields: [isThere] }, { matchFields: [other, isThere] }),
      preferredDuringSchedulingIgnoredDuringExecution: preferred,
    },
  });
});

test('is pinned to the machine alone, and only if every alternative says so', () => {
  const pinned = pinnedTo(undefined, 'm1');
  expect([isPinnedTo(pinned, 'm1'), isPinnedTo(pinned, 'm2'), isPinnedTo(undefined, 'm1')]).toEqual([
    true,
    false,
    false,
  ]);
  expect(isPinnedTo({ nodeAffinity: required({ matchFields: [isThere] }, {}) }, 'm1')).toBe(false);
});
