// A thread that crashes is told as such, keeps no other seed from its run, and no silence takes it for a run that broke
// nothing.
import { expect, test } from 'vitest';

import { campaign, newTally, verdictOf } from './campaign.ts';

/** Answers every seed but the second with an empty report. */
const program = (end: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', (seed) => {
        if (seed === 2) { ${end} }
        else parentPort.postMessage({ seed, result: undefined, error: undefined });
      });`)}`,
  );

test.for([
  ['throws', "throw new Error('boom')", 'seed 2: the thread has crashed: Error: boom'],
  ['exits', 'process.exit(3)', 'seed 2: the thread has ended with exit code 3'],
] as const)('a thread that %s is an error of its seed, and the seeds after it are run', async ([, end, error]) => {
  const common = { firstSeed: 1, runs: 4, workers: 1, onProgress: () => {} };
  const tally = await campaign({ ...common, program: program(end) });
  expect([tally.runs, tally.errors]).toEqual([4, [error]]);
  expect(verdictOf(tally)).toEqual(['1 runs have crashed, and prove nothing']);
});

test('that no invariant was broken is said of runs alone that all came to their end', () => {
  const failure = { seed: 7, tape: {}, invariant: 'I7', text: 'two writers' };
  expect(verdictOf(newTally())).toEqual(['no invariant was broken']);
  expect(verdictOf({ ...newTally(), failures: [failure] })).toEqual(['I7 broken by 1 runs: seeds 7']);
  expect(verdictOf({ ...newTally(), errors: ['seed 1: x'] })).not.toContain('no invariant was broken');
});
