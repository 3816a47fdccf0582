import { expect, test } from 'vitest';

import { RecentMap } from './recent-map.ts';

test('drops the entry that was neither read nor written for longest', () => {
  const map = new RecentMap<number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect([...map.entries()]).toEqual([
    ['a', 1],
    ['c', 3],
  ]);
});

test('writing a key again makes no room, for none is needed', () => {
  const map = new RecentMap<number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('b', 3);
  expect([map.size, map.get('a'), map.get('b')]).toEqual([2, 1, 3]);
});
