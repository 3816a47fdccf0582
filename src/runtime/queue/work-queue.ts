// The keys that need a reconcile, each at most once.
//
// Guarantees, as client-go v0.36 util/workqueue:
// - Stingy: a key that is added many times before it is handed out, is handed out once.
// - Exclusive: a key that is handed out is not handed out again before it is done.
// - Lossless: a key that is added while it is handed out, is handed out again once it is done.
// - Shutdown: later adds are refused; what was added before is still handed out.
// And beyond client-go:
// - Urgent first: `normal` keys go before `low` ones, but for every eighth hand-out. So none waits for ever, as a low one
//   of controller-runtime v0.25 can (its issue 3496): it goes after at most 8 hand-outs for each that is before it.
// - Fair: within a priority the namespaces take turns, and each hands out its keys in the order in which they were added. A
//   key of a namespace that has none waiting goes after one key of each namespace that has, however many those have.
// - Depth first: within a namespace and priority what is under way goes before what has not begun, but for every eighth. So
//   of a thousand rollouts some are done, and few are half way: a pod that was stopped is not behind a thousand beginnings.
// - Open: no namespace has more than `perNamespace` keys handed out. While it has, its keys wait and hold up no other's.
import { FairLane, namespaceOf } from './fair-lane.ts';
import type { QueueObserver } from './queue-observer.ts';

/** `normal`: somebody waits for it, or may. `low`: nobody does, such as for a resync. */
export type Priority = 'normal' | 'low';

export interface AddOptions {
  /** Default `normal`. A key that waits already keeps its place, except that `normal` promotes a `low` one. */
  readonly priority?: Priority;
  /** Whether it goes on with work that has begun. Default false. A key that waits already and does not go on, does from now on. */
  readonly isUnderWay?: boolean;
}

export interface WorkQueueOptions {
  /** Called, synchronously, each time a key becomes ready; not when a ready key is promoted. */
  readonly onReady: () => void;
  readonly observer?: QueueObserver | undefined;
  /** How many keys of one namespace may be handed out at a time, at least 1. Default: any number. */
  readonly perNamespace?: number | undefined;
}

/** While keys of both priorities wait, one hand-out of so many is for a low one. */
const LOW_TURN = 8;

export class WorkQueue {
  /** Ready to be handed out: never in `#processing`. */
  readonly #lanes: Readonly<Record<Priority, FairLane>> = { normal: new FairLane(), low: new FairLane() };
  /** Needs a reconcile: what is in a lane, and what was added again while it was handed out. */
  readonly #dirty = new Map<string, Priority>();
  /** Those of them that are under way. */
  readonly #underWay = new Set<string>();
  /** Handed out and not yet done. */
  readonly #processing = new Set<string>();
  /** How many of them each namespace has. */
  readonly #held = new Map<string, number>();
  /** Hand-outs since a low key had its turn, or began to wait for it. */
  #sinceLow = 0;
  readonly #perNamespace: number;
  readonly #onReady: () => void;
  protected readonly observer: QueueObserver | undefined;
  #isShutDown = false;
  #drained = Promise.withResolvers<void>();

  constructor({ onReady, observer, perNamespace = Infinity }: WorkQueueOptions) {
    this.#onReady = onReady;
    this.observer = observer;
    this.#perNamespace = perNamespace;
  }

  /** How many keys are ready. */
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
  add(key: string, { priority = 'normal', isUnderWay = false }: AddOptions = {}): void {
    if (this.#isShutDown) return;
    const known = this.#dirty.get(key);
    const highest = known === 'normal' ? known : priority;
    if (known === highest && (!isUnderWay || this.#underWay.has(key))) return;
    this.#dirty.set(key, highest);
    if (isUnderWay) this.#underWay.add(key);
    if (known === undefined) this.observer?.onAdd(key, priority);
    else if (known !== highest) this.observer?.onPromote(key);
    if (this.#processing.has(key)) return;
    if (known !== undefined) this.#lanes[known].delete(key);
    this.#lanes[highest].push(key, this.#underWay.has(key));
    if (known === undefined) this.#onReady();
  }

  /**
   * Hands out the next key. Undefined if none is ready but of namespaces that have their share; then a `done` may change that.
   * Each key taken must be given back by `done`.
   */
  take(): string | undefined {
    const key = this.#next();
    if (key === undefined) return undefined;
    this.#dirty.delete(key);
    this.#underWay.delete(key);
    this.#processing.add(key);
    this.#hold(key, 1);
    this.observer?.onTake(key);
    return key;
  }

  /** Gives a key back; if it was added meanwhile, it is ready again. Ignored for a key that is not handed out. */
  done(key: string): void {
    if (!this.#processing.delete(key)) return;
    this.#hold(key, -1);
    this.observer?.onDone(key);
    const priority = this.#dirty.get(key);
    if (priority !== undefined) {
      this.#lanes[priority].push(key, this.#underWay.has(key));
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

  #next(): string | undefined {
    const { normal, low } = this.#lanes;
    const mayHave = (namespace: string): boolean => (this.#held.get(namespace) ?? 0) < this.#perNamespace;
    const isLowsTurn = this.#sinceLow >= LOW_TURN - 1;
    const ahead = isLowsTurn ? undefined : normal.shift(mayHave);
    if (ahead !== undefined) {
      this.#sinceLow = low.size === 0 ? 0 : this.#sinceLow + 1;
      return ahead;
    }
    const behind = low.shift(mayHave);
    if (behind !== undefined) {
      this.#sinceLow = 0;
      return behind;
    }
    return isLowsTurn ? normal.shift(mayHave) : undefined;
  }

  #hold(key: string, change: number): void {
    const namespace = namespaceOf(key);
    const held = (this.#held.get(namespace) ?? 0) + change;
    if (held === 0) this.#held.delete(namespace);
    else this.#held.set(namespace, held);
  }

  #resolveWhenDrained(): void {
    if (this.#isShutDown && this.#processing.size === 0) this.#drained.resolve();
  }
}
