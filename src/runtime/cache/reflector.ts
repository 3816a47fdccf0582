// Follows one collection: reads it whole, then watches it, for as long as the program runs.
//
// Guarantees: after any failure it goes on, from where it was if the server still knows that version, else from a new
// whole read; a receiver that throws is a failure too, answered by a new whole read, never swallowed; the first read is
// consistent (resourceVersion unset, never "0"). Watches end after 150–220 s on the server's side, and on ours soon
// after: a connection that has died in silence is noticed.
// Not guaranteed: every version. What changed twice between two events may be seen once.
import type { Kind } from '../../kube/kinds.ts';
import type { KubeObject, Stored } from '../../kube/object.ts';
import { ApiError, isGone } from '../client/api-error.ts';
import type { ListOptions, WatchEvent, Watcher } from '../client/interfaces.ts';
import { sleep, type Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import { jitter, type Random } from '../random.ts';

/** Takes what a reflector learns, in order. */
export interface Receiver<T extends KubeObject> {
  /** The whole collection as of `resourceVersion`. */
  replace(objects: readonly Stored<T>[], resourceVersion: string): void;
  event(event: WatchEvent<T>): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly watcher: Watcher;
  readonly kind: Kind<T>;
  readonly scope: Omit<ListOptions, 'signal'>;
  readonly receiver: Receiver<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const WATCH_SECONDS = { least: 150, spread: 70 };
/** How long after the server's own limit a watch is taken for dead. */
const DEADLINE_SLACK_MS = 20_000;
const BACKOFF_MS = { first: 800, longest: 30_000 };
/** Failures in a row after which a person should know. */
const WARN_AFTER = 3;

export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  #version: string | undefined;
  /** Streams the first read as events; false once a server has refused that. */
  #isStreaming = true;
  #failures = 0;
  #lastError: unknown;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
  }

  /** What last went wrong; undefined once it works again. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** Resolves when the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    if (this.#version === undefined && !this.#isStreaming) await this.#snapshot(signal);
    const { clock, kind, random, scope, watcher } = this.#options;
    const timeoutSeconds = Math.round(WATCH_SECONDS.least + random() * WATCH_SECONDS.spread);
    const deadline = new AbortController();
    const timer = clock.after(timeoutSeconds * 1000 + DEADLINE_SLACK_MS, () => deadline.abort());
    const from = this.#version === undefined ? {} : { resourceVersion: this.#version };
    const initial: Stored<T>[] | undefined = this.#version === undefined ? [] : undefined;
    try {
      const abort = AbortSignal.any([signal, deadline.signal]);
      await this.#consume(watcher.watch(kind, { ...scope, ...from, timeoutSeconds, signal: abort }), initial);
    } finally {
      timer.cancel();
    }
  }

  async #snapshot(signal: AbortSignal): Promise<void> {
    const { kind, receiver, scope, watcher } = this.#options;
    const { objects, resourceVersion } = await watcher.snapshot(kind, { ...scope, signal });
    receiver.replace(objects, resourceVersion);
    this.#succeed(resourceVersion);
  }

  /** `initial` collects the first read until its bookmark comes; undefined where there is none. */
  async #consume(events: AsyncIterable<WatchEvent<T>>, initial: Stored<T>[] | undefined): Promise<void> {
    const { receiver } = this.#options;
    let pending = initial;
    for await (const event of events) {
      if (pending === undefined) {
        receiver.event(event);
        this.#succeed(event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata.resourceVersion);
      } else if (event.type !== 'BOOKMARK') {
        pending.push(event.object);
      } else if (event.isInitialEventsEnd) {
        receiver.replace(pending, event.resourceVersion);
        pending = undefined;
        this.#succeed(event.resourceVersion);
      }
    }
    if (pending !== undefined)
      throw new Error(`reflector: ${this.#options.kind.plural}: the watch ended before its first read`);
  }

  #succeed(version: string): void {
    this.#version = version;
    const { kind, log } = this.#options;
    if (this.#failures >= WARN_AFTER) log.info({ step: 'watch', kind: kind.plural }, 'watch works again');
    this.#failures = 0;
    this.#lastError = undefined;
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, kind, log, random } = this.#options;
    const isRefused = error instanceof ApiError && (error.code === 400 || error.code === 422);
    if (this.#version === undefined && this.#isStreaming && isRefused) {
      this.#isStreaming = false;
      return;
    }
    // A broken connection goes on from its version; everything else, a receiver that threw included, starts over.
    const mayResume =
      error instanceof Error && (error.name === 'TransportError' || (error instanceof ApiError && !isGone(error)));
    if (!mayResume) this.#version = undefined;
    this.#failures += 1;
    this.#lastError = error;
    const level = this.#failures === WARN_AFTER ? 'warn' : 'debug';
    log[level](
      { step: 'watch', kind: kind.plural, failures: this.#failures, err: error },
      'watch failed; trying again',
    );
    if (isGone(error) && this.#failures === 1) return;
    const retryAfterMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    const backoffMs = Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** (this.#failures - 1));
    await sleep(clock, Math.max(retryAfterMs, jitter(random, backoffMs, 0.5)), signal);
  }
}
