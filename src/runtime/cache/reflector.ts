// Follows all objects of a kind: lists them once, then watches, for ever, whatever happens to the connection.
//
// Guarantees: its target gets the whole collection first, then every change, in the server's order, and no older one
// after a newer one. After a gap that a watch cannot bridge (410) it gets the whole collection again. An error, a
// broken or a dead connection is followed by another try: after 0.8 to 1.6 s at first, doubling to between 15 and 30 s,
// later if the server asks for that. A target that throws gets a fresh list. Nothing is delivered once the signal has
// aborted.
//
// An optional collection that the server refuses (403, no RBAC rule) is given up in the eyes of the target, and asked for
// again after 0.8 to 1.6 s at first, doubling to between 30 and 60 s, until it is allowed: then the target gets the whole
// collection. The server asks for the right when a watch starts, so a right that is taken away ends 220 s later at most.
//
// Not guaranteed: every version in between; noticing at once that etcd was restored from a backup. A watch from a
// version that the server does not have yet is silent (measured), so a watch that hears nothing in its whole time, not
// even a bookmark, is followed by a fresh list: after 220 s at most. Before all objects are there, 30 s of silence are
// enough.
import type { Kind } from '../../kube/kinds.ts';
import { formatKey, keyOf, type KubeObject, type Stored } from '../../kube/object.ts';
import { ApiError, isForbidden, isGone, TransportError } from '../client/api-error.ts';
import type { ListOptions, Watcher, WatchEvent } from '../client/interfaces.ts';
import { sleep, type Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { RateLimiter } from '../queue/rate-limiter.ts';
import type { Random } from '../random.ts';
import type { ObjectEvent } from './change.ts';
import { ConnectionLog } from './connection-log.ts';
import { compareVersions } from './resource-version.ts';
import { runWatch, SilenceError, type WatchEnd } from './timed-watch.ts';

/** Load balancers drop connections that were idle for 240 s; with jitter, so that not all watches end together. */
const MIN_WATCH_SECONDS = 150;
const WATCH_JITTER_SECONDS = 70;
/** A watch that ends sooner and without an event has failed, however politely (as client-go v0.36 VeryShortWatchError). */
const SHORT_WATCH_MS = 1_000;
const MAX_RETRY_AFTER_MS = 60_000;

/** Each of them may throw: the reflector lists again and replaces everything. */
export interface ReflectorTarget<T extends KubeObject> {
  /** These are all the objects there are, as of that version. */
  replace(objects: readonly Stored<T>[], resourceVersion: string): void;
  apply(event: ObjectEvent<T>): void;
  /** All that happened up to that version has been delivered. */
  advance(resourceVersion: string): void;
  /** The server refuses the read: what was delivered grows old from here on. Only for an optional collection. */
  refuse(): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly kind: Kind<T>;
  readonly watcher: Watcher;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** One namespace; default all of them. */
  readonly namespace?: string;
  /** As `kubectl -l`; default all objects. */
  readonly labelSelector?: string;
  /** As `kubectl --field-selector`; default all objects. */
  readonly fieldSelector?: string;
  /** Whether to live with a server that refuses the read (403); default false: that is a failure like any other. */
  readonly isOptional?: boolean;
  /** What to keep of an object besides its key, uid and resourceVersion; default all but managedFields. */
  readonly project?: (object: Stored<T>) => Stored<T>;
}

export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #target: ReflectorTarget<T>;
  readonly #connection: ConnectionLog;
  readonly #backoff: RateLimiter;
  readonly #refusals: RateLimiter;
  /** Where to go on; undefined: list first. */
  #version: string | undefined;
  /** The last version that was delivered, also after it was given up as a place to go on. */
  #delivered: string | undefined;
  #hasWatchList = true;
  /** Whether the last watch never came to the end of all objects: the next time they are listed, which takes another way. */
  #listsNext = false;
  #lastActivityAt: number;

  constructor(options: ReflectorOptions<T>, target: ReflectorTarget<T>) {
    const { clock, log, random } = options;
    this.#options = options;
    this.#target = target;
    this.#connection = new ConnectionLog(clock, log);
    this.#backoff = new RateLimiter({ firstMs: 1_600, maxMs: 30_000, spread: 0.5, random });
    this.#refusals = new RateLimiter({ firstMs: 1_600, maxMs: 60_000, spread: 0.5, random });
    this.#lastActivityAt = clock.monotonic();
  }

  /** When the server was last heard of, on the monotonic clock. */
  get lastActivityAt(): number {
    return this.#lastActivityAt;
  }

  /** For how long its watch has been failing, in milliseconds; 0 for one that works or is refused. */
  get failingForMs(): number {
    return this.#connection.failingForMs;
  }

  /** What keeps it from working now; undefined when nothing does. */
  get lastError(): unknown {
    return this.#connection.lastError;
  }

  /** Resolves when the signal has aborted, and only then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const isListed = !this.#hasWatchList || this.#listsNext;
        if (this.#version === undefined && isListed) await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { kind, watcher } = this.#options;
    const { objects, resourceVersion } = await watcher.snapshot(kind, { ...this.#selection(), signal });
    signal.throwIfAborted();
    this.#replace(
      objects.map((object) => this.#project(object)),
      resourceVersion,
    );
    this.#listsNext = false;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { kind, watcher, random, clock } = this.#options;
    const resumeAt = this.#version;
    const position = resumeAt === undefined ? {} : { resourceVersion: resumeAt };
    const end = await runWatch<T>({
      clock,
      signal,
      timeoutSeconds: MIN_WATCH_SECONDS + Math.floor(random() * (WATCH_JITTER_SECONDS + 1)),
      open: (limited, timeoutSeconds) =>
        watcher.watch(kind, { ...this.#selection(), ...position, timeoutSeconds, signal: limited }),
      take: resumeAt === undefined ? this.#takeInitial() : (event) => this.#take(event),
      isOwed: () => this.#version === undefined,
    });
    this.#judge(end);
  }

  /** Gathers what there is until the server says that this was all; then takes each event by itself. */
  #takeInitial(): (event: WatchEvent<T>) => void {
    const gathered = new Map<string, Stored<T>>();
    let isComplete = false;
    return (event) => {
      if (isComplete) return this.#take(event);
      this.#lastActivityAt = this.#options.clock.monotonic();
      if (event.type === 'BOOKMARK') {
        isComplete = event.isInitialEventsEnd;
        if (isComplete) this.#replace([...gathered.values()], event.resourceVersion);
      } else if (event.type === 'DELETED') {
        gathered.delete(formatKey(keyOf(event.object)));
      } else {
        gathered.set(formatKey(keyOf(event.object)), this.#project(event.object));
      }
    };
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') {
      this.#deliver(event.resourceVersion, () => this.#target.advance(event.resourceVersion));
    } else {
      if (this.#isOld(event.object)) return;
      const object = this.#project(event.object);
      this.#deliver(object.metadata.resourceVersion, () => this.#target.apply({ type: event.type, object }));
    }
  }

  /** Told before, by a server that repeats itself: nothing but a fresh list goes back, or what is deleted would return. */
  #isOld({ metadata }: Stored<T>): boolean {
    return this.#version !== undefined && compareVersions(metadata.resourceVersion, this.#version) < 0;
  }

  #replace(objects: readonly Stored<T>[], resourceVersion: string): void {
    if (this.#delivered !== undefined && compareVersions(resourceVersion, this.#delivered) < 0) {
      const fields = { step: 'watch', from: this.#delivered, to: resourceVersion };
      this.#options.log.warn(fields, 'resource versions went back: was etcd restored? everything is replaced');
    }
    this.#deliver(resourceVersion, () => this.#target.replace(objects, resourceVersion));
  }

  #deliver(resourceVersion: string, deliver: () => void): void {
    try {
      deliver();
    } catch (cause) {
      throw new DeliveryError(cause);
    }
    this.#version = resourceVersion;
    this.#delivered = resourceVersion;
    this.#lastActivityAt = this.#options.clock.monotonic();
    this.#backoff.forget('');
    this.#refusals.forget('');
    this.#connection.works();
  }

  /** Decides what the end of a watch without an error means. */
  #judge({ events, durationMs }: WatchEnd): void {
    if (this.#version === undefined) {
      this.#hasWatchList = false;
      throw new Error('the server ended the watch before it had sent all objects');
    }
    if (events > 0) return;
    if (durationMs < SHORT_WATCH_MS) throw new Error('the server ended the watch at once');
    if (durationMs >= MIN_WATCH_SECONDS * 1_000) this.#version = undefined;
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    if (this.#version === undefined && isWatchListRefused(error) && this.#hasWatchList) {
      this.#hasWatchList = false;
      return;
    }
    if (this.#options.isOptional && isForbidden(error)) return this.#goWithout(error, signal);
    if (isGone(error) || error instanceof DeliveryError) this.#version = undefined;
    this.#listsNext ||= wasSilent(error);
    if (error instanceof DeliveryError) log.error({ step: 'watch', err: error.cause }, 'a change was not taken');
    this.#connection.failed(error);
    const retryAfterMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    await sleep(clock, Math.max(this.#backoff.when(''), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)), signal);
  }

  async #goWithout(error: ApiError, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    this.#version = undefined;
    this.#lastActivityAt = clock.monotonic();
    this.#connection.refused(error);
    try {
      this.#target.refuse();
    } catch (cause) {
      log.error({ step: 'watch', err: cause }, 'a change was not taken');
    }
    await sleep(clock, this.#refusals.when(''), signal);
  }

  #project(object: Stored<T>): Stored<T> {
    const { project = withoutManagedFields } = this.#options;
    return project(object);
  }

  #selection(): Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'> {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return {
      ...(namespace && { namespace }),
      ...(labelSelector && { labelSelector }),
      ...(fieldSelector && { fieldSelector }),
    };
  }
}

/** The target threw: the connection is not to blame. */
class DeliveryError extends Error {
  constructor(cause: unknown) {
    super('a change was not taken', { cause });
  }
}

/** The transport wraps why it was cut. */
function wasSilent(error: unknown): boolean {
  const cause = error instanceof TransportError ? error.cause : error;
  return cause instanceof SilenceError;
}

/** How a server without the WatchList feature answers `sendInitialEvents`. */
function isWatchListRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 422 || error.code === 400);
}

function withoutManagedFields<T extends KubeObject>(object: Stored<T>): Stored<T> {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
