// The event recorder: takes occurrences at once, writes them when it can.
//
// Guarantees: `record` does no I/O, never waits and never throws; memory is bounded; while there is other work one
// request at a time, and then none for four times as long as that took, so that telling of a rollout never competes
// with it; what is told of one object is written in its order; repeats of a cause are one Event (aggregation.ts); one
// object cannot flood the API server (25 Events, then one per 5 minutes, as the spam filter of client-go v0.36
// tools/record). When told to stop it writes what is left, within a deadline. Not guaranteed: that an Event is stored.
// What the API server refuses (403: also for a namespace that is going away), what fails too often and what does not
// fit is dropped, counted, and said at level debug.
import type { ObjectKey } from '../../kube/object.ts';
import { ApiError, TransportError, isAlreadyExists, isNotFound, isTooManyRequests } from '../client/api-error.ts';
import type { EventWriter } from '../client/interfaces.ts';
import { type Clock, sleep } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Runnable } from '../manager.ts';
import { RateLimiter } from '../queue/rate-limiter.ts';
import type { Random } from '../random.ts';
import { Aggregation, type Entry, WINDOW_MS } from './aggregation.ts';
import { type Occurrence, type Reporter, namespaceOf, seriesOf, subjectOf, toEvent } from './occurrence.ts';
import { TokenBuckets } from './token-buckets.ts';

/** Tells people what happened to an object. Fire and forget: it never throws and never waits. */
export interface EventRecorder {
  record(occurrence: Occurrence): void;
}

export interface EventQueueOptions {
  readonly writer: EventWriter;
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Events that wait to be written; default 5000. */
  readonly maxQueued?: number;
  /** Milliseconds that it may go on writing after it was told to stop; default 3000. */
  readonly flushMs?: number;
  /** Whether there is work that words have to yield to; default: there always is. */
  readonly isBusy?: () => boolean;
}

/** Requests at a time while there is nothing else to do. */
const MAX_AT_ONCE = 8;
/** Of how many that wait it looks for those: one object has 25 at first. */
const LOOK_AHEAD = 100;
/** Tries of one write; client-go's number. */
const MAX_TRIES = 12;
/** How long it rests after a write while there is other work: so many times as long as that took, in milliseconds at most `MAX_REST_MS`. */
const REST_FACTOR = 4;
const MAX_REST_MS = 500;
const BURST = 25;
const REFILL_MS = 300_000;
const MAX_SUBJECTS = 4096;

export class EventQueue implements EventRecorder, Runnable {
  readonly name = 'events';
  readonly #options: EventQueueOptions;
  readonly #aggregation: Aggregation;
  readonly #buckets: TokenBuckets;
  readonly #backoff: RateLimiter;
  /** What the API server is to be told, oldest first. An entry is told as it is when its turn comes. */
  readonly #queue = new Set<Entry>();
  #wake = Promise.withResolvers<void>();
  #dropped = 0;

  constructor(options: EventQueueOptions) {
    const { clock, random } = options;
    this.#options = options;
    this.#aggregation = new Aggregation({ clock, random });
    this.#buckets = new TokenBuckets({ burst: BURST, refillMs: REFILL_MS, maxKeys: MAX_SUBJECTS, clock });
    this.#backoff = new RateLimiter({ firstMs: 500, maxMs: 30_000, spread: 0.5, random });
  }

  /** Events that were never written, and never will be. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many entries each part of it holds; all but the oldest thousands are let go once they are of no use. */
  get memory(): Readonly<Record<'events-waiting' | 'event-causes' | 'event-subjects' | 'event-failures', number>> {
    return {
      'events-waiting': this.#queue.size,
      'event-causes': this.#aggregation.size,
      'event-subjects': this.#buckets.size,
      'event-failures': this.#backoff.size,
    };
  }

  record(occurrence: Occurrence): void {
    const entry = this.#aggregation.add(occurrence);
    // The third and later ones are only counted; the sweep tells how many there were.
    if (entry.count <= 2 || entry.writtenCount === 0) this.#enqueue(entry);
  }

  /** Writes until the signal aborts, then what is left. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, flushMs = 3000 } = this.#options;
    const deadline = new AbortController();
    const stop = (): void => {
      this.#sweep();
      void sleep(clock, flushMs, deadline.signal).then(() => deadline.abort());
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const sweeping = this.#sweepUntil(signal);
    await this.#write(signal, deadline.signal);
    deadline.abort();
    await sweeping;
  }

  #enqueue(entry: Entry): void {
    if (this.#queue.has(entry)) return;
    if (this.#queue.size >= (this.#options.maxQueued ?? 5000)) return this.#drop(entry, 'the queue is full');
    if (entry.writtenCount === 0 && !this.#buckets.take(subjectOf(entry.occurrence))) {
      return this.#drop(entry, 'too many events of one object');
    }
    this.#queue.add(entry);
    this.#wake.resolve();
  }

  #sweep(): void {
    this.#buckets.sweep();
    for (const entry of this.#aggregation.sweep()) this.#enqueue(entry);
  }

  async #sweepUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.clock, WINDOW_MS, signal);
      if (!signal.aborted) this.#sweep();
    }
  }

  /** Ends when it is told to stop and nothing is left, or there is no more time for it. */
  async #write(stopping: AbortSignal, deadline: AbortSignal): Promise<void> {
    const { isBusy = () => true } = this.#options;
    const wake = (): void => this.#wake.resolve();
    stopping.addEventListener('abort', wake, { once: true });
    while (!stopping.aborted || this.#queue.size > 0) {
      const first = this.#first(isBusy() && !stopping.aborted ? 1 : MAX_AT_ONCE);
      if (first.length === 0) {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
      } else if (deadline.aborted) {
        for (const entry of first) {
          this.#queue.delete(entry);
          this.#drop(entry, 'no time left before the end');
        }
      } else await Promise.all(first.map((entry) => this.#writeOne(entry, stopping, deadline)));
    }
    stopping.removeEventListener('abort', wake);
  }

  /** At most so many, each of another object. */
  #first(most: number): readonly Entry[] {
    const byObject = new Map<string, Entry>();
    for (const entry of this.#queue.values().take(LOOK_AHEAD)) {
      const object = nameOf(entry.occurrence);
      if (!byObject.has(object)) byObject.set(object, entry);
      if (byObject.size === most) break;
    }
    return [...byObject.values()];
  }

  /** A failure that may pass keeps the entry among the first, behind a pause: the next one would fail too. */
  async #writeOne(entry: Entry, stopping: AbortSignal, deadline: AbortSignal): Promise<void> {
    const { clock, isBusy = () => true } = this.#options;
    const sinceMs = clock.monotonic();
    try {
      await this.#tell(entry, deadline);
      this.#backoff.forget(entry.name);
      // Told again while the first was on its way: the series is still to be made.
      const lacksSeries = entry.writtenCount === 1 && entry.count > 1;
      if (!lacksSeries) this.#queue.delete(entry);
      const restMs = Math.min(MAX_REST_MS, REST_FACTOR * (clock.monotonic() - sinceMs));
      if (restMs > 0 && isBusy()) await sleep(clock, restMs, stopping);
    } catch (error) {
      const delayMs = this.#backoff.when(entry.name);
      if (mayPass(error) && !stopping.aborted && this.#backoff.attempts(entry.name) < MAX_TRIES) {
        const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
        return sleep(clock, Math.max(delayMs, askedMs), stopping);
      }
      this.#backoff.forget(entry.name);
      this.#queue.delete(entry);
      this.#drop(entry, 'it could not be written', error);
    }
  }

  /** Makes the API server know the entry as it is now. */
  async #tell(entry: Entry, signal: AbortSignal): Promise<void> {
    const { writer } = this.#options;
    const { occurrence, name, count, lastAtUs } = entry;
    const key: ObjectKey = { namespace: namespaceOf(occurrence.regarding), name };
    if (entry.writtenCount > 0) {
      try {
        await writer.patchEventSeries(key, seriesOf({ count, lastAtUs }), signal);
        entry.writtenCount = count;
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error; // it has expired: it is made anew
      }
    }
    try {
      await writer.createEvent(toEvent(occurrence, this.#options.reporter, { ...entry }), signal);
      entry.writtenCount = count;
    } catch (error) {
      // An earlier try whose answer was lost: nobody else uses the name.
      if (!isAlreadyExists(error)) throw error;
      entry.writtenCount = 1;
    }
  }

  #drop({ occurrence, count, writtenCount }: Entry, why: string, err?: unknown): void {
    this.#dropped += 1;
    const { reason } = occurrence;
    const fields = { step: 'events', reason, object: nameOf(occurrence), count, writtenCount, dropped: this.#dropped };
    this.#options.log.debug({ ...fields, ...(err !== undefined && { err }) }, `an event is dropped: ${why}`);
  }
}

/** The object that it is about: `NodeDeployment default/web`. */
function nameOf({ regarding: { kind, namespace = '', name } }: Occurrence): string {
  return `${kind} ${namespace}/${name}`;
}

/** Whether the same write may succeed later. Everything else is the API server's last word. */
function mayPass(error: unknown): boolean {
  if (error instanceof TransportError) return true;
  return isTooManyRequests(error) || (error instanceof ApiError && error.code >= 500);
}
