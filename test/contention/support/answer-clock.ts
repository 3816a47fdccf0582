// Time that passes as answers come, so that writers wait for each other, as they would, and not for the machine: how
// often each has to try does not depend on how slow its server is today.

interface Sleeper {
  readonly dueAtMs: number;
  readonly wake: () => void;
}

/** Each of `writers` either waits for an answer of the server, or sleeps, or is done. */
export class AnswerClock {
  readonly #tryMs: number;
  #working: number;
  #nowMs = 0;
  #sleepers: readonly Sleeper[] = [];

  /** @param tryMs how long a read and its write take */
  constructor(writers: number, tryMs: number) {
    this.#working = writers;
    this.#tryMs = tryMs;
  }

  /** A write was answered. Those that are under way at once share the time. */
  answered(): void {
    this.#pass(this.#tryMs / this.#working);
  }

  /** Resolves when others have had answers for this long, or all of them sleep, and longer. */
  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers = [...this.#sleepers, { dueAtMs: this.#nowMs + ms, wake }];
      this.#leave();
    });
  }

  done(): void {
    this.#leave();
  }

  #leave(): void {
    this.#working -= 1;
    this.#pass(0);
  }

  #pass(ms: number): void {
    this.#nowMs += ms;
    // Nobody is left whose answer could come: the next one wakes.
    if (this.#working === 0 && this.#sleepers.length > 0)
      this.#nowMs = Math.max(this.#nowMs, Math.min(...this.#sleepers.map((one) => one.dueAtMs)));
    const isDue = ({ dueAtMs }: Sleeper): boolean => dueAtMs <= this.#nowMs;
    const due = this.#sleepers.filter(isDue);
    this.#sleepers = this.#sleepers.filter((one) => !isDue(one));
    this.#working += due.length;
    for (const { wake } of due) wake();
  }
}
