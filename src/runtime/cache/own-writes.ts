// Read your own writes (as kube-controller-manager 1.36's ConsistencyStore): an object is not reconciled on a cache that
// lacks what its last reconcile wrote. Half of all watch events come after the answer to the write that caused them.
//
// Guarantees: `state` is `seen` only when every expected version, or a later one, or the object's absence after it, is in
// the cache. Not guaranteed: that the cache has everybody else's writes; the fences are for those.
import { apiVersionOf, type Kind } from '../../kube/kinds.ts';
import { formatKey, keyOf, type ObjectKey, type Stored } from '../../kube/object.ts';
import type { Clock } from '../clock.ts';

/** The cache of one kind, as far as it is asked. */
export interface Seer {
  hasSeen(key: ObjectKey, uid: string, resourceVersion: string): boolean;
}

interface Expectation {
  readonly kind: Kind;
  readonly key: ObjectKey;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly sinceMs: number;
}

/** How long a cache may lag before its reader should look live instead. */
const OVERDUE_MS = 10_000;

export class OwnWrites {
  readonly #seers: ReadonlyMap<string, Seer>;
  readonly #clock: Clock;
  readonly #byOwner = new Map<string, Map<string, Expectation>>();

  constructor(seers: readonly (readonly [Kind, Seer])[], clock: Clock) {
    this.#seers = new Map(seers.map(([kind, seer]) => [typeName(kind), seer]));
    this.#clock = clock;
  }

  /** The next reconcile of `owner` has to see at least this version of the object. */
  expect(owner: ObjectKey, kind: Kind, stored: Stored): void {
    const { uid, resourceVersion } = stored.metadata;
    const key = keyOf(stored);
    const expectations = this.#byOwner.get(formatKey(owner)) ?? new Map<string, Expectation>();
    expectations.set(`${typeName(kind)} ${formatKey(key)}`, {
      kind,
      key,
      uid,
      resourceVersion,
      sinceMs: this.#clock.monotonic(),
    });
    this.#byOwner.set(formatKey(owner), expectations);
  }

  /** `pending`: the cache lags. `overdue`: it has for 10 s; nothing is expected any more, and the caller looks live. */
  state(owner: ObjectKey): 'seen' | 'pending' | 'overdue' {
    const expectations = this.#byOwner.get(formatKey(owner));
    if (expectations === undefined) return 'seen';
    for (const [name, { kind, key, uid, resourceVersion }] of expectations) {
      const seer = this.#seers.get(typeName(kind));
      if (seer === undefined || seer.hasSeen(key, uid, resourceVersion)) expectations.delete(name);
    }
    const oldest = Math.min(...[...expectations.values()].map(({ sinceMs }) => sinceMs));
    const isOverdue = this.#clock.monotonic() - oldest >= OVERDUE_MS;
    if (expectations.size > 0 && !isOverdue) return 'pending';
    this.forget(owner);
    return expectations.size > 0 ? 'overdue' : 'seen';
  }

  /** Expects nothing of this owner any more: it is gone. */
  forget(owner: ObjectKey): void {
    this.#byOwner.delete(formatKey(owner));
  }
}

function typeName(kind: Kind): string {
  return `${apiVersionOf(kind)} ${kind.kind}`;
}
