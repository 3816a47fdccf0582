// `make reliability`: runs what proves the operator's guarantees, and writes docs/reliability.md and
// docs/reliability.json.
//
//   node hack/reliability/main.ts [--gather]
//
// With `--gather` nothing is run: the page is made of what the last runs have left in .run/reliability. A tier that
// fails does not keep the others from running; the page then says what it missed, and the exit code is 1.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { readArguments, refuse } from '../arguments.ts';
import { readEvidence } from './evidence.ts';
import { figuresOf } from './figures.ts';
import { renderPage } from './page.ts';

const top = join(import.meta.dirname, '..', '..');
const folder = join(top, '.run', 'reliability');

const TIERS: readonly (readonly [program: string, ...args: string[]])[] = [
  ['make', 'sim'],
  ['make', 'sim', 'EXHAUSTIVE=1'],
  ['make', 'mutants'],
  ['make', 'contention'],
  ['make', 'crash-points'],
  ['vitest', 'run', '--project', 'envtest', 'test/envtest/bad-input.test.ts'],
  ['vitest', 'run', '--project', 'unit', 'src/domain/forged-status.property.test.ts'],
  ['make', 'walk'],
  ['make', 'walk', 'REAL=1'],
];

function runTiers(): readonly string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return TIERS.flatMap(([program, ...args], index) => {
    const command = [program, ...args].join(' ');
    console.error(`reliability: ${index + 1} of ${TIERS.length}: ${command}`);
    const { status } = spawnSync(program, args, { cwd: top, stdio: 'inherit' });
    return status === 0 ? [] : [command];
  });
}

const { gather: isGathering = false } = readArguments('make reliability', 'ARGS=--gather', {
  gather: { type: 'boolean' },
});
if (isGathering && Object.values(readEvidence(folder)).every((one) => one === undefined))
  refuse(
    'make reliability',
    'nothing to gather in .run/reliability: no tier has run here yet; `make reliability` runs all',
  );
const failed = isGathering ? [] : runTiers();
const evidence = readEvidence(folder);
const figures = figuresOf(evidence);
const [cpu] = cpus();
const circumstances = {
  day: new Date().toISOString().slice(0, 10),
  cpus: cpus().length,
  model: cpu?.model ?? 'unknown',
  node: process.versions.node,
};
writeFileSync(join(top, 'docs', 'reliability.md'), renderPage(evidence, circumstances));
writeFileSync(
  join(top, 'docs', 'reliability.json'),
  `${JSON.stringify({ ...circumstances, figures }, undefined, 2)}\n`,
);
const missed = figures.filter(({ measured }) => measured?.isMet !== true);
for (const { figure, target, measured } of missed)
  console.error(`reliability: ${figure}: ${measured?.value ?? 'not measured'}, wanted: ${target}`);
for (const command of failed) console.error(`reliability: \`${command}\` has failed`);
console.error(`reliability: docs/reliability.md has ${figures.length} figures, ${figures.length - missed.length} met`);
if (missed.length > 0 || failed.length > 0) process.exitCode = 1;
