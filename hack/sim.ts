// `make sim`: the simulation, over many seeds. RUNS: how many; SEED: one of them, with its whole log; TAPE: a kept tape.
//
// Exit codes: 0 when every run kept every invariant, 1 when one did not, 2 for a wrong variable.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

import { replay, swarm, type Tape } from '../test/sim/choices.ts';
import { campaign, type Tally } from '../test/sim/campaign.ts';
import { RATES } from '../test/sim/rates.ts';
import { simulate } from '../test/sim/run.ts';
import { type Failure, shrink } from '../test/sim/shrink.ts';

const SHRINK_RUNS = 300;
const SHOWN_FAILURES = 3;
const LAST_LINES = 40;

function numberOf(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  process.stderr.write(`sim: ${name}=${text} is not a whole number; use ${name}=${fallback}, for example\n`);
  process.exit(2);
}

async function many(): Promise<void> {
  const [runs, firstSeed] = [numberOf('RUNS', 2000), numberOf('FIRST', 1)];
  const startedAt = performance.now();
  const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(0);
  const tally = await campaign({
    firstSeed,
    runs,
    workers: numberOf('WORKERS', availableParallelism()),
    onProgress: ({ runs: done, failures }) => {
      if (done % Math.max(1, Math.floor(runs / 20)) !== 0) return;
      console.log(`${done} of ${runs} runs, ${seconds()} s, ${failures.length} broken`);
    },
  });
  summarize(tally, seconds());
  for (const failure of tally.failures.slice(0, SHOWN_FAILURES)) await explain(failure);
  for (const error of tally.errors.slice(0, SHOWN_FAILURES)) console.error(error);
  if (tally.failures.length + tally.errors.length > 0) process.exitCode = 1;
}

function summarize(tally: Tally, seconds: string): void {
  const { runs, reconciles, commits, conflicts, kills, virtualSeconds, sites, failures } = tally;
  const days = (virtualSeconds / 86_400).toFixed(1);
  console.log(
    `\n${runs} runs in ${seconds} s: ${days} days of virtual time, ${reconciles} reconciles, ${commits} writes`,
  );
  console.log(`accepted, ${conflicts} conflicts, ${kills} kills of an operator\n`);
  for (const [site, count] of [...sites].toSorted(byName)) console.log(`  ${site.padEnd(34)} ${count}`);
  const broken = Map.groupBy(failures, ({ invariant }) => invariant);
  console.log(failures.length === 0 ? '\nno invariant was broken' : '');
  for (const [invariant, all] of [...broken].toSorted(byName)) {
    console.log(
      `${invariant} broken by ${all.length} runs: seeds ${all
        .slice(0, 8)
        .map(({ seed }) => seed)
        .join(', ')}`,
    );
  }
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

async function one(): Promise<void> {
  const file = process.env['TAPE'];
  const kept: { readonly seed: number; readonly tape: Tape } | undefined =
    file === undefined || file === '' ? undefined : JSON.parse(readFileSync(file, 'utf8'));
  const seed = kept?.seed ?? numberOf('SEED', 1);
  const source = kept === undefined ? swarm(seed, RATES) : replay(kept.tape);
  const { breach, hash, counts } = await simulate({ seed, source, onLine: (line) => console.log(line) });
  console.log(`\nseed ${seed}, log ${hash}, ${JSON.stringify(counts)}`);
  console.log(breach === undefined ? 'no invariant was broken' : `${breach.invariant} is broken: ${breach.text}`);
  if (breach !== undefined) process.exitCode = 1;
}

await (process.env['SEED'] || process.env['TAPE'] ? one() : many());
