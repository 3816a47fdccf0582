// The objects of one kind as a cache knows them, by key and by index.
//
// Guarantees: an object is in every index that its index functions name, and in no other, as soon as `put` or `remove`
// has returned. Objects are shared by all readers and must not be changed; `freeze` makes an attempt throw.
import { formatKey, keyOf, type KubeObject, type ObjectKey, type Stored } from '../../kube/object.ts';
import { type IndexFunction, ObjectIndex } from './object-index.ts';

export type { IndexFunction } from './object-index.ts';

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

export class Store<T extends KubeObject> implements ReadStore<T> {
  readonly #objects = new Map<string, Stored<T>>();
  readonly #indexes: ReadonlyMap<string, ObjectIndex<T>>;
  readonly #freeze: boolean;
  /** What `all` has given, while that is still so. */
  #all: ReadonlyMap<string, Stored<T>> | undefined;

  constructor({ indexes = {}, freeze = false }: StoreOptions<T> = {}) {
    this.#indexes = new Map(Object.entries(indexes).map(([name, of]) => [name, new ObjectIndex(of)]));
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
    const found = this.#indexes.get(index);
    if (found === undefined) throw new Error(`store: there is no index ${index}`);
    return found.find(value);
  }

  /** Adds the object, or replaces the one of its key. */
  put(object: Stored<T>): void {
    const key = formatKey(keyOf(object));
    const previous = this.#objects.get(key);
    this.#objects.set(key, this.#freeze ? deepFreeze(object) : object);
    this.#all = undefined;
    for (const index of this.#indexes.values()) index.put(key, object, previous);
  }

  remove(key: ObjectKey): void {
    const text = formatKey(key);
    const object = this.#objects.get(text);
    if (object === undefined) return;
    this.#objects.delete(text);
    this.#all = undefined;
    for (const index of this.#indexes.values()) index.remove(text, object);
  }
}

function deepFreeze<V>(value: V): V {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
