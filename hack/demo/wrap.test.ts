import { expect, test } from 'vitest';

import { wrap } from './wrap.ts';

test.for([
  { name: 'fills a line to the last character', text: 'ab cd ef', width: 5, lines: ['ab cd', 'ef'] },
  { name: 'keeps a word whole that is longer than a line', text: 'a bcdefg h', width: 3, lines: ['a', 'bcdefg', 'h'] },
  { name: 'takes line breaks for spaces', text: 'a\n  b', width: 9, lines: ['a b'] },
  { name: 'makes no line of no words', text: '', width: 9, lines: [] },
])('$name', ({ text, width, lines }) => {
  expect(wrap(text, width)).toEqual(lines);
});
