// Runs a function for each key of a work queue, at most `concurrency` at a time.
//
// p-queue bounds the concurrency. A task in it is a worker's turn, not a key: it takes a key only when it starts. So
// the work queue alone decides which goes first, and whose keys have to wait although a worker is free. Nothing else of
// p-queue is used: its timeouts and intervals run on real timers.
import PQueue from 'p-queue';

import type { WorkQueue } from './work-queue.ts';

export interface WorkerPoolOptions {
  readonly concurrency: number;
  readonly queue: Pick<WorkQueue, 'take' | 'done'>;
  /** Must not reject: nobody could tell whose error that was. The key is given back after it either way. */
  readonly run: (key: string) => Promise<void>;
  /** What to await between two keys, if anything; default: nothing (giving-way.ts). */
  readonly giveWay?: () => Promise<void> | undefined;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #turns: PQueue;
  #isRunning = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#turns = new PQueue({ concurrency: options.concurrency });
  }

  /** Begins with the keys that are ready already. */
  start(): void {
    this.#isRunning = true;
    for (let turns = this.#options.concurrency; turns > 0; turns -= 1) this.keyReady();
  }

  /** Takes no more keys; what runs goes on. To wait for it, drain the queue. */
  stop(): void {
    this.#isRunning = false;
  }

  /** To be called for each key that becomes ready: a work queue's `onReady`. */
  keyReady(): void {
    // As many turns wait as could start at once: each ends only when it finds no key.
    if (this.#turns.size < this.#options.concurrency) void this.#turns.add(() => this.#takeKeys());
  }

  /** Until none is ready that may be taken now. A key that was not, because of its namespace's share, may be after a `done`. */
  async #takeKeys(): Promise<void> {
    const { queue, run, giveWay } = this.#options;
    for (;;) {
      const key = this.#isRunning ? queue.take() : undefined;
      if (key === undefined) return;
      try {
        await run(key);
      } finally {
        queue.done(key);
      }
      const pause = giveWay?.();
      if (pause !== undefined) await pause;
    }
  }
}
