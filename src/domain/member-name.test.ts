import fc from 'fast-check';
import { expect, test } from 'vitest';

import { memberName, ordinalOf } from './member-name.ts';

test('an ordinal comes back from the name of its member', () => {
  fc.assert(
    fc.property(fc.nat(255), (ordinal) => {
      expect(ordinalOf('web', memberName({ metadata: { name: 'web' } }, ordinal))).toBe(ordinal);
    }),
  );
});

test.for(['web', 'web-', 'web-a-0', 'web-00', 'web-01', 'web--1', 'web-1e3', 'web-0-surge', 'other-0', 'web-9999999'])(
  'deployment web has no member %s',
  (name) => {
    expect(ordinalOf('web', name)).toBeUndefined();
  },
);
