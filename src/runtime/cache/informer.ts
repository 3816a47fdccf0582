// A cache of one kind: a store that reflectors keep up to date, and handlers that hear of every change.
//
// Guarantees: handlers are called after the store has changed, one change at a time, in order, and none is skipped. When
// a handler throws, the error is logged and the same change is handed out again after a backoff, to all handlers and
// before any later change: so each hears of each change at least once.
//
// An optional informer that may not read (403) is ready, empty and not `isReadable`: nothing is in its store, which says
// nothing about what there is. What it held is deleted from it, and comes back when the right does.
import { isTerminating, keyOf, type KubeObject, type ObjectKey, type Stored } from '../../kube/object.ts';
import type { Runnable } from '../manager.ts';
import { whenAborted } from '../when-aborted.ts';
import { changesOfEvent, changesOfList, type Change } from './change.ts';
import type { Seer } from './own-writes.ts';
import { Reflector, type ReflectorOptions, type ReflectorTarget } from './reflector.ts';
import { compareVersions } from './resource-version.ts';
import { Store, type ReadStore, type StoreOptions } from './store.ts';

/** Has to return quickly, and no promise: usually it enqueues a key. */
export type ChangeHandler<T extends KubeObject> = (change: Change<T>) => void;

/** Hears whether the objects may be read, each time that this changes; as quickly as a `ChangeHandler`. */
export type ReadabilityHandler = (isReadable: boolean) => void;

export interface InformerOptions<T extends KubeObject> extends Omit<ReflectorOptions<T>, 'namespace'>, StoreOptions<T> {
  /** Which namespaces to follow; empty: all of them. Ignored for cluster-scoped kinds. */
  readonly namespaces?: readonly string[];
  /** What is stored of a change: the object, with parts of the one before it where they say the same. Default: the object. */
  readonly share?: (previous: Stored<T>, object: Stored<T>) => Stored<T>;
}

/** One followed collection: a namespace, or everything. */
interface Part<T extends KubeObject> {
  readonly namespace: string | undefined;
  readonly reflector: Reflector<T>;
  /** All that happened up to this version is in the store; undefined before the first list. */
  seenVersion: string | undefined;
  /** Whether the handlers have heard of the first list. */
  hasSynced: boolean;
  isReadable: boolean;
}

/** A part of the manager: ready once the store holds everything and the handlers have heard of it. */
export class Informer<T extends KubeObject> implements Runnable, Seer {
  readonly name: string;
  readonly #store: Store<T>;
  readonly #parts: readonly Part<T>[];
  readonly #handlers: ChangeHandler<T>[] = [];
  readonly #readabilityHandlers: ReadabilityHandler[] = [];
  /** Changes of the store that not all handlers have taken, oldest first. */
  readonly #pending: Change<T>[] = [];
  readonly #synced = Promise.withResolvers<void>();
  #hasStarted = false;
  /** What the handlers were told last. */
  #isToldReadable = true;

  constructor({ namespaces = [], ...options }: InformerOptions<T>) {
    const { kind } = options;
    this.name = `cache ${kind.plural}`;
    this.#store = new Store(options);
    const followed = kind.isNamespaced && namespaces.length > 0 ? namespaces : [undefined];
    this.#parts = followed.map((namespace) => this.#createPart(options, namespace));
  }

  get store(): ReadStore<T> {
    return this.#store;
  }

  /** Whether the handlers have heard of the first list, or of the server's refusal to give one. */
  get hasSynced(): boolean {
    return this.#parts.every(({ hasSynced }) => hasSynced);
  }

  /** Whether the store can be believed; false while the server refuses the read of any part of it. `lastError` tells why. */
  get isReadable(): boolean {
    return this.#parts.every(({ isReadable }) => isReadable);
  }

  /** When the least recently heard of server was heard of, on the monotonic clock; 235 s ago at most if all is well. */
  get lastActivityAt(): number {
    return Math.min(...this.#parts.map(({ reflector }) => reflector.lastActivityAt));
  }

  /** For how long a watch of it has been failing, in milliseconds; 0 when all of them work. */
  get failingForMs(): number {
    return Math.max(...this.#parts.map(({ reflector }) => reflector.failingForMs));
  }

  /** What keeps it from being ready or up to date; undefined when nothing does. */
  lastError(): unknown {
    return this.#parts.map(({ reflector }) => reflector.lastError).find((error) => error !== undefined);
  }

  /** @throws Error once it has started: the handler would have missed changes. */
  onChange(handler: ChangeHandler<T>): void {
    this.#assertNotStarted();
    this.#handlers.push(handler);
  }

  /** `isReadable` is true at first. Called after the changes that come with it. @throws Error once it has started */
  onReadabilityChange(handler: ReadabilityHandler): void {
    this.#assertNotStarted();
    this.#readabilityHandlers.push(handler);
  }

  /** Resolves when the signal has aborted, and only then. To be called once. */
  async start(signal: AbortSignal): Promise<void> {
    this.#hasStarted = true;
    await Promise.all(this.#parts.map(({ reflector }) => reflector.run(signal)));
  }

  /** Resolves once it `hasSynced`, or the signal aborts. */
  async whenReady(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#synced.promise, whenAborted(signal)]);
  }

  /** Whether the store is at or past that version of the object; it may be gone since, or be another one. */
  hasSeen(key: ObjectKey, resourceVersion: string): boolean {
    const seen = this.#parts.find(
      ({ namespace }) => namespace === undefined || namespace === key.namespace,
    )?.seenVersion;
    return seen !== undefined && compareVersions(seen, resourceVersion) >= 0;
  }

  /** Whether the object of that uid is gone from the store, or terminating. */
  hasSeenDeletion(key: ObjectKey, uid: string): boolean {
    const object = this.#store.get(key);
    return object?.metadata.uid !== uid || isTerminating(object);
  }

  #assertNotStarted(): void {
    if (this.#hasStarted) throw new Error(`${this.name}: a handler comes too late, after the start`);
  }

  #createPart({ share, ...options }: Omit<InformerOptions<T>, 'namespaces'>, namespace: string | undefined): Part<T> {
    const log = options.log.child({ kind: options.kind.plural, ...(namespace && { namespace }) });
    const inScope = ({ metadata }: KubeObject): boolean => namespace === undefined || metadata?.namespace === namespace;
    const replace = (objects: readonly Stored<T>[], version: string | undefined): void => {
      this.#take(part, changesOfList(this.#store.list().filter(inScope), objects), version);
      part.hasSynced = true;
      if (this.hasSynced) this.#synced.resolve();
    };
    const target: ReflectorTarget<T> = {
      replace: (objects, version) => {
        part.isReadable = true;
        replace(objects, version);
      },
      refuse: () => {
        part.isReadable = false;
        replace([], undefined);
      },
      apply: ({ type, object }) => {
        const previous = this.#store.get(keyOf(object));
        const shared = previous === undefined || share === undefined ? object : share(previous, object);
        this.#take(part, changesOfEvent(previous, { type, object: shared }), object.metadata.resourceVersion);
      },
      advance: (version) => this.#take(part, [], version),
    };
    const reflector = new Reflector({ ...options, log, ...(namespace && { namespace }) }, target);
    const part: Part<T> = { namespace, reflector, seenVersion: undefined, hasSynced: false, isReadable: true };
    return part;
  }

  #take(part: Part<T>, changes: readonly Change<T>[], version: string | undefined): void {
    for (const { type, object } of changes) {
      if (type === 'deleted') this.#store.remove(keyOf(object));
      else this.#store.put(object);
    }
    part.seenVersion = version;
    for (const change of changes) this.#pending.push(change);
    this.#deliver();
  }

  #deliver(): void {
    let delivered = 0;
    try {
      for (const change of this.#pending) {
        for (const handler of this.#handlers) handler(change);
        delivered += 1;
      }
    } finally {
      this.#pending.splice(0, delivered);
    }
    if (this.#isToldReadable === this.isReadable) return;
    for (const handler of this.#readabilityHandlers) handler(this.isReadable);
    this.#isToldReadable = this.isReadable;
  }
}
