// Runs a function for each key of a work queue, at most `concurrency` at a time.
//
// A key is taken only when a worker is free for it: so the work queue alone decides which goes first, and whose keys have to
// wait although a worker is free.
import type { WorkQueue } from './work-queue.ts';

export interface WorkerPoolOptions {
  readonly concurrency: number;
  readonly queue: Pick<WorkQueue, 'take' | 'done'>;
  /** Must not reject: nobody could tell whose error that was. The key is given back after it either way. */
  readonly run: (key: string) => Promise<void>;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  #busy = 0;
  #isRunning = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Begins with the keys that are ready already. */
  start(): void {
    this.#isRunning = true;
    this.keyReady();
  }

  /** Takes no more keys; what runs goes on. To wait for it, drain the queue. */
  stop(): void {
    this.#isRunning = false;
  }

  /** To be called for each key that becomes ready: a work queue's `onReady`. */
  keyReady(): void {
    const { concurrency, queue } = this.#options;
    while (this.#isRunning && this.#busy < concurrency) {
      const key = queue.take();
      if (key === undefined) return;
      this.#busy += 1;
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    const { queue, run } = this.#options;
    try {
      await run(key);
    } finally {
      this.#busy -= 1;
      queue.done(key);
      this.keyReady();
    }
  }
}
