// A cache of one kind: a store that follows the API server, and handlers that are told of each change.
//
// Guarantees: handlers are called in order, after the store has the change; readers of the store never see a half-read
// collection (`whenReady`). An exception of a handler reads the collection anew: no change is lost to it.
import type { Kind } from '../../kube/kinds.ts';
import type { KubeObject, ObjectKey, Stored } from '../../kube/object.ts';
import type { WatchEvent, Watcher } from '../client/interfaces.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Runnable } from '../manager.ts';
import type { Random } from '../random.ts';
import { whenAborted } from '../when-aborted.ts';
import { Reflector } from './reflector.ts';
import { type Change, type IndexFunction, Store, isAtLeast } from './store.ts';

export interface InformerOptions<T extends KubeObject> {
  readonly watcher: Watcher;
  readonly kind: Kind<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Which namespaces to follow; empty: all of them. Ignored for cluster-scoped kinds. */
  readonly namespaces?: readonly string[];
  readonly labelSelector?: string;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** What is kept of each object. It keeps the metadata that identifies it: name, namespace, uid, resourceVersion. */
  readonly project?: (object: Stored<T>) => Stored<T>;
}

export type ChangeHandler<T extends KubeObject> = (change: Change<T>) => void;

/** One followed collection: a namespace, or everything. */
interface Part<T extends KubeObject> {
  readonly namespace: string | undefined;
  readonly reflector: Reflector<T>;
  /** How far this part has been seen; undefined before its first whole read. */
  version: string | undefined;
}

export class Informer<T extends KubeObject> implements Runnable {
  readonly name: string;
  readonly store: Store<T>;
  readonly #options: InformerOptions<T>;
  readonly #handlers: ChangeHandler<T>[] = [];
  readonly #parts: readonly Part<T>[];
  readonly #ready = Promise.withResolvers<void>();

  constructor(options: InformerOptions<T>) {
    const { indexes, kind, namespaces = [] } = options;
    this.#options = options;
    this.name = `cache ${kind.plural}`;
    this.store = new Store(indexes);
    const followed = kind.isNamespaced && namespaces.length > 0 ? namespaces : [undefined];
    this.#parts = followed.map((namespace) => this.#part(namespace));
  }

  /** Adds a handler; to be called before `start`. */
  onChange(handler: ChangeHandler<T>): void {
    this.#handlers.push(handler);
  }

  async start(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#parts.map(({ reflector }) => reflector.run(signal)));
  }

  /** Resolves once every followed collection has been read whole, or the signal aborts. */
  async whenReady(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#ready.promise, whenAborted(signal)]);
  }

  lastError(): unknown {
    return this.#parts.map(({ reflector }) => reflector.lastError).find((error) => error !== undefined);
  }

  /** Whether the cache is at or past that version of the object, be it that the object is gone since. */
  hasSeen(key: ObjectKey, uid: string, resourceVersion: string): boolean {
    const stored = this.store.get(key);
    const isStored = stored?.metadata.uid === uid && isAtLeast(stored.metadata.resourceVersion, resourceVersion);
    if (isStored) return true;
    const part = this.#parts.find(({ namespace }) => namespace === undefined || namespace === key.namespace);
    return part?.version !== undefined && isAtLeast(part.version, resourceVersion);
  }

  #part(namespace: string | undefined): Part<T> {
    const { clock, kind, labelSelector, log, project = (object) => object, random, watcher } = this.#options;
    const scope = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
    const receiver = {
      replace: (objects: readonly Stored<T>[], resourceVersion: string): void => {
        part.version = resourceVersion;
        this.#tell(this.store.replace(objects.map(project), namespace));
        if (this.#parts.every(({ version }) => version !== undefined)) this.#ready.resolve();
      },
      event: (event: WatchEvent<T>): void => {
        part.version = event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata.resourceVersion;
        if (event.type === 'BOOKMARK') return;
        const object = project(event.object);
        this.#tell(event.type === 'DELETED' ? this.store.remove(object) : this.store.put(object));
      },
    };
    const reflector = new Reflector<T>({ watcher, kind, scope, receiver, clock, random, log });
    const part: Part<T> = { namespace, reflector, version: undefined };
    return part;
  }

  #tell(changes: readonly Change<T>[]): void {
    for (const change of changes) for (const handler of this.#handlers) handler(change);
  }
}
