// `make walk`: every property of the spec is changed, and changed back, in the simulation's cluster. COUNT: operations at
// most; SEED: another order, and other values of the pod's properties; ONLY: properties with this in their path.
//
// Exit codes: 0 when no oracle objected and every property was walked, 1 when not, 2 for a wrong variable.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { PROPERTIES } from '../test/walker/properties.ts';
import { describeFailure, type WalkOptions, type WalkReport } from '../test/walker/walk.ts';
import { hintsFor } from '../test/walker/values.ts';
import { writeEvidence } from './evidence.ts';

const SHOWN_FAILURES = 10;
const PROGRESS_STEP = 250;

function numberOf(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`walk: ${name}=${text} is not a whole number above 0; use ${name}=${fallback}, for example\n`);
  process.exit(2);
}

const seed = numberOf('SEED', 1);
const most = numberOf('COUNT', 1_000_000);
const only = process.env['ONLY'] ?? '';
const workers = numberOf('WORKERS', availableParallelism());
const startedAt = performance.now();
const seconds = (): number => Math.round((performance.now() - startedAt) / 1000);

if (!PROPERTIES.some(({ path }) => path.includes(only))) {
  process.stderr.write(`walk: ONLY=${only}: no property has that in its path; try ONLY=spec.rollout, for example\n`);
  process.exit(2);
}

const operations = new Map<number, number>();
const total = (): number => [...operations.values()].reduce((sum, one) => sum + one, 0);
let shown = 0;

function walkShard(index: number): Promise<WalkReport> {
  const shard = { index, of: workers };
  const workerData: WalkOptions = { seed, count: Math.ceil(most / workers), only, shard };
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('../test/walker/worker.ts', import.meta.url), { workerData });
    worker.on('error', reject);
    worker.on('message', (message: { operations?: number; report?: WalkReport }) => {
      if (message.report !== undefined) resolve(message.report);
      operations.set(index, message.operations ?? operations.get(index) ?? 0);
      if (total() < shown + PROGRESS_STEP) return;
      shown = total();
      console.log(`${shown} operations, ${seconds()} s`);
    });
  });
}

const reports = await Promise.all(Array.from({ length: workers }, (_, index) => walkShard(index)));
const failures = reports.flatMap((report) => report.failures);
const walked = new Set(reports.flatMap((report) => [...report.walked]));
const asked = (oracle: keyof WalkReport['asked']): number =>
  reports.reduce((sum, report) => sum + report.asked[oracle], 0);
/** What nobody may set has no value to walk to. */
const isSettable = (property: (typeof PROPERTIES)[number]): boolean =>
  hintsFor(property).some(({ values }) => values === undefined || values.length > 0);
const missed = PROPERTIES.filter(({ path }) => path.includes(only) && !walked.has(path)).filter(isSettable);
const isWhole = only === '' && most === 1_000_000;

for (const failure of failures.slice(0, SHOWN_FAILURES)) {
  console.log(`\n${describeFailure(failure)}\n  again: make walk SEED=${seed} ONLY='${failure.path}'`);
}
console.log(
  `\n${total()} operations on ${walked.size} of ${PROPERTIES.length} properties in ${seconds()} s, seed ${seed}`,
);
for (const oracle of ['consistency', 'differential', 'rollback', 'refusal'] as const) {
  const broken = failures.filter((failure) => failure.oracle === oracle).length;
  console.log(`  ${oracle.padEnd(14)} asked ${asked(oracle)} times, ${broken} objections`);
}
if (isWhole && missed.length > 0) console.log(`never walked: ${missed.map(({ path }) => path).join(', ')}`);
if (isWhole) {
  writeEvidence('walker', {
    seed,
    operations: total(),
    properties: PROPERTIES.length,
    walked: walked.size,
    neverWalked: missed.map(({ path }) => path),
    oracles: Object.fromEntries(
      (['consistency', 'differential', 'rollback', 'refusal'] as const).map((oracle) => [oracle, asked(oracle)]),
    ),
    failures: failures.length,
    seconds: seconds(),
  });
}
if (failures.length > 0 || (isWhole && missed.length > 0)) process.exitCode = 1;
