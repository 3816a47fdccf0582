import { describe, expect, test } from 'vitest';

import { settle } from '../testing/fake-clock.ts';
import { createGivingWay } from './giving-way.ts';
import { WorkerPool } from './worker-pool.ts';
import { WorkQueue } from './work-queue.ts';

/** A pool whose runs end when the test says so. */
function makePool(concurrency: number, perNamespace = concurrency) {
  const started: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const queue = new WorkQueue({ onReady: () => pool.keyReady(), perNamespace });
  const pool = new WorkerPool({
    concurrency,
    queue,
    run: (key) => {
      started.push(key);
      const ended = Promise.withResolvers<void>();
      ends.set(key, ended);
      return ended.promise;
    },
  });
  async function end(key: string): Promise<void> {
    ends.get(key)?.resolve();
    await settle();
  }
  return { pool, queue, started, end };
}

describe('WorkerPool', () => {
  test('hands out no more keys than its concurrency', async () => {
    const { pool, queue, started, end } = makePool(2);
    pool.start();
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await settle();
    expect(started).toEqual(['a', 'b']);
    expect([queue.inFlight.length, queue.length]).toEqual([2, 2]);
    await end('b');
    expect(started).toEqual(['a', 'b', 'c']);
    expect(queue.inFlight).toEqual(['a', 'c']);
  });

  test('begins with the keys that were ready before it started', async () => {
    const { pool, queue, started } = makePool(4);
    queue.add('a');
    queue.add('b');
    await settle();
    expect(started).toEqual([]);
    pool.start();
    await settle();
    expect(started).toEqual(['a', 'b']);
  });

  test('takes the key that is most urgent when a worker becomes free, not when it was added', async () => {
    const { pool, queue, started, end } = makePool(1);
    pool.start();
    queue.add('first');
    await settle();
    queue.add('resync', { priority: 'low' });
    queue.add('change');
    await end('first');
    expect(started).toEqual(['first', 'change']);
  });

  test('runs a key again that was added while it ran', async () => {
    const { pool, queue, started, end } = makePool(4);
    pool.start();
    queue.add('a');
    await settle();
    queue.add('a');
    await settle();
    expect(started).toEqual(['a']);
    await end('a');
    expect(started).toEqual(['a', 'a']);
  });

  test('leaves a worker idle rather than give a namespace more than its share, until another key or a free place comes', async () => {
    const { pool, queue, started, end } = makePool(3, 2);
    pool.start();
    for (const key of ['a/1', 'a/2', 'a/3', 'a/4']) queue.add(key);
    await settle();
    expect(started).toEqual(['a/1', 'a/2']);
    queue.add('b/1');
    await settle();
    expect(started).toEqual(['a/1', 'a/2', 'b/1']);
    await end('a/1');
    expect(started).toEqual(['a/1', 'a/2', 'b/1', 'a/3']);
    await end('b/1');
    expect(started).toHaveLength(4);
    await end('a/2');
    expect(started).toEqual(['a/1', 'a/2', 'b/1', 'a/3', 'a/4']);
  });

  test('takes no key once stopped, and lets what runs end', async () => {
    const { pool, queue, started, end } = makePool(1);
    pool.start();
    queue.add('a');
    queue.add('b');
    await settle();
    pool.stop();
    const drained = queue.shutDownWithDrain();
    await end('a');
    await drained;
    expect(started).toEqual(['a']);
    expect(queue.length).toBe(1);
  });

  test('works through ten thousand keys', async () => {
    let runs = 0;
    const queue = new WorkQueue({ onReady: () => pool.keyReady() });
    const pool = new WorkerPool({ concurrency: 4, queue, run: async () => void (runs += 1) });
    for (let i = 0; i < 10_000; i += 1) queue.add(`key-${i}`);
    pool.start();
    await settle();
    expect(runs).toBe(10_000);
    await queue.shutDownWithDrain();
  });

  test('lets the event loop turn between keys that await nothing, as often as they have held it for 5 ms', async () => {
    const seen: string[] = [];
    let nowMs = 0;
    const queue = new WorkQueue({ onReady: () => pool.keyReady() });
    const pool = new WorkerPool({
      concurrency: 2,
      queue,
      run: async (key) => {
        nowMs += 2;
        seen.push(key);
        if (seen.length === 1) setImmediate(() => seen.push('an answer'));
      },
      giveWay: createGivingWay({ monotonic: () => nowMs }),
    });
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) queue.add(key);
    pool.start();
    for (let turns = 0; turns < 5; turns += 1) await settle();
    expect(seen).toHaveLength(9);
    expect(seen.indexOf('an answer')).toBeLessThanOrEqual(5);
  });
});
