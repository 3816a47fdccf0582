// The search itself, on systems of a few lines: it counts what mathematics says, finds what one path in many breaks,
// and is told a lie by no system that is not what it says.
import { expect, test } from 'vitest';

import { explore, type Guide, type Option } from './explore.ts';

const step = (text: string): Option => ({ text, isCrash: false });

/** Two programs of so many steps each, whose order makes no difference. */
const independent = (left: number, right: number) => async (guide: Guide) => {
  let [a, b] = [0, 0];
  for (let isOver = false; !isOver;) {
    if (a === left && b === right) {
      guide.isNewEnd(`${a} ${b}`);
      return undefined;
    }
    const taken = guide.choose(`${a} ${b}`, [...(a < left ? [step('a')] : []), ...(b < right ? [step('b')] : [])]);
    if (taken?.text === 'a') a += 1;
    else if (taken?.text === 'b') b += 1;
    else isOver = true;
  }
  return undefined;
};

test.for([
  [1, 1, 2],
  [2, 4, 15],
  [8, 8, 12_870],
] as const)(
  'programs of %i and %i steps have %i interleavings, and each state is visited once',
  async ([a, b, all]) => {
    const { interleavings, states, ends, walked, pruned } = await explore(independent(a, b));
    expect([interleavings, states, ends, walked]).toEqual([all, (a + 1) * (b + 1), 1, 1]);
    // Every edge of the grid that is on no earlier walk.
    expect(walked + pruned).toBe(a * b + 1);
  },
);

/** Two that read a number, and write it back with one more. `isLocked`: only if nobody has written since. */
const counter = (isLocked: boolean) => async (guide: Guide) => {
  let stored = 0;
  const read: Record<string, number> = {};
  const done = new Set<string>();
  while (done.size < 2) {
    const options = ['a', 'b']
      .filter((one) => !done.has(one))
      .map((one) => step(`${one} ${one in read ? 'writes' : 'reads'}`));
    const taken = guide.choose(JSON.stringify([stored, read, [...done].toSorted()]), options);
    if (taken === undefined) return undefined;
    const [who = ''] = taken.text;
    const seen = read[who];
    if (seen === undefined) read[who] = stored;
    else if (isLocked && seen !== stored) delete read[who];
    else {
      stored = seen + 1;
      done.add(who);
    }
  }
  return guide.isNewEnd(String(stored)) && stored !== 2 ? `${stored}` : undefined;
};

test('an update that is lost in some orders is found, with the path to it', async () => {
  const { interleavings, failures } = await explore(counter(false));
  expect(interleavings).toBe(6);
  expect(failures).toEqual([{ path: ['a reads', 'b reads', 'a writes', 'b writes'], breach: '1' }]);
});

test('the same with a lock loses none', async () => {
  expect((await explore(counter(true))).failures).toEqual([]);
});

test('a system that is another one when its path is repeated is an error, not a proof', async () => {
  let walks = 0;
  const moody = async (guide: Guide) => {
    walks += 1;
    for (const state of ['1', `2 in walk ${walks}`, `3 in walk ${walks}`])
      if (guide.choose(state, [step('a'), step('b')]) === undefined) return;
    guide.isNewEnd(`end of walk ${walks}`);
  };
  await expect(explore(moody)).rejects.toThrow('the same path comes to another state than before: a');
});
