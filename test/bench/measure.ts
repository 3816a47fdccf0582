// Runs one benchmark and notes its shortest run. That stands still where the mean, and on a busy machine the median
// too, jump with every other program.
import { appendFileSync } from 'node:fs';

import type { TestContext } from 'vitest';

/** One line of JSON for each benchmark is added to the file that this variable names. */
export const RESULTS_VARIABLE = 'NODEFLEET_BENCH_RESULTS';

/** Milliseconds that each is run for, after as many to warm up. */
const TIME_MS = 500;

/** `run` is to use what it computes: it is returned, for an engine leaves out what nobody reads. */
export async function measure({ bench }: TestContext, name: string, run: () => unknown): Promise<void> {
  let last: unknown;
  const { latency } = await bench(name, () => void (last = run())).run({ time: TIME_MS, warmupTime: TIME_MS });
  if (last === undefined) throw new Error(`bench: ${name} computes nothing`);
  const file = process.env[RESULTS_VARIABLE];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, leastUs: latency.min * 1_000 })}\n`);
}
