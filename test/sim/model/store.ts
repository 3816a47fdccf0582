// The model's etcd: objects, one counter of versions for all of them, and the history that watches read.
import type { Kind } from '../../../src/kube/kinds.ts';
import { formatKey, keyOf, type ObjectKey } from '../../../src/kube/object.ts';
import { type Document, typeOf } from './document.ts';
import type { Managers } from './field-sets.ts';

/** One change of one object, as it was stored. */
export interface Change {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: Kind;
  /** After the change; for a deletion the last there was, at the version of the deletion. */
  readonly object: Document;
  readonly previous: Document | undefined;
}

const NO_MANAGERS: Managers = new Map();

export class ModelStore {
  /** The changes since `compactedAt`, oldest first. */
  readonly history: Change[] = [];
  /** Watches from before it are expired. */
  compactedAt: number;
  readonly #objects = new Map<string, Map<string, Document>>();
  readonly #managers = new Map<string, Managers>();
  #revision = 1000;

  constructor() {
    this.compactedAt = this.#revision;
  }

  get revision(): number {
    return this.#revision;
  }

  get(kind: Kind, key: ObjectKey): Document | undefined {
    return this.#objects.get(typeOf(kind))?.get(formatKey(key));
  }

  list(kind: Kind): readonly Document[] {
    return [...(this.#objects.get(typeOf(kind))?.values() ?? [])];
  }

  managersOf(object: Document | undefined): Managers {
    return (object && this.#managers.get(object.metadata.uid)) ?? NO_MANAGERS;
  }

  /** Stores the object at a new version, and returns it with that. */
  put(kind: Kind, object: Document, managers: Managers): Change {
    const objects = this.#objects.get(typeOf(kind)) ?? new Map<string, Document>();
    this.#objects.set(typeOf(kind), objects);
    const name = formatKey(keyOf(object));
    const previous = objects.get(name);
    const stored = this.#versioned(object);
    objects.set(name, stored);
    this.#managers.set(stored.metadata.uid, managers);
    return this.#record({ type: previous === undefined ? 'ADDED' : 'MODIFIED', kind, object: stored, previous });
  }

  remove(kind: Kind, object: Document): Change {
    const name = formatKey(keyOf(object));
    const previous = this.#objects.get(typeOf(kind))?.get(name);
    this.#objects.get(typeOf(kind))?.delete(name);
    this.#managers.delete(object.metadata.uid);
    return this.#record({ type: 'DELETED', kind, object: this.#versioned(object), previous });
  }

  /** Forgets the history up to now. */
  compact(): void {
    this.compactedAt = this.#revision;
    this.history.length = 0;
  }

  #versioned(object: Document): Document {
    this.#revision += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } };
  }

  #record(change: Omit<Change, 'revision'>): Change {
    const recorded = { ...change, revision: this.#revision };
    this.history.push(recorded);
    return recorded;
  }
}
