// `make mutants`: plants named bugs, one at a time, in a copy of the sources, and tells how many seeds of the
// simulation it takes to find each. SEEDS: how many it may take; default 2000. ONLY: a part of the name. What it came
// to is in .run/reliability/mutants.json too.
//
// Exit codes: 0 when every bug is found, 1 when one is not, cannot be planted, or is found where it is not; 2 for a
// wrong variable.
import { availableParallelism } from 'node:os';

import { swarm } from '../test/sim/choices.ts';
import { type Finding, huntFor } from '../test/sim/mutants/finding.ts';
import { MUTANTS } from '../test/sim/mutants/mutants.ts';
import { RATES } from '../test/sim/rates.ts';
import { simulate } from '../test/sim/run.ts';
import { writeEvidence } from './evidence.ts';

const WIDTH = 130;
const seeds = seedsOf(process.env['SEEDS'] || '2000');
const only = process.env['ONLY'] ?? '';

function seedsOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`mutants: SEEDS=${text} is not a whole number above 0; use SEEDS=2000, for example\n`);
  process.exit(2);
}

function lineOf({ name, seed, invariant, text, error }: Finding): string {
  const when = error !== undefined ? 'ERROR' : seed === undefined ? 'MISSED' : String(seed);
  const what = error ?? (seed === undefined ? `no invariant is broken in ${seeds} seeds` : `${invariant} ${text}`);
  return `${when.padStart(6)}  ${name}: ${what}`.slice(0, WIDTH);
}

/** Without any bug the same seeds have to find nothing. */
async function blindAlarms(findings: readonly Finding[]): Promise<readonly number[]> {
  const alarms: number[] = [];
  for (const seed of new Set(findings.flatMap((finding) => finding.seed ?? []))) {
    const { breach } = await simulate({ seed, source: swarm(seed, RATES) });
    if (breach !== undefined) alarms.push(seed);
  }
  return alarms;
}

const startedAt = performance.now();
const waiting = MUTANTS.filter(({ name }) => name.includes(only));
if (waiting.length === 0) {
  process.stderr.write(`mutants: no bug has ONLY=${only} in its name; their names are in test/sim/mutants\n`);
  process.exit(2);
}
const findings: Finding[] = [];
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const finding = await huntFor(mutant, seeds);
      findings.push(finding);
      console.log(lineOf(finding));
    }
  }),
);
const needed = findings.flatMap(({ seed }) => seed ?? []).toSorted((a, b) => a - b);
const median = needed[Math.floor(needed.length / 2)];
const alarms = await blindAlarms(findings);
for (const seed of alarms)
  console.error(`mutants: seed ${seed} finds something without any bug: make sim SEED=${seed}`);
const killRate = needed.length / findings.length;
const share = `${needed.length} of ${findings.length} found within ${seeds} seeds (${(100 * killRate).toFixed(0)} %)`;
console.log(`\n${share}${median === undefined ? '' : `; the median takes ${median}`}`);
const errors = findings.filter(({ error }) => error !== undefined);
if (errors.length > 0)
  console.error(`mutants: ${errors.length} could not be judged: ${errors.map(({ name }) => name).join('; ')}`);
if (only === '') {
  const took = Math.round((performance.now() - startedAt) / 1000);
  const count = { mutants: findings.length, killed: needed.length, killRate, medianSeeds: median };
  writeEvidence('mutants', { seeds, seconds: took, ...count, blindAlarms: alarms, findings });
}
if (needed.length < findings.length || alarms.length > 0) process.exitCode = 1;
