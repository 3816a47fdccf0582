// Explores the courses that it is given, one after the other, in a thread of its own, and tells now and then how far it
// is.
import { parentPort } from 'node:worker_threads';

import type { Breach } from '../invariants/invariants.ts';
import { exploreCourse } from './double-reconcile.ts';
import type { Explored, Progress } from './explore.ts';
import { courseOf } from './moments.ts';

export type Message =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'explored'; readonly explored: Explored<Breach>; readonly ms: number }
  | { readonly type: 'error'; readonly error: string };

const PROGRESS_EVERY_MS = 10_000;

Error.stackTraceLimit = 0;

parentPort?.on('message', (name: string) => {
  run(name).then(tell, (error: unknown) => tell({ type: 'error', error: String(error) }));
});

async function run(name: string): Promise<Message> {
  const startedAt = performance.now();
  let toldAt = startedAt;
  const explored = await exploreCourse(courseOf(name), (progress) => {
    if (performance.now() - toldAt >= PROGRESS_EVERY_MS) {
      toldAt = performance.now();
      tell({ type: 'progress', progress });
    }
    return false;
  });
  return { type: 'explored', explored, ms: Math.round(performance.now() - startedAt) };
}

function tell(message: Message): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
  parentPort?.postMessage(message);
}
