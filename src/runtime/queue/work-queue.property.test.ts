// The queue against a model that is too simple to be wrong: whatever is owed a reconcile is owed until it is handed out.
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { FakeClock } from '../testing/fake-clock.ts';
import { DelayingQueue } from './delaying-queue.ts';
import { namespaceOf } from './fair-lane.ts';
import type { Priority } from './work-queue.ts';

class Model {
  /** Added, or fallen due, and not handed out since. */
  readonly owed = new Map<string, Priority>();
  /** When the key falls due. */
  readonly delayed = new Map<string, { readonly at: number; readonly priority: Priority }>();
  readonly inFlight = new Set<string>();

  get ready(): readonly string[] {
    return [...this.owed.keys()].filter((key) => !this.inFlight.has(key));
  }

  /** Those of namespaces that have fewer than two keys in flight. */
  get free(): readonly string[] {
    const held = (namespace: string): number =>
      [...this.inFlight].filter((key) => namespaceOf(key) === namespace).length;
    return this.ready.filter((key) => held(namespaceOf(key)) < 2);
  }

  add(key: string, priority: Priority): void {
    if (this.owed.get(key) !== 'normal') this.owed.set(key, priority);
  }

  addAfter(key: string, dueAt: number, priority: Priority): void {
    const known = this.delayed.get(key);
    const isNormal = priority === 'normal' || known?.priority === 'normal';
    this.delayed.set(key, { at: Math.min(dueAt, known?.at ?? Infinity), priority: isNormal ? 'normal' : 'low' });
  }

  fallDue(now: number): void {
    for (const [key, { at, priority }] of this.delayed) {
      if (at > now) continue;
      this.delayed.delete(key);
      this.add(key, priority);
    }
  }
}

class Schedule {
  readonly clock = new FakeClock();
  readonly queue = new DelayingQueue(this.clock, { onReady: () => (this.readyCalls += 1), perNamespace: 2 });
  readonly model = new Model();
  readyCalls = 0;
  takeCalls = 0;
  /** Hand-outs of normal keys while low ones waited. */
  sinceLow = 0;

  take(): void {
    const { free, owed } = this.model;
    const key = this.queue.take();
    if (key === undefined) return expect(free, 'a worker is idle although a key may be had').toEqual([]);
    this.takeCalls += 1;
    expect(this.model.inFlight, 'two workers on one key').not.toContain(key);
    expect(free, 'no key that may be had').toContain(key);
    const isBefore = owed.get(key) === 'low' && free.some((other) => owed.get(other) === 'normal');
    expect(isBefore && this.sinceLow < 7, 'low before normal').toBe(false);
    const doesLowWait = this.model.ready.some((other) => other !== key && owed.get(other) === 'low');
    this.sinceLow = owed.get(key) === 'low' || !doesLowWait ? 0 : this.sinceLow + 1;
    this.model.owed.delete(key);
    this.model.inFlight.add(key);
  }

  done(index: number): void {
    const key = [...this.model.inFlight][index % (this.model.inFlight.size || 1)];
    if (key === undefined) return;
    this.model.inFlight.delete(key);
    this.queue.done(key);
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    this.model.fallDue(this.clock.monotonic());
  }

  checkAgainstModel(): void {
    expect(this.queue.length, 'a ready key is lost, or one is there twice').toBe(this.model.ready.length);
    expect(new Set(this.queue.inFlight)).toEqual(this.model.inFlight);
    expect(this.queue.delayedLength).toBe(this.model.delayed.size);
    expect(this.readyCalls - this.takeCalls, 'a ready key was not told of').toBe(this.model.ready.length);
  }

  /** Lets everything that is owed happen. */
  async finish(): Promise<void> {
    await this.advance(1_000);
    while (this.model.owed.size + this.model.inFlight.size > 0) {
      while (this.model.inFlight.size > 0) this.done(0);
      this.checkAgainstModel();
      this.take();
    }
  }
}

const key = fc.constantFrom('x/a', 'x/b', 'x/c', 'y/a', 'y/b', 'alone');
const priority = fc.constantFrom<Priority>('normal', 'low');
const step = fc.oneof(
  fc.record({ do: fc.constant('add'), key, priority }),
  fc.record({ do: fc.constant('addAfter'), key, delayMs: fc.integer({ min: 1, max: 30 }), priority }),
  fc.record({ do: fc.constant('take') }),
  fc.record({ do: fc.constant('done'), index: fc.nat(3) }),
  fc.record({ do: fc.constant('advance'), ms: fc.nat(15) }),
);

test('loses no key and never hands one to two workers, under any schedule of add, addAfter, take and done', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const schedule = new Schedule();
      const { queue, model, clock } = schedule;
      for (const now of steps) {
        if ('delayMs' in now) {
          queue.addAfter(now.key, now.delayMs, now);
          model.addAfter(now.key, clock.monotonic() + now.delayMs, now.priority);
        } else if ('priority' in now) {
          queue.add(now.key, now);
          model.add(now.key, now.priority);
        } else if ('index' in now) schedule.done(now.index);
        else if ('ms' in now) await schedule.advance(now.ms);
        else schedule.take();
        schedule.checkAgainstModel();
      }
      await schedule.finish();
    }),
    { numRuns: 300 },
  );
});
