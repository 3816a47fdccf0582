// How long a key can be kept waiting, in hand-outs: whatever else there is, and whatever is added meanwhile.
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type Priority, WorkQueue } from './work-queue.ts';

const OTHERS = ['a', 'b', 'c', 'd', 'e'] as const;

/** One key of a busy namespace, each of its own. */
let serial = 0;
const add = (queue: WorkQueue, { namespace, ...options }: Arrival): void =>
  queue.add(`${namespace}/${(serial += 1)}`, options);

const arrival = fc.record({
  namespace: fc.constantFrom(...OTHERS),
  priority: fc.constantFrom<Priority>('normal', 'low'),
  isUnderWay: fc.boolean(),
});
type Arrival = typeof arrival extends fc.Arbitrary<infer T> ? T : never;

/** A backlog, out of which some keys have been taken already, and what is added before each further hand-out. */
const situation = fc.record({
  backlog: fc.array(arrival, { maxLength: 80 }),
  taken: fc.nat(40),
  meanwhile: fc.array(fc.array(arrival, { maxLength: 4 }), { minLength: 1, maxLength: 10 }),
});

/** How many other keys are handed out before `ours`, which is added last. */
function handOutsBefore(ours: string, priority: Priority, queue: WorkQueue, meanwhile: readonly Arrival[][]): number {
  queue.add(ours, { priority });
  for (let count = 0; ; count += 1) {
    for (const other of meanwhile[count % meanwhile.length] ?? []) add(queue, other);
    const key = queue.take();
    if (key === ours) return count;
    if (key === undefined) throw new Error('the key is lost');
    queue.done(key);
  }
}

/** The queue with its backlog, and how many namespaces wait in it at either priority. */
function arrange(backlog: readonly Arrival[], taken: number): { queue: WorkQueue; waiting: Record<Priority, number> } {
  const queue = new WorkQueue({ onReady: () => {} });
  const keys = new Map<string, Arrival>();
  for (const one of backlog) {
    add(queue, one);
    keys.set(`${one.namespace}/${serial}`, one);
  }
  for (let count = 0; count < taken; count += 1) {
    const key = queue.take();
    if (key === undefined) break;
    keys.delete(key);
    queue.done(key);
  }
  const namespaces = (wanted: Priority): number =>
    new Set([...keys.values()].filter(({ priority }) => priority === wanted).map(({ namespace }) => namespace)).size;
  return { queue, waiting: { normal: namespaces('normal'), low: namespaces('low') } };
}

test('a change in an idle namespace goes after one key of each that waits, and every eighth hand-out', () => {
  fc.assert(
    fc.property(situation, ({ backlog, taken, meanwhile }) => {
      const { queue, waiting } = arrange(backlog, taken);
      const bound = waiting.normal + Math.ceil((waiting.normal + 1) / 7);
      expect(handOutsBefore('tenant/one', 'normal', queue, meanwhile)).toBeLessThanOrEqual(bound);
    }),
    { numRuns: 500 },
  );
});

test('a low key in an idle namespace goes after 8 hand-outs for each namespace with low ones, whatever is added', () => {
  fc.assert(
    fc.property(situation, ({ backlog, taken, meanwhile }) => {
      const { queue, waiting } = arrange(backlog, taken);
      expect(handOutsBefore('tenant/one', 'low', queue, meanwhile)).toBeLessThan(8 * (waiting.low + 1));
    }),
    { numRuns: 500 },
  );
});

test('a key that is low behind a thousand changes a second of its own namespace is handed out', () => {
  const flood: Arrival[] = Array.from({ length: 1_000 }, () => ({
    namespace: 'a',
    priority: 'normal',
    isUnderWay: false,
  }));
  const { queue } = arrange(flood, 0);
  expect(handOutsBefore('a/resync', 'low', queue, [flood])).toBe(7);
});

test('a key that has not begun, behind a thousand a second that go on in its own namespace, is handed out', () => {
  const flood: Arrival[] = Array.from({ length: 1_000 }, () => ({
    namespace: 'a',
    priority: 'normal',
    isUnderWay: true,
  }));
  const { queue } = arrange(flood, 0);
  expect(handOutsBefore('a/new', 'normal', queue, [flood])).toBe(7);
});

test('a thousand keys of one namespace hold up one of another for one hand-out', () => {
  const { queue } = arrange(
    Array.from({ length: 1_000 }, () => ({ namespace: 'a', priority: 'normal', isUnderWay: false })),
    0,
  );
  expect(handOutsBefore('b/one', 'normal', queue, [[]])).toBe(1);
});
