// What the rest of the operator may ask of an API server. Small interfaces, so that a component's type says what it can
// do: only `StatusWriter` reaches the status subresource, and operator.ts hands it to exactly one place.
import type { Event, Kind } from '../../kube/kinds.ts';
import type { KubeObject, ObjectKey, Stored } from '../../kube/object.ts';

export interface ListOptions {
  /** One namespace; absent lists all of them. */
  readonly namespace?: string;
  /** As `kubectl -l`: `a=b,c`. */
  readonly labelSelector?: string;
  /** As `kubectl --field-selector`: `metadata.name=a` follows one object, for which a right to that name is enough. */
  readonly fieldSelector?: string;
  readonly signal?: AbortSignal;
}

/**
 * Live reads. Never served from a stale watch cache: the resource version is left unset, which the API server answers
 * with a consistent ("quorum") read.
 *
 * Errors: `ApiError` for an answer, `TransportError` where none came. Only a 404 with reason NotFound means absent.
 */
export interface ObjectReader {
  /** The object, or undefined if the API server says that there is none. */
  get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): Promise<Stored<T> | undefined>;
  /** The same of its metadata alone, which spares the API server and the network a large status. */
  getMetadata(kind: Kind, key: ObjectKey): Promise<Stored['metadata'] | undefined>;
  /** All objects that match, read in pages. */
  list<T extends KubeObject>(kind: Kind<T>, options?: ListOptions): Promise<readonly Stored<T>[]>;
}

/** All objects of a kind at one moment. */
export interface Snapshot<T extends KubeObject> {
  readonly objects: readonly Stored<T>[];
  /** The version of the whole collection: a watch from here misses nothing. */
  readonly resourceVersion: string;
}

/** One line of a watch. A bookmark's object has only a resourceVersion: everything up to there has been sent. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Stored<T> }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly isInitialEventsEnd: boolean };

export interface WatchOptions extends ListOptions {
  /** Where to go on. Absent: the server first sends every object as ADDED, then a bookmark with `isInitialEventsEnd`. */
  readonly resourceVersion?: string;
  /** The server ends the watch after this many seconds. */
  readonly timeoutSeconds: number;
}

/** Reads and follows whole collections; the reflector's source. Errors: as `ObjectReader`. */
export interface Watcher {
  snapshot<T extends KubeObject>(kind: Kind<T>, options?: ListOptions): Promise<Snapshot<T>>;
  /**
   * Events until the server ends the watch.
   *
   * @throws ApiError also for an ERROR event in the stream (`isGone`: list again). TransportError for a stream that
   * breaks or is aborted.
   */
  watch<T extends KubeObject>(kind: Kind<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
}

/**
 * What a write is conditional on: the version that the writer read, or, for a create, that there was nothing.
 *
 * `'absent'` travels as an impossible old resourceVersion: the API server creates an absent object (201) and answers 409
 * Conflict if one exists (measured on v1.36.3; see docs/writes-and-conflicts.md).
 */
export type Fence = { readonly uid: string; readonly resourceVersion: string } | 'absent';

export interface Preconditions {
  readonly uid: string;
  readonly resourceVersion?: string;
}

/** Conditional writes; there is no unconditional one. Each resolves to what the API server stored. */
export interface ObjectWriter {
  /**
   * Server-side apply with force, as `fieldManager`. `object` carries apiVersion, kind, name, namespace and exactly the
   * fields the manager owns: a field that is sent no more is removed.
   *
   * @throws ApiError 409 `Conflict` when the fence does not hold.
   */
  apply<T extends KubeObject>(kind: Kind<T>, object: T, fence: Fence, fieldManager: string): Promise<Stored<T>>;
  /** Replaces `metadata.finalizers`, if the object is still at the base's version. @throws ApiError 409 `Conflict` */
  patchFinalizers<T extends KubeObject>(
    kind: Kind<T>,
    base: Stored<T>,
    finalizers: readonly string[],
  ): Promise<Stored<T>>;
  /** Deletes in the background; resolves also if the object is already gone. @throws ApiError 409 when a precondition fails */
  delete(kind: Kind, key: ObjectKey, preconditions: Preconditions): Promise<void>;
}

/** Asks what a write would be answered. Nothing is stored, and nobody hears of it. */
export interface ObjectChecker {
  /**
   * `ObjectWriter.apply` as a dry run: admission, quota and validation have their say.
   *
   * @throws what the apply would throw.
   */
  checkApply<T extends KubeObject>(kind: Kind<T>, object: T, fence: Fence, fieldManager: string): Promise<void>;
}

declare const lock: unique symbol;
/** A non-empty resourceVersion of the object that a status was computed from. Made by `lockOf` (status.ts) alone. */
export type ResourceVersionLock = string & { readonly [lock]: true };

/** Writes the status subresource. See `patchStatus` in status.ts, its only caller. */
export interface StatusWriter {
  /**
   * JSON merge patch of `/status`, conditional on `resourceVersion`.
   *
   * @throws ApiError 409 `Conflict` when the object has moved on since.
   */
  mergePatchStatus<T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    patch: {
      readonly metadata: { readonly resourceVersion: ResourceVersionLock; readonly uid: string };
      readonly status: unknown;
    },
  ): Promise<Stored<T>>;
}

/**
 * Writes Events. They are records: nobody computes anything from an older version of one, so no write of them has a
 * condition. Held by the event recorder (src/runtime/events) alone.
 */
export interface EventWriter {
  /** @throws ApiError 409 `AlreadyExists` for a name that is taken. 403 `Forbidden` also for a namespace that is going away. */
  createEvent(event: Event, signal?: AbortSignal): Promise<void>;
  /** Tells how often the event has been repeated. @throws ApiError 404 when the event has expired: they live for an hour. */
  patchEventSeries(key: ObjectKey, series: NonNullable<Event['series']>, signal?: AbortSignal): Promise<void>;
}
