// A work queue that also takes keys for later, as client-go v0.36 workqueue.TypedDelayingInterface.
//
// Guarantees: a key is added no earlier than its delay says; of two delays for one key the one that ends first wins, with
// the higher priority of the two, and the key is added once; keys that fall due together are added in the order in which
// they fall due. One timer in all.
import type { Clock, Timer } from '../clock.ts';
import { type AddOptions, type Priority, WorkQueue, type WorkQueueOptions } from './work-queue.ts';

export interface AddAfterOptions extends AddOptions {
  /** Whether the key was handed out before and comes back; only that is told to the observer. Default: true. */
  readonly isRetry?: boolean;
}

interface Delayed {
  readonly key: string;
  /** Monotonic milliseconds. */
  readonly readyAt: number;
  priority: Priority;
  isUnderWay: boolean;
}

/** The longest that one timer is set for: Node's fire at once when they are asked for more than 24.8 days. */
const LONGEST_TIMER_MS = 3_600_000;

export class DelayingQueue extends WorkQueue {
  readonly #clock: Clock;
  readonly #delayed = new Map<string, Delayed>();
  /** The same, by `readyAt`, latest first: the next one is popped from the end. */
  readonly #schedule: Delayed[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock, options: WorkQueueOptions) {
    super(options);
    this.#clock = clock;
  }

  /** How many keys wait for their time. */
  get delayedLength(): number {
    return this.#delayed.size;
  }

  /**
   * Adds the key once `delayMs` milliseconds have passed; at once if that is 0 or less. Ignored after a shutdown, and, but
   * for a higher priority, when the key is due earlier already.
   *
   * @throws RangeError if `delayMs` is NaN.
   */
  addAfter(key: string, delayMs: number, options: AddAfterOptions = {}): void {
    const { priority = 'normal', isUnderWay = false, isRetry = true } = options;
    if (Number.isNaN(delayMs)) throw new RangeError(`queue: delay of ${key} is not a number`);
    if (this.isShutDown) return;
    if (isRetry) this.observer?.onAddAfter(key);
    if (delayMs <= 0) return this.add(key, { priority, isUnderWay });
    const readyAt = this.#clock.monotonic() + delayMs;
    const known = this.#delayed.get(key);
    const highest = known?.priority === 'normal' ? 'normal' : priority;
    if (known !== undefined && known.readyAt <= readyAt) {
      known.priority = highest;
      known.isUnderWay ||= isUnderWay;
      return;
    }
    this.cancel(key);
    const delayed = { key, readyAt, priority: highest, isUnderWay: isUnderWay || known?.isUnderWay === true };
    this.#delayed.set(key, delayed);
    this.#schedule.splice(this.#positionOf(readyAt), 0, delayed);
    if (this.#schedule.at(-1) === delayed) this.#arm();
  }

  /** The key waits for no time any more. It stays where it is if it is ready, or handed out. */
  cancel(key: string): void {
    const known = this.#delayed.get(key);
    if (known === undefined) return;
    const isNext = this.#schedule.at(-1) === known;
    this.#delayed.delete(key);
    this.#schedule.splice(this.#schedule.indexOf(known, this.#positionOf(known.readyAt)), 1);
    if (isNext) this.#arm();
  }

  /** As `WorkQueue.shutDown`; the keys that wait for their time are dropped. */
  override shutDown(): void {
    this.#timer?.cancel();
    this.#delayed.clear();
    this.#schedule.length = 0;
    super.shutDown();
  }

  /** The first index whose `readyAt` is not later: an equal one stays nearer to the end, and so goes first. */
  #positionOf(readyAt: number): number {
    let low = 0;
    let high = this.#schedule.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#schedule[middle]?.readyAt ?? 0) > readyAt) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #arm(): void {
    this.#timer?.cancel();
    const next = this.#schedule.at(-1);
    if (next === undefined) return;
    const delayMs = Math.min(next.readyAt - this.#clock.monotonic(), LONGEST_TIMER_MS);
    this.#timer = this.#clock.after(delayMs, () => this.#addDue());
  }

  #addDue(): void {
    const now = this.#clock.monotonic();
    for (let next = this.#schedule.at(-1); next !== undefined && next.readyAt <= now; next = this.#schedule.at(-1)) {
      this.#schedule.pop();
      this.#delayed.delete(next.key);
      this.add(next.key, next);
    }
    this.#arm();
  }
}
