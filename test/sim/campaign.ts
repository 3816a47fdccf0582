// Many runs on all cores, and what they came to.
import { Worker } from 'node:worker_threads';

import { failureOf, type Failure } from './shrink.ts';
import type { Report } from './worker.ts';

export interface CampaignOptions {
  readonly firstSeed: number;
  readonly runs: number;
  readonly workers: number;
  readonly onProgress: (tally: Tally) => void;
}

/** What was seen so far. */
export interface Tally {
  runs: number;
  reconciles: number;
  commits: number;
  conflicts: number;
  kills: number;
  virtualSeconds: number;
  /** How often each fault and edit was chosen; 0 for one that was only offered. */
  readonly fired: Map<string, number>;
  /** How often each invariant was asked. */
  readonly checked: Map<string, number>;
  readonly failures: Failure[];
  readonly errors: string[];
}

export function newTally(): Tally {
  return {
    runs: 0,
    reconciles: 0,
    commits: 0,
    conflicts: 0,
    kills: 0,
    virtualSeconds: 0,
    fired: new Map(),
    checked: new Map(),
    failures: [],
    errors: [],
  };
}

/** Resolves when every seed has had its run. */
export async function campaign({ firstSeed, runs, workers, onProgress }: CampaignOptions): Promise<Tally> {
  const tally = newTally();
  let next = firstSeed;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url));
      const give = (): void => {
        if (next >= firstSeed + runs) return void worker.terminate().then(() => resolve(), reject);
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
        worker.postMessage(next);
        next += 1;
      };
      worker.on('error', reject);
      worker.on('message', (report: Report) => {
        count(tally, report);
        onProgress(tally);
        give();
      });
      give();
    });
  await Promise.all(Array.from({ length: Math.min(workers, runs) }, work));
  return tally;
}

function count(tally: Tally, { seed, result, error }: Report): void {
  tally.runs += 1;
  if (error !== undefined) tally.errors.push(`seed ${seed}: ${error}`);
  if (result === undefined) return;
  const { counts } = result;
  tally.reconciles += counts.reconciles;
  tally.commits += counts.commits;
  tally.conflicts += counts.conflicts;
  tally.kills += counts.kills;
  tally.virtualSeconds += counts.seconds;
  addAll(tally.fired, result.fired);
  addAll(tally.checked, result.checked);
  const failure = failureOf(seed, result);
  if (failure !== undefined) tally.failures.push(failure);
}

function addAll(sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, count] of more) sums.set(name, (sums.get(name) ?? 0) + count);
}
