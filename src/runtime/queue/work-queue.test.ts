import { describe, expect, test } from 'vitest';

import { WorkQueue } from './work-queue.ts';

function makeQueue(...keys: readonly string[]): WorkQueue {
  const queue = new WorkQueue({ onReady: () => {} });
  for (const key of keys) queue.add(key);
  return queue;
}

/** Takes every ready key and gives it back. */
function drain(queue: WorkQueue): string[] {
  const keys: string[] = [];
  for (let key = queue.take(); key !== undefined; key = queue.take()) {
    keys.push(key);
    queue.done(key);
  }
  return keys;
}

describe('WorkQueue', () => {
  test('hands out the keys of a namespace in the order in which they were added', () => {
    const queue = makeQueue('c', 'a', 'b');
    expect(drain(queue)).toEqual(['c', 'a', 'b']);
    queue.add('a');
    queue.add('c');
    expect(drain(queue)).toEqual(['a', 'c']);
  });

  test('is stingy: hands out once what was added many times before', () => {
    expect(drain(makeQueue('a', 'b', 'a', 'a', 'b'))).toEqual(['a', 'b']);
  });

  test('is exclusive: hands a key to one worker at a time', () => {
    const queue = makeQueue('a');
    expect(queue.take()).toBe('a');
    queue.add('a');
    expect(queue.take()).toBeUndefined();
    expect(queue.inFlight).toEqual(['a']);
  });

  test('is lossless: hands out again, once, what was added while it was handed out', () => {
    const queue = makeQueue('a');
    queue.take();
    queue.add('a');
    queue.add('a');
    queue.done('a');
    expect(drain(queue)).toEqual(['a']);
  });

  test('puts a key that was added while it was handed out behind those that wait', () => {
    const queue = makeQueue('a', 'b');
    queue.take();
    queue.add('a');
    queue.add('c');
    queue.done('a');
    expect(drain(queue)).toEqual(['b', 'c', 'a']);
  });

  test('ignores done for a key that is not handed out', () => {
    let readyCalls = 0;
    const queue = new WorkQueue({ onReady: () => (readyCalls += 1) });
    queue.add('a');
    queue.done('a');
    expect(readyCalls).toBe(1);
    expect(drain(queue)).toEqual(['a']);
  });

  test('tells of each key that becomes ready, once', () => {
    let readyCalls = 0;
    const queue = new WorkQueue({ onReady: () => (readyCalls += 1) });
    queue.add('a');
    queue.add('a', { priority: 'low' });
    queue.add('b', { priority: 'low' });
    queue.add('b');
    expect(readyCalls).toBe(2);
    queue.take();
    queue.add('a');
    expect(readyCalls).toBe(2);
    queue.done('a');
    expect(readyCalls).toBe(3);
  });
});

describe('WorkQueue keys that are under way', () => {
  test('go before those of their namespace that have not begun, in their order', () => {
    const queue = makeQueue('ns/a', 'ns/b');
    queue.add('ns/c', { isUnderWay: true });
    queue.add('ns/d', { isUnderWay: true });
    expect(drain(queue)).toEqual(['ns/c', 'ns/d', 'ns/a', 'ns/b']);
  });

  test('go before no other namespace, and no key of a higher priority', () => {
    const queue = makeQueue('one/a', 'two/a', 'one/b');
    queue.add('two/b', { isUnderWay: true });
    queue.add('one/low', { priority: 'low', isUnderWay: true });
    expect(drain(queue)).toEqual(['one/a', 'two/b', 'one/b', 'two/a', 'one/low']);
  });

  test('are those that waited for their beginning, from when they go on, and keep their priority', () => {
    const queue = makeQueue('ns/a', 'ns/b');
    queue.add('ns/low', { priority: 'low' });
    queue.add('ns/b', { priority: 'low', isUnderWay: true });
    expect(drain(queue)).toEqual(['ns/b', 'ns/a', 'ns/low']);
  });

  test('are those that were told to go on while they were handed out, and begin anew after that', () => {
    const queue = makeQueue('ns/a', 'ns/b');
    expect(queue.take()).toBe('ns/a');
    queue.add('ns/a', { isUnderWay: true });
    queue.done('ns/a');
    expect(queue.take()).toBe('ns/a');
    queue.add('ns/a');
    queue.done('ns/a');
    expect(drain(queue)).toEqual(['ns/b', 'ns/a']);
  });

  test('leave every eighth hand-out to those that have not begun', () => {
    const queue = makeQueue('ns/new', 'ns/newer');
    for (let count = 0; count < 20; count += 1) queue.add(`ns/${count}`, { isUnderWay: true });
    const keys = drain(queue);
    expect([keys.indexOf('ns/new'), keys.indexOf('ns/newer')]).toEqual([7, 15]);
    expect(keys).toHaveLength(22);
  });
});

describe('WorkQueue priorities', () => {
  test('hands out normal keys before low ones', () => {
    const queue = makeQueue();
    queue.add('low-1', { priority: 'low' });
    queue.add('normal-1');
    queue.add('low-2', { priority: 'low' });
    queue.add('normal-2');
    expect(drain(queue)).toEqual(['normal-1', 'normal-2', 'low-1', 'low-2']);
  });

  test('hands out a low key after seven normal ones, and then after the next seven', () => {
    const queue = makeQueue(...Array.from({ length: 20 }, (_, index) => `normal-${index}`));
    for (const key of ['low-1', 'low-2']) queue.add(key, { priority: 'low' });
    const order = drain(queue);
    expect([order.indexOf('low-1'), order.indexOf('low-2')]).toEqual([7, 15]);
  });

  test('does not count what was handed out before a low key came', () => {
    const queue = makeQueue(...Array.from({ length: 20 }, (_, index) => `normal-${index}`));
    for (let count = 0; count < 7; count += 1) queue.done(queue.take() ?? '');
    queue.add('low', { priority: 'low' });
    expect(drain(queue).indexOf('low')).toBe(7);
  });

  test('promotes a low key that is added as normal', () => {
    const queue = makeQueue();
    queue.add('a', { priority: 'low' });
    queue.add('b', { priority: 'low' });
    queue.add('b');
    expect(drain(queue)).toEqual(['b', 'a']);
  });

  test('leaves a normal key in its place when it is added as low', () => {
    const queue = makeQueue('a', 'b');
    queue.add('a', { priority: 'low' });
    expect(drain(queue)).toEqual(['a', 'b']);
  });

  test('remembers the higher priority of what was added while it was handed out', () => {
    const queue = makeQueue('a');
    queue.take();
    queue.add('a', { priority: 'low' });
    queue.add('a');
    queue.add('b', { priority: 'low' });
    queue.done('a');
    expect(drain(queue)).toEqual(['a', 'b']);
  });

  test('forgets the priority of a key once it is handed out', () => {
    const queue = makeQueue('a');
    drain(queue);
    queue.add('a', { priority: 'low' });
    queue.add('b');
    expect(drain(queue)).toEqual(['b', 'a']);
  });
});

describe('WorkQueue namespaces', () => {
  test('take turns', () => {
    expect(drain(makeQueue('a/1', 'a/2', 'a/3', 'b/1', 'c/1', 'c/2', 'alone'))).toEqual([
      ...['a/1', 'b/1', 'c/1', 'alone'],
      ...['a/2', 'c/2', 'a/3'],
    ]);
  });

  test('take turns in either priority', () => {
    const queue = makeQueue();
    for (const key of ['a/1', 'a/2', 'b/1']) queue.add(key, { priority: 'low' });
    expect(drain(queue)).toEqual(['a/1', 'b/1', 'a/2']);
  });

  test('keep no turn for a key that was promoted', () => {
    const queue = makeQueue();
    for (const key of ['a/1', 'b/1']) queue.add(key, { priority: 'low' });
    queue.add('a/1');
    queue.take();
    queue.add('a/2', { priority: 'low' });
    expect(drain(queue)).toEqual(['b/1', 'a/2']);
  });

  test('have no more keys handed out than their share, which holds up no other', () => {
    const queue = new WorkQueue({ onReady: () => {}, perNamespace: 2 });
    for (const key of ['a/1', 'a/2', 'a/3', 'b/1']) queue.add(key);
    expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual(['a/1', 'b/1', 'a/2', undefined]);
    expect(queue.length).toBe(1);
    queue.done('b/1');
    expect(queue.take()).toBeUndefined();
    queue.done('a/1');
    expect(queue.take()).toBe('a/3');
  });

  test('that have their share of normal keys leave the worker to low ones of others', () => {
    const queue = new WorkQueue({ onReady: () => {}, perNamespace: 1 });
    for (const key of ['a/1', 'a/2']) queue.add(key);
    queue.add('b/1', { priority: 'low' });
    expect([queue.take(), queue.take(), queue.take()]).toEqual(['a/1', 'b/1', undefined]);
  });
});

describe('WorkQueue shutdown', () => {
  test('refuses keys after it, and still hands out those from before', () => {
    const queue = makeQueue('a');
    queue.shutDown();
    queue.add('b');
    expect(queue.isShutDown).toBe(true);
    expect(drain(queue)).toEqual(['a']);
  });

  test('does not hand out again what is added after it while handed out', () => {
    const queue = makeQueue('a');
    queue.take();
    queue.shutDown();
    queue.add('a');
    queue.done('a');
    expect(queue.take()).toBeUndefined();
  });

  test('drains when the last key in flight is done, and not before', async () => {
    const queue = makeQueue('a', 'b', 'c');
    queue.take();
    queue.take();
    let isDrained = false;
    const drained = queue.shutDownWithDrain().then(() => (isDrained = true));
    queue.done('a');
    await Promise.resolve();
    expect(isDrained).toBe(false);
    queue.done('b');
    await drained;
    expect(queue.length).toBe(1);
  });

  test('drains at once when nothing is in flight', async () => {
    await makeQueue('a').shutDownWithDrain();
  });
});
