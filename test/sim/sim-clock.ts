// Time of the simulation: it jumps from one timer to the next. Keeps the contract of `Clock` (clock-contract.ts).
//
// Guarantees: timers fire in order of due time, equal ones in order of creation. After a timer of the code under test
// every promise that can settle does so before the next fires; what belongs to the model itself is synchronous and
// needs no wait.
import type { Clock, Timer } from '../../src/runtime/clock.ts';
import { settle } from '../../src/runtime/testing/fake-clock.ts';

interface Entry {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
  readonly isModel: boolean;
  isCancelled: boolean;
}

export class SimClock implements Clock {
  readonly #startAt: number;
  readonly #heap: Entry[] = [];
  #monotonic = 0;
  #order = 0;

  constructor(startAt: number = Date.UTC(2026, 0, 1)) {
    this.#startAt = startAt;
  }

  now(): number {
    return this.#startAt + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Wakes code under test. */
  after(delayMs: number, callback: () => void): Timer {
    return this.#add(delayMs, callback, false);
  }

  /** Wakes a part of the model, which has done all its work when the callback returns. */
  plan(delayMs: number, callback: () => void): Timer {
    return this.#add(delayMs, callback, true);
  }

  /** Lets time pass until `endMs` on the monotonic clock, or until `isOver`, asked after each timer, says so. */
  async run(endMs: number, isOver: () => boolean = () => false): Promise<void> {
    await settle();
    while (!isOver()) {
      const entry = this.#heap[0];
      if (entry === undefined || entry.dueAt > endMs) break;
      this.#pop();
      if (entry.isCancelled) continue;
      this.#monotonic = entry.dueAt;
      entry.callback();
      if (!entry.isModel) await settle();
    }
    if (!isOver()) this.#monotonic = Math.max(this.#monotonic, endMs);
  }

  #add(delayMs: number, callback: () => void, isModel: boolean): Timer {
    const dueAt = this.#monotonic + Math.max(0, delayMs);
    const entry: Entry = { dueAt, order: (this.#order += 1), callback, isModel, isCancelled: false };
    this.#push(entry);
    return { cancel: () => void (entry.isCancelled = true) };
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    while (true) {
      let child = 2 * index + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) child += 1;
      const smaller = heap[child];
      if (smaller === undefined || !isBefore(smaller, last)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.dueAt < right.dueAt || (left.dueAt === right.dueAt && left.order < right.order);
}

/** The clock of one process: when the process is killed, none of its timers fires any more. */
export class ProcessClock implements Clock {
  readonly #clock: SimClock;
  #isDead = false;
  #skewMs = 0;

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#skewMs;
  }

  /** Sets the wall clock off, as an administrator or NTP would; 0: right again. No timer notices. */
  skew(ms: number): void {
    this.#skewMs = ms;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#clock.after(delayMs, () => {
      if (!this.#isDead) callback();
    });
  }

  kill(): void {
    this.#isDead = true;
  }
}
