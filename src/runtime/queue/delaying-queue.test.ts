import { describe, expect, test } from 'vitest';

import { FakeClock } from '../testing/fake-clock.ts';
import { DelayingQueue } from './delaying-queue.ts';
import type { Priority } from './work-queue.ts';

const DAY_MS = 86_400_000;

function makeQueue(): { clock: FakeClock; queue: DelayingQueue } {
  const clock = new FakeClock();
  return { clock, queue: new DelayingQueue(clock, { onReady: () => {} }) };
}

function drain(queue: DelayingQueue): string[] {
  const keys: string[] = [];
  for (let key = queue.take(); key !== undefined; key = queue.take()) {
    keys.push(key);
    queue.done(key);
  }
  return keys;
}

describe('DelayingQueue', () => {
  test('remembers that a key goes on, whichever of its delays said so', async () => {
    const { clock, queue } = makeQueue();
    queue.addAfter('ns/a', 10);
    queue.addAfter('ns/b', 20);
    queue.addAfter('ns/b', 30, { isUnderWay: true });
    queue.addAfter('ns/c', 30, { isUnderWay: true });
    queue.addAfter('ns/c', 20);
    await clock.advance(30);
    expect(drain(queue)).toEqual(['ns/b', 'ns/c', 'ns/a']);
  });

  test('adds a key once its delay has passed, and not a millisecond before', async () => {
    const { clock, queue } = makeQueue();
    queue.addAfter('a', 100);
    await clock.advance(99);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(drain(queue)).toEqual(['a']);
  });

  test.for([0, -1, Number.NEGATIVE_INFINITY])('adds a key at once for a delay of %d', (delayMs) => {
    const { clock, queue } = makeQueue();
    queue.addAfter('a', delayMs);
    expect(drain(queue)).toEqual(['a']);
    expect(clock.timers).toBe(0);
  });

  test.for([
    ['an earlier second delay', 100, 40],
    ['an earlier first delay', 40, 100],
  ] as const)('lets %s win, and adds the key once', async ([, firstMs, secondMs]) => {
    const { clock, queue } = makeQueue();
    queue.addAfter('a', firstMs);
    queue.addAfter('a', secondMs);
    await clock.advance(40);
    expect(drain(queue)).toEqual(['a']);
    await clock.advance(1_000);
    expect(drain(queue)).toEqual([]);
  });

  test('adds keys in the order in which they fall due, equal ones in the order of the calls', async () => {
    const { clock, queue } = makeQueue();
    queue.addAfter('c', 30);
    queue.addAfter('a', 10);
    queue.addAfter('d', 30);
    queue.addAfter('b', 20);
    await clock.advance(10);
    expect(drain(queue)).toEqual(['a']);
    await clock.advance(20);
    expect(drain(queue)).toEqual(['b', 'c', 'd']);
  });

  test('keeps a key that is handed out until it is done', async () => {
    const { clock, queue } = makeQueue();
    queue.add('a');
    queue.take();
    queue.addAfter('a', 10);
    await clock.advance(10);
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(drain(queue)).toEqual(['a']);
  });

  test('promotes a low key that falls due', async () => {
    const { clock, queue } = makeQueue();
    queue.add('a', { priority: 'low' });
    queue.add('b', { priority: 'low' });
    queue.addAfter('b', 10);
    await clock.advance(10);
    expect(drain(queue)).toEqual(['b', 'a']);
  });

  test.for<[string, readonly Priority[], string]>([
    ['low, where that is all that it was added as', ['low'], 'other'],
    ['normal, where the earlier was', ['normal', 'low'], 'a'],
    ['normal, where the later was', ['low', 'normal'], 'a'],
  ])('adds a key that falls due as %s', async ([, priorities, first]) => {
    const { clock, queue } = makeQueue();
    for (const [index, priority] of priorities.entries()) queue.addAfter('a', 10 + index, { priority });
    queue.add('other', { priority: 'low' });
    await clock.advance(20);
    expect(drain(queue)[0]).toBe(first);
  });

  test('moves a key of many that fall due at one time to an earlier one', async () => {
    const { clock, queue } = makeQueue();
    for (const key of ['a', 'b', 'c']) queue.addAfter(key, 10);
    queue.addAfter('b', 5);
    await clock.advance(5);
    expect(drain(queue)).toEqual(['b']);
    await clock.advance(5);
    expect(drain(queue)).toEqual(['a', 'c']);
  });

  test('cancels a delay, and no other', async () => {
    const { clock, queue } = makeQueue();
    for (const key of ['a', 'b', 'c']) queue.addAfter(key, 10);
    queue.addAfter('next', 5);
    queue.cancel('b');
    queue.cancel('next');
    queue.cancel('unknown');
    expect([clock.timers, queue.delayedLength]).toEqual([1, 2]);
    await clock.advance(10);
    expect(drain(queue)).toEqual(['a', 'c']);
    queue.addAfter('last', 5);
    queue.cancel('last');
    expect(clock.timers).toBe(0);
  });

  test('sets one timer for all keys, and none when nothing waits', async () => {
    const { clock, queue } = makeQueue();
    for (let i = 0; i < 100; i += 1) queue.addAfter(`key-${i}`, 100 - i);
    expect([clock.timers, queue.delayedLength]).toEqual([1, 100]);
    await clock.advance(100);
    expect([clock.timers, queue.delayedLength]).toEqual([0, 0]);
    expect(drain(queue)).toHaveLength(100);
  });

  test('waits longer than a timer of the machine can', async () => {
    const { clock, queue } = makeQueue();
    queue.addAfter('a', 30 * DAY_MS);
    queue.addAfter('never', Number.POSITIVE_INFINITY);
    await clock.advance(30 * DAY_MS - 1);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(drain(queue)).toEqual(['a']);
  });

  test('sets no timer for longer than an hour', () => {
    const delays: number[] = [];
    const clock = new FakeClock();
    const spy = Object.assign(clock, {
      after: (delayMs: number) => {
        delays.push(delayMs);
        return { cancel: () => {} };
      },
    });
    new DelayingQueue(spy, { onReady: () => {} }).addAfter('a', 30 * DAY_MS);
    expect(delays).toEqual([3_600_000]);
  });

  test('refuses a delay that is not a number', () => {
    const { queue } = makeQueue();
    expect(() => queue.addAfter('ns/a', Number.NaN)).toThrow('queue: delay of ns/a is not a number');
  });

  test('drops the waiting keys and its timer at a shutdown, and refuses more', async () => {
    const { clock, queue } = makeQueue();
    queue.addAfter('a', 10);
    queue.shutDown();
    queue.addAfter('b', 10);
    expect([clock.timers, queue.delayedLength]).toEqual([0, 0]);
    await clock.advance(10);
    expect(drain(queue)).toEqual([]);
  });
});
