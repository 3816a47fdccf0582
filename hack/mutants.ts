// `make mutants`: plants named bugs, one at a time, in a copy of the sources, and tells how many seeds of the simulation it
// takes to find each. SEEDS: how many it may take; default 2000. ONLY: a part of the name.
//
// Exit codes: 0 when every bug is found, 1 when one is not, or cannot be planted.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type Mutant, MUTANTS } from '../test/sim/mutants/mutants.ts';

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

const waiting = MUTANTS.filter(({ name }) => name.includes(only));
const needed: number[] = [];
const total = waiting.length;
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const found = await hunt(mutant);
      const [seed = ''] = found.split(' ');
      if (found !== 'nothing') needed.push(Number(seed));
      console.log(
        `${found === 'nothing' ? 'MISSED' : seed.padStart(6)}  ${mutant.name}: ${found.slice(seed.length + 1, 120)}`,
      );
    }
  }),
);
const median = needed.toSorted((a, b) => a - b)[Math.floor(needed.length / 2)];
console.log(`\n${needed.length} of ${total} found within ${seeds} seeds; the median takes ${median}`);
if (needed.length < total) process.exitCode = 1;
