// Runs the seeds that it is given, one after the other, in a thread of its own.
import { parentPort } from 'node:worker_threads';

import { swarm } from './choices.ts';
import { RATES } from './rates.ts';
import { type RunResult, simulate } from './run.ts';

export interface Report {
  readonly seed: number;
  readonly result: RunResult | undefined;
  /** What a run threw: a defect of the simulation, or of the operator. */
  readonly error: string | undefined;
}

// Thousands of errors are made and answered; nobody reads where.
Error.stackTraceLimit = 0;

parentPort?.on('message', (seed: number) => {
  simulate({ seed, source: swarm(seed, RATES) }).then(
    (result) => tell({ seed, result, error: undefined }),
    (error: unknown) => tell({ seed, result: undefined, error: textOf(error) }),
  );
});

function tell(report: Report): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
  parentPort?.postMessage(report);
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
