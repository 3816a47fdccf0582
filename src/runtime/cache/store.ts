// The objects of one kind as a cache knows them, by key and by index.
//
// Guarantees: an object is in every index that its index functions name, and in no other, as soon as `put` or `remove`
// has returned. Objects are shared by all readers and must not be changed; `freeze` makes an attempt throw.
import { formatKey, keyOf, type KubeObject, type ObjectKey, type Stored } from '../../kube/object.ts';

/** The values under which an object is found in one index. */
export type IndexFunction<T extends KubeObject> = (object: Stored<T>) => readonly string[];

export interface StoreOptions<T extends KubeObject> {
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** Deep-freezes what is stored: for tests. Default false. */
  readonly freeze?: boolean;
}

/** The reading side of a store. */
export interface ReadStore<T extends KubeObject> {
  readonly size: number;
  get(key: ObjectKey): Stored<T> | undefined;
  /** In no particular order. */
  list(): readonly Stored<T>[];
  /** All of them by `formatKey` of their keys, as they are now: it does not change, and is made anew only after a change. */
  all(): ReadonlyMap<string, Stored<T>>;
  /** In no particular order. @throws Error for an index that the store does not have */
  byIndex(index: string, value: string): readonly Stored<T>[];
}

type Bucket<T extends KubeObject> = Map<string, Stored<T>>;

export class Store<T extends KubeObject> implements ReadStore<T> {
  readonly #objects: Bucket<T> = new Map();
  readonly #indexes: readonly { readonly of: IndexFunction<T>; readonly buckets: Map<string, Bucket<T>> }[];
  readonly #byName: ReadonlyMap<string, Map<string, Bucket<T>>>;
  readonly #freeze: boolean;
  /** What `all` has given, while that is still so. */
  #all: ReadonlyMap<string, Stored<T>> | undefined;

  constructor({ indexes = {}, freeze = false }: StoreOptions<T> = {}) {
    const named = Object.entries(indexes).map(([name, of]) => ({ name, of, buckets: new Map<string, Bucket<T>>() }));
    this.#indexes = named;
    this.#byName = new Map(named.map(({ name, buckets }) => [name, buckets]));
    this.#freeze = freeze;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): Stored<T> | undefined {
    return this.#objects.get(formatKey(key));
  }

  list(): readonly Stored<T>[] {
    return [...this.#objects.values()];
  }

  all(): ReadonlyMap<string, Stored<T>> {
    return (this.#all ??= new Map(this.#objects));
  }

  byIndex(index: string, value: string): readonly Stored<T>[] {
    const buckets = this.#byName.get(index);
    if (buckets === undefined) throw new Error(`store: there is no index ${index}`);
    return [...(buckets.get(value)?.values() ?? [])];
  }

  /** Adds the object, or replaces the one of its key. */
  put(object: Stored<T>): void {
    const key = formatKey(keyOf(object));
    const previous = this.#objects.get(key);
    this.#objects.set(key, this.#freeze ? deepFreeze(object) : object);
    this.#all = undefined;
    for (const { of, buckets } of this.#indexes) {
      const values = of(object);
      // Most changes leave an object where it is found: what is replaced in place leaves no hole in a large bucket.
      if (previous !== undefined) removeFrom(buckets, of(previous), key, values);
      for (const value of values) {
        const bucket = buckets.get(value) ?? new Map();
        buckets.set(value, bucket.set(key, object));
      }
    }
  }

  remove(key: ObjectKey): void {
    const text = formatKey(key);
    const object = this.#objects.get(text);
    if (object === undefined) return;
    this.#objects.delete(text);
    this.#all = undefined;
    for (const { of, buckets } of this.#indexes) removeFrom(buckets, of(object), text);
  }
}

/** Leaves it in those that are to be `kept`. */
function removeFrom<T extends KubeObject>(
  buckets: Map<string, Bucket<T>>,
  values: readonly string[],
  key: string,
  kept: readonly string[] = [],
): void {
  for (const value of values) {
    if (kept.includes(value)) continue;
    const bucket = buckets.get(value);
    bucket?.delete(key);
    if (bucket?.size === 0) buckets.delete(value);
  }
}

function deepFreeze<V>(value: V): V {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
