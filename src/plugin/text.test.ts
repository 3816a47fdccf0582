import { expect, test } from 'vitest';

import { age, count, duration, table } from './text.ts';

const [MINUTE, HOUR, DAY] = [60, 3600, 86_400];

// The values of apimachinery v0.36 duration.HumanDuration.
test.for([
  [-5, '0s'],
  [0, '0s'],
  [119, '119s'],
  [2 * MINUTE, '2m'],
  [5 * MINUTE + 30, '5m30s'],
  [10 * MINUTE + 30, '10m'],
  [3 * HOUR - 1, '179m'],
  [3 * HOUR + 5 * MINUTE, '3h5m'],
  [8 * HOUR + 5 * MINUTE, '8h'],
  [2 * DAY + 5 * HOUR, '2d5h'],
  [8 * DAY + 5 * HOUR, '8d'],
  [400 * DAY, '400d'],
  [3 * 365 * DAY + 10 * DAY, '3y10d'],
  [9 * 365 * DAY + 10 * DAY, '9y'],
] as const)('%i seconds are %s', ([seconds, text]) => {
  expect(duration(seconds * 1000)).toBe(text);
});

test('the age of what has no time is a question mark', () => {
  expect([age(undefined, 0), age('soon', 0), age('1970-01-01T00:00:00Z', 5_000)]).toEqual(['?', '?', '5s']);
});

test('colour does not widen a column, and no line ends in blanks', () => {
  const red = { text: 'ab', paint: (text: string) => `\u001B[31m${text}\u001B[39m` };
  expect(
    table([
      ['A', 'B', ''],
      [red, 'c', ''],
      ['abc', 'd', 'e'],
    ]),
  ).toEqual(['A     B', '\u001B[31mab\u001B[39m    c', 'abc   d   e']);
});

test('one is singular, all others are plural', () => {
  expect([count(0, 'member'), count(1, 'member'), count(2, 'member')]).toEqual(['0 members', '1 member', '2 members']);
});
