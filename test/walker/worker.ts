// One shard of a walk, in a thread of its own.
import { parentPort, workerData } from 'node:worker_threads';

import { walk, type WalkOptions } from './walk.ts';

// Thousands of errors are made and answered; nobody reads where.
Error.stackTraceLimit = 0;

const options: WalkOptions = workerData;
const tell = (message: unknown): void => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
  parentPort?.postMessage(message);
};

tell({ report: await walk({ ...options, onProgress: ({ operations }) => tell({ operations }) }) });
