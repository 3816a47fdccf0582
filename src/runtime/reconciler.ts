// The contract between a controller and the code that it runs: one Request in, one Result out.
//
// A Request names an object; it never says what changed. A Reconciler reads what is there, does what is missing, and
// says when it wants to look again. So any Request may come late, twice or for an object that is gone.
import type { ObjectKey } from '../kube/object.ts';
import type { Logger } from './log.ts';

/** Names the object to reconcile. */
export type Request = ObjectKey;

/**
 * How a reconcile ended. The controller turns it into exactly one queue action, log line and metric:
 *
 * | result     | the key is handed out again                            | log level |
 * |------------|--------------------------------------------------------|-----------|
 * | `done`     | when something enqueues it                             | debug     |
 * | `requeue`  | after `afterMs`, or sooner when something enqueues it  | debug     |
 * | `conflict` | after the short conflict backoff                       | debug     |
 * | (a throw)  | after the exponential error backoff                    | error     |
 */
export type Result = Done | Requeue | Conflict;

/** Nothing is left to do until something changes. Ends the key's backoff. */
export interface Done {
  readonly type: 'done';
}

/** Nothing failed, but time has to pass. Ends the key's backoff, unless it is undecided. */
export interface Requeue {
  readonly type: 'requeue';
  /** Milliseconds from the end of this reconcile; 0 means at once, behind the keys that wait already. */
  readonly afterMs: number;
  /** CamelCase, for logs: what is waited for. */
  readonly reason: string;
  /** It did not get to look: the key's backoff does not end, and its attempts go on. */
  readonly isUndecided?: true;
}

/** Somebody wrote first. Not a failure: all that was computed is dropped and the key is reconciled on fresh state. */
export interface Conflict {
  readonly type: 'conflict';
  readonly error: Error;
}

export const DONE: Done = { type: 'done' };

export function requeueAfter(afterMs: number, reason: string): Requeue {
  return { type: 'requeue', afterMs, reason };
}

export interface ReconcileContext {
  /** Aborts when the reconcile has to end: pass it to every request. */
  readonly signal: AbortSignal;
  /** Carries the controller's name, the key and the reconcile's own id. */
  readonly log: Logger;
  /**
   * Adds what is found out about this reconcile, such as the plan that it follows, to its later log lines, the last one
   * included, and to its trace. Returns the logger of these lines; fields that are undefined are left out.
   */
  annotate(fields: Readonly<Record<string, string | undefined>>): Logger;
  /** 1 for a first try; one more for each throw or conflict of this key since its last `done` or decided `requeue`. */
  readonly attempt: number;
  /** What the last of these has ended with; undefined for a first try. */
  readonly failure?: Error | undefined;
  /** Keys that waited for a worker when this one got its turn: where there are any, what can be put off is. */
  readonly waiting: number;
}

/**
 * Guarantees given to it: never two reconciles of one key at a time (in this process), and one that follows every
 * enqueue. Not guaranteed: which of several enqueues it follows, order between keys, or that nobody else writes.
 *
 * Errors: whatever it throws is logged and the key tried again, for ever.
 */
export interface Reconciler {
  reconcile(request: Request, context: ReconcileContext): Promise<Result>;
}
