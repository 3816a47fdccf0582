// The work queue: what each event and each reconcile costs before any work is done.
import { test } from 'vitest';

import type { Clock } from '../../src/runtime/clock.ts';
import { DelayingQueue } from '../../src/runtime/queue/delaying-queue.ts';
import type { Priority } from '../../src/runtime/queue/work-queue.ts';
import { measure } from './measure.ts';

const COUNT = 1_000;
/** Stands still, and no timer fires. */
const STOPPED: Clock = { now: () => 0, monotonic: () => 0, after: () => ({ cancel: () => {} }) };
const createQueue = (): DelayingQueue => new DelayingQueue(STOPPED, { onReady: () => {}, perNamespace: 15 });

function keysOf(namespaces: number): readonly string[] {
  return Array.from({ length: COUNT }, (_, index) => `team-${index % namespaces}/web-${index}`);
}

function fill(keys: readonly string[], priorityOf: (index: number) => Priority = () => 'normal'): DelayingQueue {
  const queue = createQueue();
  for (const [index, key] of keys.entries()) queue.add(key, { priority: priorityOf(index) });
  return queue;
}

function drain(queue: DelayingQueue): number {
  let taken = 0;
  for (let key = queue.take(); key !== undefined; key = queue.take()) {
    queue.done(key);
    taken += 1;
  }
  return taken;
}

test('queue', async (context) => {
  const [one, hundred] = [keysOf(1), keysOf(100)];
  await measure(context, 'queue: 1,000 keys of one namespace, in and out', () => drain(fill(one)));
  await measure(context, 'queue: 1,000 keys of 100 namespaces, in and out', () => drain(fill(hundred)));
  await measure(context, 'queue: 1,000 keys of both priorities, in and out', () =>
    drain(fill(hundred, (index) => (index % 2 === 0 ? 'low' : 'normal'))),
  );
  const full = fill(hundred);
  await measure(context, 'queue: 1,000 adds of keys that wait already', () => {
    for (const key of hundred) full.add(key);
    return full.length;
  });
  await measure(context, 'queue: 1,000 keys for later, each then moved to an earlier time', () => {
    const queue = createQueue();
    for (const [index, key] of hundred.entries()) queue.addAfter(key, 10_000 + ((index * 7_919) % 5_000));
    for (const [index, key] of hundred.entries()) queue.addAfter(key, 1_000 + ((index * 104_729) % 5_000));
    return queue.delayedLength;
  });
});
