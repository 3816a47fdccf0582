// I17: conflicts and failures are bounded, and nobody looks again at once for ever. Asked of how reconciles end.
import type { ReconcileEnd } from '../../../src/runtime/controller-observer.ts';
import { judged, type Verdict } from './rule.ts';

const WINDOW_MS = 10_000;
/** With backoff it is a dozen errors, and some twenty conflicts; events add to that. A loop comes to thousands. */
const FAILURES_IN_WINDOW = 60;
/** Less than this is at once. */
const AT_ONCE_MS = 5;
/** Twice is the race of a cache with its own writer; more is a loop. */
const LOOKS_AT_ONCE = 2;

/** One process's reconciles of one key. */
export class Pace {
  #failedAt: readonly number[] = [];
  #looksAtOnce = 0;

  /** To be told how each reconcile ended, in order. */
  judge({ type, ...end }: ReconcileEnd, atMs: number): Verdict {
    const isAtOnce = 'afterMs' in end && end.afterMs < AT_ONCE_MS;
    this.#looksAtOnce = isAtOnce ? this.#looksAtOnce + 1 : 0;
    if (this.#looksAtOnce > LOOKS_AT_ONCE) return { broken: `${this.#looksAtOnce} looks again at once, in a row` };
    const hasFailed = type === 'conflict' || type === 'error';
    if (!hasFailed) {
      this.#failedAt = [];
      return isAtOnce ? 'kept' : undefined;
    }
    this.#failedAt = [...this.#failedAt.filter((at) => at > atMs - WINDOW_MS), atMs];
    const failures = this.#failedAt.length;
    const text = `${failures} reconciles in a row came to nothing within ${WINDOW_MS / 1000} s`;
    return judged(failures > FAILURES_IN_WINDOW && text);
  }
}
