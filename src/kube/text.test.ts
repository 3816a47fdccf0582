import fc from 'fast-check';
import { expect, test } from 'vitest';

import { shorten } from './text.ts';

test.for<[text: string, most: number, short: string]>([
  ['', 4, ''],
  ['abcd', 4, 'abcd'],
  ['abcde', 4, 'abc…'],
  ['ab\u{1f4a3}', 4, 'ab\u{1f4a3}'],
  ['ab\u{1f4a3}c', 4, 'ab…'],
  ['a\u{1f4a3}bc', 4, 'a\u{1f4a3}…'],
  ['ab\ud83d', 4, 'ab\ufffd'],
])('%j in %i units is %j', ([text, most, short]) => {
  expect(shorten(text, most)).toBe(short);
});

test('is never longer than allowed, always whole, and begins as the text does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.integer({ min: 2, max: 20 }), (text, most) => {
      const short = shorten(text, most);
      expect(short.length).toBeLessThanOrEqual(most);
      expect(short.isWellFormed()).toBe(true);
      const kept = text.length <= most ? short : short.slice(0, -1);
      expect(text.toWellFormed().startsWith(kept)).toBe(true);
    }),
  );
});
