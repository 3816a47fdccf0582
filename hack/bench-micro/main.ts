// `make bench-micro`: the micro-benchmarks of test/bench, beside the committed baseline.
//
//   node hack/bench-micro/main.ts [--update] [--factor 1.5]
//
// It tells what has moved and ends with 0 all the same: whether that is for good is for a person to say, and --update
// to record.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { RESULTS_VARIABLE } from '../../test/bench/measure.ts';
import { type Baseline, compare, type Figure, moved, renderTable } from './compare.ts';

const top = resolve(import.meta.dirname, '..', '..');
const BASELINE = join(top, 'test', 'bench', 'baseline.json');
const CONFIG = join(top, 'test', 'bench', 'vitest.bench.config.ts');

function main(args: readonly string[]): number {
  const options = readOptions(args);
  if (options === undefined) {
    console.error("bench-micro: takes --update, and --factor with a number above 1, such as ARGS='--factor 2'");
    return 1;
  }
  const figures = measureAll();
  if (figures === undefined) return 1;
  const baseline: Baseline | undefined = existsSync(BASELINE) ? JSON.parse(readFileSync(BASELINE, 'utf8')) : undefined;
  if (baseline !== undefined) report(baseline, figures, options.factor);
  if (options.isUpdate || baseline === undefined) {
    writeFileSync(BASELINE, `${JSON.stringify(baselineOf(figures), undefined, 2)}\n`);
    console.log('bench-micro: wrote test/bench/baseline.json');
  }
  return 0;
}

function readOptions(args: readonly string[]): { isUpdate: boolean; factor: number } | undefined {
  try {
    const options = { update: { type: 'boolean' }, factor: { type: 'string' } } as const;
    const { update = false, factor = '1.5' } = parseArgs({ args: [...args], options }).values;
    return Number(factor) > 1 ? { isUpdate: update, factor: Number(factor) } : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined where vitest failed; then its output has been shown. */
function measureAll(): readonly Figure[] | undefined {
  const folder = join(top, '.run');
  const file = join(folder, 'bench-micro.jsonl');
  mkdirSync(folder, { recursive: true });
  rmSync(file, { force: true });
  console.error('bench-micro: measuring, for a minute …');
  const { status, stdout, stderr } = spawnSync('vitest', ['bench', '--run', '--config', CONFIG], {
    cwd: top,
    encoding: 'utf8',
    env: { ...process.env, [RESULTS_VARIABLE]: file },
  });
  if (status === 0 && existsSync(file)) {
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    return lines.map((line): Figure => JSON.parse(line));
  }
  console.error(`${stdout}${stderr}bench-micro: vitest ended with ${status ?? 'a signal'}; see above`);
  return undefined;
}

function report({ machine, node, date, figures: before }: Baseline, figures: readonly Figure[], factor: number): void {
  const rows = compare(before, figures);
  const changes = moved(rows, factor);
  console.log(renderTable(rows));
  console.log(
    `\nNow: ${cpus()[0]?.model.trim()}, Node.js ${process.version}. Baseline: ${machine}, Node.js ${node}, ${date}.`,
  );
  console.log('The ratio is that of the times, each divided by the yardstick of its run: 2 takes twice as long.\n');
  if (changes.length === 0) console.log(`Nothing has moved by more than a factor of ${factor}.`);
  else console.log([`MOVED by more than a factor of ${factor}:`, ...changes.map((change) => `  ${change}`)].join('\n'));
}

function baselineOf(figures: readonly Figure[]): Baseline {
  const rounded = figures.map(({ name, leastUs }) => ({ name, leastUs: Number(leastUs.toPrecision(3)) }));
  return {
    machine: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    figures: rounded,
  };
}

process.exitCode = main(process.argv.slice(2));
