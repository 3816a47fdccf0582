// The keys that need a reconcile, each at most once.
//
// Guarantees, as client-go v0.36 util/workqueue:
// - Fair: keys are handed out in the order in which they were added.
// - Stingy: a key that is added many times before it is handed out, is handed out once.
// - Exclusive: a key that is handed out is not handed out again before it is done.
// - Lossless: a key that is added while it is handed out, is handed out again once it is done.
// - Shutdown: later adds are refused; what was added before is still handed out.
// And beyond client-go: urgent before idle. A `low` key waits for every `normal` one, without limit; fairness holds
// within a priority.
import type { QueueObserver } from './queue-observer.ts';

/** `low` is for work that nobody waits for, such as a resync. */
export type Priority = 'normal' | 'low';

export interface AddOptions {
  /** Default `normal`. A key that waits already keeps its place, except that `normal` promotes a `low` one. */
  readonly priority?: Priority;
}

export class WorkQueue {
  /** Ready to be handed out: never in `#processing`. */
  readonly #lanes: Readonly<Record<Priority, Lane>> = { normal: new Lane(), low: new Lane() };
  /** Needs a reconcile: what is in a lane, and what was added again while it was handed out. */
  readonly #dirty = new Map<string, Priority>();
  /** Handed out and not yet done. */
  readonly #processing = new Set<string>();
  readonly #onReady: () => void;
  protected readonly observer: QueueObserver | undefined;
  #isShutDown = false;
  #drained = Promise.withResolvers<void>();

  /** `onReady` is called, synchronously, each time a key becomes ready; not when a ready key is promoted. */
  constructor(onReady: () => void, observer?: QueueObserver) {
    this.#onReady = onReady;
    this.observer = observer;
  }

  /** How many keys `take` would return now. */
  get length(): number {
    return this.#lanes.normal.size + this.#lanes.low.size;
  }

  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  /** The keys that are handed out and not done. */
  get inFlight(): readonly string[] {
    return [...this.#processing];
  }

  /** Marks the key as in need of a reconcile. Ignored after a shutdown. */
  add(key: string, { priority = 'normal' }: AddOptions = {}): void {
    if (this.#isShutDown) return;
    const known = this.#dirty.get(key);
    if (known === 'normal' || known === priority) return;
    this.#dirty.set(key, priority);
    if (known === undefined) this.observer?.onAdd(key);
    if (this.#processing.has(key)) return;
    if (known !== undefined) this.#lanes[known].delete(key);
    this.#lanes[priority].push(key);
    if (known === undefined) this.#onReady();
  }

  /** Hands out the next key, or undefined if none is ready. Each key taken must be given back by `done`. */
  take(): string | undefined {
    const key = this.#lanes.normal.shift() ?? this.#lanes.low.shift();
    if (key === undefined) return undefined;
    this.#dirty.delete(key);
    this.#processing.add(key);
    this.observer?.onTake(key);
    return key;
  }

  /** Gives a key back; if it was added meanwhile, it is ready again. Ignored for a key that is not handed out. */
  done(key: string): void {
    if (!this.#processing.delete(key)) return;
    this.observer?.onDone(key);
    const priority = this.#dirty.get(key);
    if (priority !== undefined) {
      this.#lanes[priority].push(key);
      this.#onReady();
    }
    this.#resolveWhenDrained();
  }

  /** Refuses adds from now on. */
  shutDown(): void {
    this.#isShutDown = true;
    this.#resolveWhenDrained();
  }

  /** Shuts down; resolves once no key is handed out. Keys that are ready by then stay so: whoever drains takes no more. */
  shutDownWithDrain(): Promise<void> {
    this.shutDown();
    return this.#drained.promise;
  }

  #resolveWhenDrained(): void {
    if (this.#isShutDown && this.#processing.size === 0) this.#drained.resolve();
  }
}

/** First in, first out, with removal from the middle. Every operation takes constant time. */
class Lane {
  readonly #keys = new Set<string>();
  // One living iterator: a fresh one per shift would walk over the holes that V8 leaves for deleted keys (quadratic).
  #front = this.#keys.values();

  get size(): number {
    return this.#keys.size;
  }

  push(key: string): void {
    this.#keys.add(key);
  }

  delete(key: string): void {
    this.#keys.delete(key);
  }

  shift(): string | undefined {
    if (this.#keys.size === 0) return undefined;
    let next = this.#front.next();
    if (next.done) {
      this.#front = this.#keys.values();
      next = this.#front.next();
    }
    if (next.done) return undefined;
    this.#keys.delete(next.value);
    return next.value;
  }
}
