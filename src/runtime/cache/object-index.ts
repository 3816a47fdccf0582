// One index of a store: which objects are found under a value.
//
// Most values of most indexes have one object, so that it stands alone there: a map around each would be a tenth of all
// that a thousand fleets hold.
import { formatKey, keyOf, type KubeObject, type Stored } from '../../kube/object.ts';

/** The values under which an object is found in one index. */
export type IndexFunction<T extends KubeObject> = (object: Stored<T>) => readonly string[];

/** Several by their keys, or one. */
type Found<T extends KubeObject> = Map<string, Stored<T>> | Stored<T>;

export class ObjectIndex<T extends KubeObject> {
  readonly #of: IndexFunction<T>;
  readonly #found = new Map<string, Found<T>>();

  constructor(of: IndexFunction<T>) {
    this.#of = of;
  }

  /** In no particular order. */
  find(value: string): readonly Stored<T>[] {
    const found = this.#found.get(value);
    if (found === undefined) return [];
    return found instanceof Map ? [...found.values()] : [found];
  }

  /** @param previous what was put last under that key; undefined if nothing was, or it was removed */
  put(key: string, object: Stored<T>, previous: Stored<T> | undefined): void {
    const values = this.#of(object);
    // Most changes leave an object where it is found: what is replaced in place leaves no hole in a large map.
    if (previous !== undefined) this.#removeFrom(this.#of(previous), key, previous, values);
    for (const value of values) {
      const found = this.#found.get(value);
      if (found instanceof Map) found.set(key, object);
      else if (found === undefined || found === previous) this.#found.set(value, object);
      else if (found !== object) this.#found.set(value, new Map([[formatKey(keyOf(found)), found]]).set(key, object));
    }
  }

  remove(key: string, object: Stored<T>): void {
    this.#removeFrom(this.#of(object), key, object);
  }

  /** Leaves it under those that are to be `kept`. */
  #removeFrom(values: readonly string[], key: string, object: Stored<T>, kept: readonly string[] = []): void {
    for (const value of values) {
      if (kept.includes(value)) continue;
      const found = this.#found.get(value);
      if (found instanceof Map) found.delete(key);
      if (found === object || (found instanceof Map && found.size === 0)) this.#found.delete(value);
    }
  }
}
