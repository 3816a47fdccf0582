import { describe, expect, test } from 'vitest';

import { shareReads } from './shared-reads.ts';

/** Readings that end when they are told to. Each answers with what it was asked. */
function start() {
  const begun: { readonly asked: readonly string[]; readonly end: (error?: Error) => void }[] = [];
  const ask = shareReads<string, readonly string[]>((key, asked) => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
    const named = asked.map((one) => `${key}/${one}`);
    begun.push({ asked: named, end: (error) => (error === undefined ? resolve(named) : reject(error)) });
    return promise;
  });
  return { ask, begun };
}

/** Lets what is already settled have its effects. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a shared reading', () => {
  test('answers all who ask before it begins', async () => {
    const { ask, begun } = start();
    const answers = Promise.all([ask('ns', 'a'), ask('ns', 'b')]);
    await turn();
    expect(begun.map(({ asked }) => asked)).toEqual([['ns/a', 'ns/b']]);
    begun[0]?.end();
    expect(await answers).toEqual([
      ['ns/a', 'ns/b'],
      ['ns/a', 'ns/b'],
    ]);
  });

  test('never answers one who asks once it has begun: that is for the next, which begins when it has ended', async () => {
    const { ask, begun } = start();
    void ask('ns', 'a');
    await turn();
    const late = Promise.all([ask('ns', 'b'), ask('ns', 'c')]);
    await turn();
    expect(begun).toHaveLength(1);
    begun[0]?.end();
    await turn();
    expect(begun.map(({ asked }) => asked)).toEqual([['ns/a'], ['ns/b', 'ns/c']]);
    begun[1]?.end();
    expect(await late).toHaveLength(2);
  });

  test('waits for no reading about something else', async () => {
    const { ask, begun } = start();
    void ask('one', 'a');
    void ask('two', 'a');
    await turn();
    expect(begun.map(({ asked }) => asked)).toEqual([['one/a'], ['two/a']]);
  });

  test('that fails fails for those whom it was to answer, and the next is made all the same', async () => {
    const { ask, begun } = start();
    const failed = Promise.allSettled([ask('ns', 'a'), ask('ns', 'b')]);
    await turn();
    const later = ask('ns', 'c');
    begun[0]?.end(new Error('503'));
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await turn();
    begun[1]?.end();
    expect(await later).toEqual(['ns/c']);
  });

  test('begins at once where none is under way any more', async () => {
    const { ask, begun } = start();
    for (const round of [0, 1]) {
      const answer = ask('ns', 'a');
      await turn();
      begun[round]?.end();
      expect(await answer).toEqual(['ns/a']);
    }
  });
});
