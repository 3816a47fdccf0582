// Runs one reconciler: keys go in by `enqueue`, and whatever a reconcile ends with becomes one queue action, one log line
// and one report to the observer.
//
// Guarantees: at most `workers` reconciles at a time and one per key; a reconcile follows every enqueue; a reconcile that
// throws costs its key a backoff and nothing else; nothing is reconciled before `start` or after its promise has settled.
import { formatKey, parseKey, type ObjectKey } from '../kube/object.ts';
import { ApiError } from './client/api-error.ts';
import { resolvesWithin, sleep, type Clock } from './clock.ts';
import type { ControllerObserver, ReconcileEnd } from './controller-observer.ts';
import { isNotLeading } from './leader-election/fenced-transport.ts';
import type { Logger } from './log.ts';
import { DelayingQueue } from './queue/delaying-queue.ts';
import { createGivingWay } from './queue/giving-way.ts';
import type { QueueObserver } from './queue/queue-observer.ts';
import { conflictBackoff, errorBackoff, type RateLimiter } from './queue/rate-limiter.ts';
import { WorkerPool } from './queue/worker-pool.ts';
import type { AddOptions, Priority } from './queue/work-queue.ts';
import { jitter, type Random } from './random.ts';
import type { ReconcileContext, Reconciler } from './reconciler.ts';
import { NO_TRACER, type Span, type Tracer } from './tracing/tracer.ts';
import { whenAborted } from './when-aborted.ts';

export interface ControllerOptions {
  /** Names the controller in logs, metrics and errors. */
  readonly name: string;
  readonly reconciler: Reconciler;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly observer?: ControllerObserver;
  readonly queueObserver?: QueueObserver;
  /** Default: none. */
  readonly tracer?: Tracer;
  /** How many reconciles run at a time; default 4. From 4 on, one of them is kept from the namespace that has the others. */
  readonly workers?: number;
  /** How urgent the object's reconcile is, where the enqueue does not say, and after a requeue or failure. Default: `normal`. */
  readonly priorityOf?: (key: ObjectKey) => Priority;
  /** All keys there are; each resync enqueues them. Absent: no resync. */
  readonly keys?: () => Iterable<ObjectKey>;
  /** Milliseconds between resyncs, lengthened by up to a tenth; default 10 minutes. */
  readonly resyncMs?: number;
  /** Milliseconds that reconciles under way have left when the controller stops; default 20,000. Then they are aborted. */
  readonly stopGraceMs?: number;
  /** Milliseconds after which a reconcile under way is warned about, once; default 60,000. */
  readonly slowAfterMs?: number;
}

/** How long an aborted reconcile may take to notice. With the grace period it stays within a pod's 30 seconds. */
const ABORT_GRACE_MS = 5_000;
const MAX_RETRY_AFTER_MS = 60_000;

export interface EnqueueOptions extends AddOptions {
  /** Milliseconds that it waits for more of the same; default 0. */
  readonly settleMs?: number;
  /** The same while other objects wait for a worker, where that is longer; default 0. */
  readonly busySettleMs?: number;
}

export class Controller {
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #log: Logger;
  readonly #queue: DelayingQueue;
  readonly #pool: WorkerPool;
  readonly #errors: RateLimiter;
  readonly #conflicts: RateLimiter;
  /** What the last try of a key has ended with, while its attempts go on. */
  readonly #failures = new Map<string, Error>();
  #isRunning = false;
  /** Tells the reconciles of this process from those of the one before. */
  readonly #instance: string;
  #runs = 0;
  /** When a reconcile started or ended last, on the monotonic clock. */
  #lastMoveAt = 0;
  /** Ends the reconciles that outlast the grace period. */
  readonly #abort = new AbortController();

  constructor(options: ControllerOptions) {
    const { name, clock, random, log, queueObserver, workers = 4 } = options;
    this.name = name;
    this.#options = options;
    this.#log = log.child({ controller: name });
    this.#queue = new DelayingQueue(clock, {
      onReady: () => this.#pool.keyReady(),
      observer: queueObserver,
      perNamespace: workers < 4 ? workers : workers - 1,
    });
    this.#pool = new WorkerPool({
      concurrency: workers,
      queue: this.#queue,
      run: (key) => this.#run(key),
      giveWay: createGivingWay(clock),
    });
    this.#instance = Math.floor(random() * 36 ** 4)
      .toString(36)
      .padStart(4, '0');
    this.#errors = errorBackoff(random);
    this.#conflicts = conflictBackoff(random);
  }

  /** Whether objects wait for a worker. */
  get isBusy(): boolean {
    return this.#queue.length > 0;
  }

  /** For how long keys have waited while no reconcile has started or ended, in milliseconds; 0 where none wait. */
  get stuckForMs(): number {
    if (!this.#isRunning || this.#queue.length === 0) return 0;
    return this.#options.clock.monotonic() - this.#lastMoveAt;
  }

  /** How many keys each part of it holds; one that is gone is in none of them for long. */
  get memory(): Readonly<Record<'queue' | 'delayed' | 'failures', number>> {
    const { length, delayedLength, inFlight } = this.#queue;
    return {
      queue: length + inFlight.length,
      delayed: delayedLength,
      failures: this.#errors.size + this.#conflicts.size,
    };
  }

  /** Asks for a reconcile of the object. Allowed before `start`; ignored once stopping. `why` is for the debug log. */
  enqueue(key: ObjectKey, why: string, options: EnqueueOptions = {}): void {
    const { priority = this.#priorityOf(key), isUnderWay = false, settleMs = 0, busySettleMs = 0 } = options;
    const text = formatKey(key);
    this.#log.debug({ step: 'enqueue', key: text, why, priority }, 'enqueued');
    const delayMs = this.isBusy ? Math.max(settleMs, busySettleMs) : settleMs;
    this.#queue.addAfter(text, delayMs, { priority, isUnderWay, isRetry: false });
  }

  /**
   * Reconciles until the signal aborts; then takes no more keys and resolves when the reconciles under way have ended.
   *
   * @throws Error if one of them goes on although it was aborted.
   */
  async start(signal: AbortSignal): Promise<void> {
    this.#isRunning = true;
    this.#lastMoveAt = this.#options.clock.monotonic();
    this.#pool.start();
    await Promise.all([whenAborted(signal), this.#resync(signal)]);
    await this.#stop();
  }

  async #resync(signal: AbortSignal): Promise<void> {
    const { clock, random, keys, resyncMs = 600_000 } = this.#options;
    if (keys === undefined) return;
    while (!signal.aborted) {
      await sleep(clock, jitter(random, resyncMs, 0.1), signal);
      if (signal.aborted) return;
      try {
        for (const key of keys()) this.enqueue(key, 'resync');
      } catch (error) {
        this.#log.error({ step: 'resync', err: error }, 'resync failed');
      }
    }
  }

  async #stop(): Promise<void> {
    const { clock, stopGraceMs = 20_000 } = this.#options;
    this.#pool.stop();
    this.#isRunning = false;
    const drained = this.#queue.shutDownWithDrain();
    if (await resolvesWithin(clock, stopGraceMs, drained)) return;
    this.#log.warn({ step: 'stop', keys: this.#queue.inFlight }, 'aborting the reconciles that are still under way');
    this.#abort.abort(new Error(`stop: controller ${this.name}: the grace period is over`));
    if (await resolvesWithin(clock, ABORT_GRACE_MS, drained)) return;
    throw new Error(`stop: controller ${this.name}: still reconciling ${this.#queue.inFlight.join(', ')}`);
  }

  /** One key's turn, from the worker pool. Never rejects. */
  async #run(key: string): Promise<void> {
    const { clock, observer, tracer = NO_TRACER } = this.#options;
    this.#runs += 1;
    const reconcile = `${this.#instance}-${this.#runs}`;
    const startedAt = clock.monotonic();
    this.#lastMoveAt = startedAt;
    await tracer.trace('reconcile', { controller: this.name, key, reconcile }, async (span) => {
      const result = await this.#runIn(span, key, reconcile);
      this.#lastMoveAt = clock.monotonic();
      span.annotate({ result: result.type });
      if (result.type === 'error') span.fail(result.error);
      const durationMs = this.#lastMoveAt - startedAt;
      observer?.onReconcile({ controller: this.name, request: parseKey(key), result, durationMs });
    });
  }

  async #runIn(span: Span, key: string, reconcile: string): Promise<ReconcileEnd> {
    const { clock, slowAfterMs = 60_000 } = this.#options;
    const attempt = 1 + this.#errors.attempts(key) + this.#conflicts.attempts(key);
    const waiting = this.#queue.length;
    // What was to be looked at later is looked at now; of what is gone the queue would keep the key, perhaps for days.
    this.#queue.cancel(key);
    const startedAt = clock.monotonic();
    let log = this.#log.child({ key, reconcile });
    const annotate: ReconcileContext['annotate'] = (fields) => {
      const known = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined);
      if (known.length === 0) return log;
      span.annotate(Object.fromEntries(known));
      log = log.child(Object.fromEntries(known));
      return log;
    };
    const slow = clock.after(slowAfterMs, () => log.warn({ step: 'reconcile', slowAfterMs }, 'still reconciling'));
    const result = await this.#reconcile(key, {
      ...{ signal: this.#abort.signal, log, annotate, attempt, waiting },
      failure: this.#failures.get(key),
    });
    slow.cancel();
    const durationMs = Math.round(clock.monotonic() - startedAt);
    this.#settle(key, result, log.child({ step: 'reconcile', attempt, durationMs }));
    return result;
  }

  async #reconcile(key: string, context: ReconcileContext): Promise<ReconcileEnd> {
    try {
      const result = await this.#options.reconciler.reconcile(parseKey(key), context);
      if (result.type === 'requeue' && Number.isNaN(result.afterMs)) {
        throw new RangeError(`reconcile: requeue for ${result.reason} after NaN ms`);
      }
      return result;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(`reconcile: threw ${String(thrown)}`);
      // Not a failure either: whoever leads now does the work. If that is us again, on fresh state.
      if (isNotLeading(error)) return { type: 'conflict', error };
      return { type: context.signal.aborted ? 'aborted' : 'error', error };
    }
  }

  /** What each end means for the key. As controller-runtime v0.25 Controller.reconcileHandler. */
  #settle(key: string, result: ReconcileEnd, log: Logger): void {
    if (result.type === 'conflict' || result.type === 'error') this.#failures.set(key, result.error);
    switch (result.type) {
      case 'done':
        this.#forget(key);
        return log.debug({}, 'reconciled');
      case 'requeue':
        if (!result.isUndecided) this.#forget(key);
        this.#addAfter(key, result.afterMs);
        return log.debug({ reason: result.reason, requeueAfterMs: result.afterMs }, 'reconciled; will look again');
      case 'conflict': {
        const requeueAfterMs = this.#conflicts.when(key);
        this.#addAfter(key, requeueAfterMs);
        return log.debug({ err: result.error, requeueAfterMs }, 'conflict; will reconcile on fresh state');
      }
      case 'error': {
        const requeueAfterMs = Math.max(this.#errors.when(key), askedDelayMs(result.error));
        this.#addAfter(key, requeueAfterMs);
        return log.error({ err: result.error, requeueAfterMs }, 'reconcile failed');
      }
      case 'aborted':
        return log.info({ err: result.error }, 'reconcile aborted');
    }
  }

  #addAfter(key: string, delayMs: number): void {
    this.#queue.addAfter(key, delayMs, { priority: this.#priorityOf(parseKey(key)) });
  }

  #priorityOf(key: ObjectKey): Priority {
    return this.#options.priorityOf?.(key) ?? 'normal';
  }

  #forget(key: string): void {
    this.#failures.delete(key);
    this.#errors.forget(key);
    this.#conflicts.forget(key);
  }
}

/** How long the server asks to be left alone, within reason: a 429 is answered with a second. */
function askedDelayMs(error: unknown): number {
  return error instanceof ApiError ? Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : 0;
}
