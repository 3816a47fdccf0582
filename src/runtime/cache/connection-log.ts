// Tells of a connection that keeps failing: one warning, then silence until it is back. Single failures are normal; a
// refusal of the right to read is told of at once, and once.
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';

/** A watch that fails for less long is not worth a line: API servers restart, load balancers cut connections. */
const WARN_AFTER_MS = 10_000;
/** A broken watch fails again within this time: after the longest backoff and a request's whole timeout. */
const QUIET_MS = 90_000;

export class ConnectionLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  #failingSince: number | undefined;
  #failedAt = 0;
  #hasWarned = false;
  #isRefused = false;
  #lastError: unknown;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Why it is failing now; undefined when it is not. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /**
   * Milliseconds from its first failure to its last; 0 when it works, or is refused. A watch that was opened anew is quiet
   * until its first bookmark: it counts as working when it has not failed for 90 s.
   */
  get failingForMs(): number {
    if (this.#failingSince === undefined || this.#isRefused) return 0;
    return this.#clock.monotonic() - this.#failedAt > QUIET_MS ? 0 : this.#failedAt - this.#failingSince;
  }

  failed(error: unknown): void {
    this.#lastError = error;
    this.#failedAt = this.#clock.monotonic();
    this.#failingSince ??= this.#failedAt;
    this.#log.debug({ step: 'watch', err: error }, 'the watch failed');
    if (this.#hasWarned || this.#failingForMs() < WARN_AFTER_MS) return;
    this.#hasWarned = true;
    this.#log.warn({ step: 'watch', err: error, failingForMs: this.#failingForMs() }, 'the watch keeps failing');
  }

  /** The server does not let the objects be read, and the program goes on without them. */
  refused(error: unknown): void {
    this.#lastError = error;
    this.#failingSince ??= this.#clock.monotonic();
    if (!this.#isRefused) this.#log.warn({ step: 'watch', err: error }, 'no right to read; going on without');
    this.#isRefused = true;
    this.#hasWarned = true;
  }

  works(): void {
    const message = this.#isRefused ? 'the right to read is there' : 'the watch is back';
    if (this.#hasWarned) this.#log.info({ step: 'watch', failedForMs: this.#failingForMs() }, message);
    this.#hasWarned = false;
    this.#isRefused = false;
    this.#failingSince = undefined;
    this.#lastError = undefined;
  }

  #failingForMs(): number {
    return Math.round(this.#clock.monotonic() - (this.#failingSince ?? this.#clock.monotonic()));
  }
}
