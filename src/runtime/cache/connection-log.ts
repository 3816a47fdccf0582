// Tells of a connection that keeps failing: one warning, then silence until it is back. Single failures are normal; a
// refusal of the right to read is told of at once, and once.
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';

/** A watch that fails for less long is not worth a line: API servers restart, load balancers cut connections. */
const WARN_AFTER_MS = 10_000;

export class ConnectionLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  #failingSince: number | undefined;
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

  failed(error: unknown): void {
    this.#lastError = error;
    this.#failingSince ??= this.#clock.monotonic();
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
