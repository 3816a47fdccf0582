// `make mutants`: plants named bugs, one at a time, in a copy of the sources, and tells how many seeds of the simulation it
// takes to find each. SEEDS: how many it may take; default 2000. ONLY: a part of the name. What it came to is in
// .run/reliability/mutants.json too.
//
// Exit codes: 0 when every bug is found, 1 when one is not, cannot be planted, or is found where it is not.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { swarm } from '../test/sim/choices.ts';
import { type Mutant, MUTANTS } from '../test/sim/mutants/mutants.ts';
import { RATES } from '../test/sim/rates.ts';
import { simulate } from '../test/sim/run.ts';
import { writeEvidence } from './evidence.ts';

const ROOT = join(import.meta.dirname, '..');
const seeds = process.env['SEEDS'] || '2000';
const only = process.env['ONLY'] ?? '';

/** What the hunt printed. @throws Error for a bug whose place is not there any more */
async function hunt({ name, edits }: Mutant): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'nodefleet-mutant-'));
  try {
    for (const part of ['src', 'test/sim', 'package.json'])
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, find, replace } of edits) {
      const path = join(folder, 'src', file);
      const parts = readFileSync(path, 'utf8').split(find);
      if (parts.length !== 2) throw new Error(`mutants: ${name}: src/${file} has ${parts.length - 1} times: ${find}`);
      writeFileSync(path, parts.join(replace));
    }
    const { stdout } = await promisify(execFile)(process.execPath, ['test/sim/mutants/hunt.ts', seeds], {
      cwd: folder,
    });
    return stdout.trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Finding {
  readonly name: string;
  /** The first that finds it; undefined where none does. */
  readonly seed: number | undefined;
  readonly invariant: string | undefined;
  readonly text: string;
}

async function look(mutant: Mutant): Promise<Finding> {
  const found = await hunt(mutant);
  const [seed = '', invariant, ...text] = found.split(' ');
  const { name } = mutant;
  if (found === 'nothing') return { name, seed: undefined, invariant: undefined, text: '' };
  return { name, seed: Number(seed), invariant, text: text.join(' ').slice(0, 200) };
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
const findings: Finding[] = [];
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const finding = await look(mutant);
      findings.push(finding);
      const { name, seed, invariant, text } = finding;
      console.log(
        `${(seed === undefined ? 'MISSED' : String(seed)).padStart(6)}  ${name}: ${invariant} ${text}`.slice(0, 130),
      );
    }
  }),
);
const needed = findings.flatMap(({ seed }) => seed ?? []).toSorted((a, b) => a - b);
const median = needed[Math.floor(needed.length / 2)];
const alarms = await blindAlarms(findings);
for (const seed of alarms)
  console.error(`mutants: seed ${seed} finds something without any bug: make sim SEED=${seed}`);
const killRate = needed.length / findings.length;
console.log(
  `\n${needed.length} of ${findings.length} found within ${seeds} seeds (${(100 * killRate).toFixed(0)} %); the median takes ${median}`,
);
if (only === '') {
  const took = Math.round((performance.now() - startedAt) / 1000);
  const count = { mutants: findings.length, killed: needed.length, killRate, medianSeeds: median };
  writeEvidence('mutants', { seeds: Number(seeds), seconds: took, ...count, blindAlarms: alarms, findings });
}
if (needed.length < findings.length || alarms.length > 0) process.exitCode = 1;
