// Objects by key, with indexes: what a watch has told so far.
//
// Guarantees: an older version never replaces a newer one of the same uid; a changed uid is a removal and an addition; a
// removal that names another uid than the stored one is ignored. Readers share the objects and must not change them.
import { formatKey, keyOf, type KubeObject, type ObjectKey, type Stored } from '../../kube/object.ts';

export type Change<T extends KubeObject> =
  | { readonly type: 'added'; readonly object: Stored<T> }
  | { readonly type: 'updated'; readonly object: Stored<T>; readonly previous: Stored<T> }
  /** `object` is the last version that was seen. */
  | { readonly type: 'deleted'; readonly object: Stored<T> };

/** The values under which an object is found in one index. */
export type IndexFunction<T extends KubeObject> = (object: Stored<T>) => readonly string[];

/** Whether version `a` is at or after `b`. Comparable integers within one resource type since Kubernetes 1.35. */
export function isAtLeast(a: string, b: string): boolean {
  return a.length === b.length ? a >= b : a.length > b.length;
}

export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, Stored<T>>();
  readonly #indexes: readonly { name: string; valuesOf: IndexFunction<T>; entries: Map<string, Set<Stored<T>>> }[];

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>> = {}) {
    this.#indexes = Object.entries(indexes).map(([name, valuesOf]) => ({ name, valuesOf, entries: new Map() }));
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): Stored<T> | undefined {
    return this.#objects.get(formatKey(key));
  }

  list(): Iterable<Stored<T>> {
    return this.#objects.values();
  }

  /** The objects that index `index` has under `value`, in no particular order. @throws Error for an unknown index */
  byIndex(index: string, value: string): readonly Stored<T>[] {
    const found = this.#indexes.find(({ name }) => name === index);
    if (found === undefined) throw new Error(`store: there is no index ${index}`);
    return [...(found.entries.get(value) ?? [])];
  }

  /** Takes in an object that a watch reported. No change for a version that is not newer. */
  put(object: Stored<T>): readonly Change<T>[] {
    const previous = this.get(keyOf(object));
    if (previous === undefined) return [this.#add(object)];
    if (previous.metadata.uid !== object.metadata.uid) return [this.#remove(previous), this.#add(object)];
    if (isAtLeast(previous.metadata.resourceVersion, object.metadata.resourceVersion)) return [];
    this.#remove(previous);
    this.#add(object);
    return [{ type: 'updated', object, previous }];
  }

  /** Takes out an object that a watch reported as deleted. */
  remove(object: Stored<T>): readonly Change<T>[] {
    const previous = this.get(keyOf(object));
    return previous?.metadata.uid === object.metadata.uid ? [this.#remove(previous)] : [];
  }

  /** Makes `objects` the whole content of a namespace, or of the store; what vanished in between is reported as deleted. */
  replace(objects: readonly Stored<T>[], namespace: string | undefined): readonly Change<T>[] {
    const keys = new Set(objects.map((object) => formatKey(keyOf(object))));
    const vanished = [...this.#objects].filter(
      ([key, object]) => !keys.has(key) && (namespace === undefined || object.metadata.namespace === namespace),
    );
    return [...vanished.map(([, object]) => this.#remove(object)), ...objects.flatMap((object) => this.put(object))];
  }

  #add(object: Stored<T>): Change<T> {
    this.#objects.set(formatKey(keyOf(object)), object);
    for (const { valuesOf, entries } of this.#indexes) {
      for (const value of valuesOf(object)) {
        const entry = entries.get(value);
        if (entry === undefined) entries.set(value, new Set([object]));
        else entry.add(object);
      }
    }
    return { type: 'added', object };
  }

  #remove(object: Stored<T>): Change<T> {
    this.#objects.delete(formatKey(keyOf(object)));
    for (const { valuesOf, entries } of this.#indexes) {
      for (const value of valuesOf(object)) {
        const entry = entries.get(value);
        entry?.delete(object);
        if (entry?.size === 0) entries.delete(value);
      }
    }
    return { type: 'deleted', object };
  }
}
