// Runs a function for each key of a work queue, at most `concurrency` at a time.
//
// p-queue bounds the concurrency. Each ready key puts one task in it, and the task takes a key only when it starts: so at
// most `concurrency` keys are handed out, and the work queue alone decides which goes first. Nothing else of p-queue is
// used: its timeouts and intervals run on real timers.
import PQueue from 'p-queue';

import type { WorkQueue } from './work-queue.ts';

export interface WorkerPoolOptions {
  readonly concurrency: number;
  readonly queue: Pick<WorkQueue, 'take' | 'done' | 'length'>;
  /** Must not reject: nobody could tell whose error that was. The key is given back after it either way. */
  readonly run: (key: string) => Promise<void>;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #tasks: PQueue;
  #isRunning = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#tasks = new PQueue({ concurrency: options.concurrency });
  }

  /** Begins with the keys that are ready already. */
  start(): void {
    this.#isRunning = true;
    for (let ready = this.#options.queue.length; ready > 0; ready -= 1) this.keyReady();
  }

  /** Takes no more keys; what runs goes on. To wait for it, drain the queue. */
  stop(): void {
    this.#isRunning = false;
  }

  /** To be called for each key that becomes ready: a work queue's `onReady`. */
  keyReady(): void {
    void this.#tasks.add(() => this.#runNext());
  }

  async #runNext(): Promise<void> {
    const { queue, run } = this.#options;
    const key = this.#isRunning ? queue.take() : undefined;
    if (key === undefined) return;
    try {
      await run(key);
    } finally {
      queue.done(key);
    }
  }
}
