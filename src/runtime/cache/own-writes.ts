// Read your own writes (as kube-controller-manager v1.36 ConsistencyStore): an object is not reconciled on a cache that
// lacks what its last reconcile wrote. Half of all watch events come after the answer to the write that caused them.
//
// Guarantees: `state` is `seen` only when every expected version, or a later one, or the object's absence after it, is in
// the cache. A kind that no cache holds is always seen: it is read live. Not guaranteed: that the cache has everybody
// else's writes; the fences are for those.
import type { Kind } from '../../kube/kinds.ts';
import { formatKey, keyOf, type ObjectKey, type Stored } from '../../kube/object.ts';
import type { Clock } from '../clock.ts';

/** The cache of one kind, as far as it is asked. */
export interface Seer {
  /** Whether it is at or past that version of the object; the object may be gone since. */
  hasSeen(key: ObjectKey, resourceVersion: string): boolean;
  /** Whether the object of that uid is gone from it, or terminating. */
  hasSeenDeletion(key: ObjectKey, uid: string): boolean;
}

interface Expectation {
  readonly sinceMs: number;
  isSeen(): boolean;
}

interface Owner {
  /** By object: only its last write is waited for. */
  readonly expectations: Map<string, Expectation>;
  isInDoubt: boolean;
}

/** How long a cache may lag before its reader should look live instead. */
const OVERDUE_MS = 10_000;

export class OwnWrites {
  readonly #seers: ReadonlyMap<string, Seer>;
  readonly #clock: Clock;
  readonly #owners = new Map<string, Owner>();

  constructor(seers: readonly (readonly [Kind, Seer])[], clock: Clock) {
    this.#seers = new Map(seers.map(([kind, seer]) => [typeName(kind), seer]));
    this.#clock = clock;
  }

  /** How many owners something is expected or doubted of. */
  get size(): number {
    return this.#owners.size;
  }

  /** The next reconcile of `owner` has to see at least this version of the object, as the API server answered it. */
  expect(owner: ObjectKey, kind: Kind, stored: Stored): void {
    const key = keyOf(stored);
    this.#add(owner, kind, key, (seer) => seer.hasSeen(key, stored.metadata.resourceVersion));
  }

  /** The next reconcile of `owner` has to see that the object of this uid is gone, or terminating. */
  expectDeleted(owner: ObjectKey, kind: Kind, key: ObjectKey, uid: string): void {
    this.#add(owner, kind, key, (seer) => seer.hasSeenDeletion(key, uid));
  }

  /** A write for `owner` may or may not have been carried out (`isUnknownOutcome`): once all else is seen, `state` is `overdue`. */
  doubt(owner: ObjectKey): void {
    this.#ownerOf(owner).isInDoubt = true;
  }

  /**
   * `pending`: the cache lags. `overdue`: it has for 10 s, or it does not and a write is in doubt; nothing is expected any
   * more, and the caller looks live.
   */
  state(owner: ObjectKey): 'seen' | 'pending' | 'overdue' {
    const { expectations, isInDoubt } = this.#owners.get(formatKey(owner)) ?? NOTHING_EXPECTED;
    for (const [name, expectation] of expectations) if (expectation.isSeen()) expectations.delete(name);
    const oldest = Math.min(...[...expectations.values()].map(({ sinceMs }) => sinceMs));
    const isOverdue = this.#clock.monotonic() - oldest >= OVERDUE_MS;
    // Also in doubt: what is known to be stored is waited for first, or the next write would conflict with our own.
    if (expectations.size > 0 && !isOverdue) return 'pending';
    this.forget(owner);
    return isOverdue || isInDoubt ? 'overdue' : 'seen';
  }

  /** Expects nothing of this owner any more: it is gone. */
  forget(owner: ObjectKey): void {
    this.#owners.delete(formatKey(owner));
  }

  #add(owner: ObjectKey, kind: Kind, key: ObjectKey, isSeenBy: (seer: Seer) => boolean): void {
    const seer = this.#seers.get(typeName(kind));
    if (seer === undefined) return;
    const expectation = { sinceMs: this.#clock.monotonic(), isSeen: () => isSeenBy(seer) };
    this.#ownerOf(owner).expectations.set(`${typeName(kind)} ${formatKey(key)}`, expectation);
  }

  #ownerOf(owner: ObjectKey): Owner {
    const entry = this.#owners.get(formatKey(owner)) ?? { expectations: new Map(), isInDoubt: false };
    this.#owners.set(formatKey(owner), entry);
    return entry;
  }
}

const NOTHING_EXPECTED: Owner = { expectations: new Map(), isInDoubt: false };

function typeName({ group, plural }: Kind): string {
  return `${plural}.${group}`;
}
