// `make sim`: the simulation, over many seeds. RUNS: how many; SEED: one of them, with its whole log; TAPE: a kept tape.
// EXHAUSTIVE=1: the double reconcile instead, in every order (sim-exhaustive.ts).
//
// What it came to is in .run/reliability/sim.json too.
//
// Exit codes: 0 when every run kept every invariant, and each fault and invariant was exercised; 1 when not; 2 for a
// wrong variable.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

import { z } from 'zod';

import { replay, swarm, type Tape } from '../test/sim/choices.ts';
import { campaign, type Tally, verdictOf } from '../test/sim/campaign.ts';
import { INVARIANTS } from '../test/sim/invariants/invariants.ts';
import { RATES } from '../test/sim/rates.ts';
import { simulate } from '../test/sim/run.ts';
import { type Failure, shrink } from '../test/sim/shrink.ts';
import { writeEvidence } from './evidence.ts';
import { exhaustive } from './sim-exhaustive.ts';

const KEPT = z.object({ seed: z.number(), tape: z.record(z.string(), z.number()) });
const SHRINK_RUNS = 300;
const SHOWN_FAILURES = 3;
const LAST_LINES = 40;
const RUNS_THAT_EXERCISE_ALL = 1000;

function refuse(why: string): never {
  process.stderr.write(`sim: ${why}\n`);
  process.exit(2);
}

function numberOf(name: string, fallback: number, least = 0): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  return refuse(`${name}=${text} is not a whole number from ${least} on; use ${name}=${fallback}, for example`);
}

const workers = (): number => numberOf('WORKERS', availableParallelism(), 1);

async function many(): Promise<void> {
  const [runs, firstSeed] = [numberOf('RUNS', 2000, 1), numberOf('FIRST', 1)];
  const startedAt = performance.now();
  const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(0);
  const tally = await campaign({
    firstSeed,
    runs,
    workers: workers(),
    onProgress: ({ runs: done, failures, errors }) => {
      if (done % Math.max(1, Math.floor(runs / 20)) !== 0) return;
      const crashed = errors.length > 0 ? `, ${errors.length} crashed` : '';
      console.log(`${done} of ${runs} runs, ${seconds()} s, ${failures.length} broken${crashed}`);
    },
  });
  summarize(tally, seconds());
  const missing = unexercised(tally);
  for (const name of missing) console.error(`sim: ${name} was never exercised in ${runs} runs`);
  const isSameTwice = await isRepeatable(firstSeed);
  if (!isSameTwice) console.error(`sim: seed ${firstSeed} has another log the second time`);
  writeEvidence('sim', reportOf(tally, { firstSeed, seconds: Number(seconds()), isSameTwice, unexercised: missing }));
  for (const failure of tally.failures.slice(0, SHOWN_FAILURES)) await explain(failure);
  for (const error of tally.errors.slice(0, SHOWN_FAILURES)) console.error(`sim: ${error}`);
  const isClean = tally.failures.length + tally.errors.length + missing.length === 0 && isSameTwice;
  if (!isClean) process.exitCode = 1;
}

function summarize(tally: Tally, seconds: string): void {
  const { runs, reconciles, commits, conflicts, kills, virtualSeconds, fired, checked } = tally;
  const days = (virtualSeconds / 86_400).toFixed(1);
  console.log(
    `\n${runs} runs in ${seconds} s: ${days} days of virtual time, ${reconciles} reconciles, ${commits} writes`,
  );
  console.log(`accepted, ${conflicts} conflicts, ${kills} kills of an operator\n`);
  console.log('faults and edits, how often each was chosen:');
  for (const [name, count] of [...fired].toSorted(byName)) console.log(`  ${name.padEnd(44)} ${count}`);
  console.log('\ninvariants, how often each was asked:');
  for (const name of INVARIANTS) console.log(`  ${name.padEnd(44)} ${checked.get(name) ?? 0}`);
  console.log('');
  for (const line of verdictOf(tally)) console.log(line);
}

/** What is never exercised proves nothing. Few runs may miss something by chance. */
function unexercised({ runs, fired, checked }: Tally): readonly string[] {
  if (runs < RUNS_THAT_EXERCISE_ALL) return [];
  const faults = [...fired].filter(([, count]) => count === 0).map(([name]) => name);
  const sites = Object.keys(RATES).filter(
    (site) => site.startsWith('fault.') && ![...fired.keys()].some((name) => name.startsWith(`${site} `)),
  );
  return [...faults, ...sites, ...INVARIANTS.filter((name) => !checked.has(name))];
}

/** One seed, twice: the same log, or nothing that was found could be had again. */
async function isRepeatable(seed: number): Promise<boolean> {
  const once = await simulate({ seed, source: swarm(seed, RATES) });
  const again = await simulate({ seed, source: swarm(seed, RATES) });
  return once.hash === again.hash;
}

const byName = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : 1;

async function explain(failure: Failure): Promise<void> {
  const { seed, tape, invariant, text } = await shrink(failure, SHRINK_RUNS);
  console.log(`\n${invariant}: ${text}\n  again: make sim SEED=${failure.seed}`);
  console.log(`  shrunk from ${Object.keys(failure.tape).length} choices to ${Object.keys(tape).length}:`);
  console.log(`  ${JSON.stringify({ seed, tape })}`);
  const lines: string[] = [];
  await simulate({ seed, source: replay(tape), onLine: (line) => void lines.push(line) });
  const end = lines.findIndex((line) => line.includes('BROKEN'));
  for (const line of lines.slice(Math.max(0, end + 1 - LAST_LINES), end + 1)) console.log(`    ${line}`);
}

function reportOf({ fired, checked, failures, ...tally }: Tally, more: object): object {
  const broken = failures.map(({ seed, invariant, text }) => ({ seed, invariant, text }));
  return { ...tally, ...more, faults: Object.fromEntries(fired), invariants: Object.fromEntries(checked), broken };
}

function readTape(file: string): { readonly seed: number; readonly tape: Tape } {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const parsed = KEPT.safeParse(kept);
    if (parsed.success) return parsed.data;
    return refuse(`TAPE=${file} is no tape: it has to be {"seed": 1, "tape": {"fault.write@3": 2}}`);
  } catch (error) {
    return refuse(`TAPE=${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function one(): Promise<void> {
  const file = process.env['TAPE'];
  const kept = file === undefined || file === '' ? undefined : readTape(file);
  const seed = kept?.seed ?? numberOf('SEED', 1);
  const source = kept === undefined ? swarm(seed, RATES) : replay(kept.tape);
  const { breach, hash, counts } = await simulate({ seed, source, onLine: (line) => console.log(line) });
  console.log(`\nseed ${seed}, log ${hash}, ${JSON.stringify(counts)}`);
  console.log(breach === undefined ? 'no invariant was broken' : `${breach.invariant} is broken: ${breach.text}`);
  if (breach !== undefined) process.exitCode = 1;
}

const mode = process.env['EXHAUSTIVE']
  ? (): Promise<void> => exhaustive(workers(), process.env['ONLY'] ?? '')
  : process.env['SEED'] || process.env['TAPE']
    ? one
    : many;
await mode();
