// Jobs shared out to threads, one at a time to each. A thread that ends is an error of its job, and another takes its
// place.
import { Worker } from 'node:worker_threads';

/** Twice what the three longest courses of the exhaustive mode need one after the other: who keeps more, holds on to what is over. */
const HEAP_MIB = 512;

export interface Sharing<Job, Message> {
  /** What a thread runs: it is sent one job after the other. */
  readonly program: URL;
  readonly workers: number;
  readonly jobs: Iterator<Job>;
  /** Told of what a thread says of its job. Returns whether that was the last of it. */
  readonly onMessage: (job: Job, message: Message) => boolean;
  readonly onCrash: (job: Job, why: string) => void;
}

/** Resolves when every job is done. */
export async function shareOut<Job, Message>(sharing: Sharing<Job, Message>): Promise<void> {
  const { workers, jobs, onCrash } = sharing;
  const work = async (): Promise<void> => {
    for (let next = jobs.next(); next.done !== true; next = jobs.next()) {
      const crash = await runThread(sharing, next.value);
      if (crash !== undefined) onCrash(crash.job, crash.why);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

interface Crash<Job> {
  readonly job: Job;
  readonly why: string;
}

/** Gives one thread job after job. Resolves when there are no more, or when it ends. */
function runThread<Job, Message>(
  { program, jobs, onMessage }: Sharing<Job, Message>,
  first: Job,
): Promise<Crash<Job> | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(program, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } });
    let job = first;
    const give = (): void => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
      worker.postMessage(job);
    };
    worker.on('error', (error) => resolve({ job, why: `the thread has crashed: ${String(error)}` }));
    worker.on('exit', (code) => resolve({ job, why: `the thread has ended with exit code ${code}` }));
    worker.on('message', (message: Message) => {
      if (!onMessage(job, message)) return;
      const next = jobs.next();
      if (next.done === true) {
        resolve(undefined);
        return void worker.terminate();
      }
      job = next.value;
      give();
    });
    give();
  });
}
