import { expect, test } from 'vitest';

import { DelayingQueue } from '../queue/delaying-queue.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { samplesOf } from '../testing/samples.ts';
import { QueueMetrics } from './queue-metrics.ts';
import { Registry } from './registry.ts';

function makeQueue() {
  const registry = new Registry();
  const clock = new FakeClock();
  const metrics = new QueueMetrics({ registry, clock, name: 'fleet' });
  const queue = new DelayingQueue(clock, { onReady: () => {}, observer: metrics });
  const read = async (...names: readonly string[]): Promise<readonly (number | undefined)[]> => {
    const samples = samplesOf(await registry.metrics());
    return names.map((name) => {
      const [metric = '', priority] = name.split(' ');
      const label = priority === undefined ? '' : `,priority="${priority}"`;
      return samples.get(`workqueue_${metric}{name="fleet",controller="fleet"${label}}`);
    });
  };
  return { queue, clock, metrics, read };
}

test('everything is 0 before the first key', async () => {
  const { read } = makeQueue();
  const names = [
    'adds_total',
    'retries_total',
    'depth normal',
    'unfinished_work_seconds',
    'queue_duration_seconds_count',
  ];
  expect(await read(...names)).toEqual([0, 0, 0, 0, 0]);
});

test('counts each key that is added once while it waits', async () => {
  const { queue, read } = makeQueue();
  queue.add('a', { priority: 'low' });
  queue.add('a');
  queue.add('b');
  expect(await read('adds_total', 'depth normal')).toEqual([2, 2]);
  queue.take();
  queue.add('a');
  queue.add('b');
  expect(await read('adds_total', 'depth normal')).toEqual([3, 2]);
});

test('tells how many keys wait by priority, a promoted one and one that is worked on included', async () => {
  const { queue, read } = makeQueue();
  for (const key of ['a', 'b', 'c']) queue.add(key, { priority: 'low' });
  queue.add('a');
  expect(await read('depth normal', 'depth low')).toEqual([1, 2]);
  queue.take();
  queue.add('a', { priority: 'low' });
  expect(await read('depth normal', 'depth low')).toEqual([0, 3]);
  queue.take();
  expect(await read('depth normal', 'depth low')).toEqual([0, 2]);
});

test('measures how long a key waited and how long it was worked on', async () => {
  const { queue, clock, metrics, read } = makeQueue();
  queue.add('a');
  await clock.advance(2_000);
  queue.take();
  expect(metrics.active).toBe(1);
  await clock.advance(3_000);
  queue.done('a');
  expect(await read('queue_duration_seconds_sum', 'work_duration_seconds_sum')).toEqual([2, 3]);
  expect(await read('queue_duration_seconds_count', 'work_duration_seconds_count')).toEqual([1, 1]);
  expect(metrics.active).toBe(0);
});

test('measures the second wait of a key that was added while it was worked on from then', async () => {
  const { queue, clock, read } = makeQueue();
  queue.add('a');
  queue.take();
  await clock.advance(1_000);
  queue.add('a');
  await clock.advance(4_000);
  queue.done('a');
  queue.take();
  expect(await read('queue_duration_seconds_sum')).toEqual([4]);
});

test('tells of the work under way: all of it, and the longest', async () => {
  const { queue, clock, read } = makeQueue();
  queue.add('a');
  queue.take();
  await clock.advance(5_000);
  queue.add('b');
  queue.take();
  await clock.advance(1_000);
  expect(await read('unfinished_work_seconds', 'longest_running_processor_seconds')).toEqual([7, 6]);
});

test('counts what is added for later as retries, and once it is due as added', async () => {
  const { queue, clock, read } = makeQueue();
  queue.addAfter('a', 1_000);
  expect(await read('retries_total', 'adds_total')).toEqual([1, 0]);
  await clock.advance(1_000);
  expect(await read('retries_total', 'adds_total')).toEqual([1, 1]);
});

test('counts no key as a retry that waits for more of the same, or for nothing, before its first turn', async () => {
  const { clock, queue, read } = makeQueue();
  queue.addAfter('a', 10, { isRetry: false });
  queue.addAfter('b', 0, { isRetry: false });
  await clock.advance(10);
  expect(await read('retries_total', 'adds_total')).toEqual([0, 2]);
});
