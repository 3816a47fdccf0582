import { expect, test } from 'vitest';

import { paletteFor } from './palette.ts';

test.for([
  { name: 'paints at a terminal', isTerminal: true, environment: {}, text: '\u001B[31mx\u001B[39m' },
  { name: 'does not paint a pipe', isTerminal: false, environment: {}, text: 'x' },
  { name: 'obeys NO_COLOR', isTerminal: true, environment: { NO_COLOR: '1' }, text: 'x' },
  {
    name: 'takes an empty NO_COLOR for unset',
    isTerminal: true,
    environment: { NO_COLOR: '' },
    text: '\u001B[31mx\u001B[39m',
  },
  { name: 'does not paint a dumb terminal', isTerminal: true, environment: { TERM: 'dumb' }, text: 'x' },
])('$name', ({ isTerminal, environment, text }) => {
  expect(paletteFor(isTerminal, environment).bad('x')).toBe(text);
});
