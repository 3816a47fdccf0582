// `make bench`: nodefleet and an operator on controller-runtime, side by side, in the operator benchmark. That is a
// folder of its own (driver/, baseline-controller-runtime/), not part of this repository. It installs its own
// permissive CRD: ours refuses the status that the baseline writes.
//
//   node hack/bench/main.ts FOLDER [--publish] [flags of the benchmark, such as --sizes 100 --rounds 1]
//
// The figures against their targets go to .run/bench/benchmarks.md, with --publish to docs/, charts and raw figures
// beside it.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';

import { resolveTools } from '../control-plane/assets.ts';
import { OPERATOR_COMMAND } from '../operator-command.ts';
import { renderChart } from './chart.ts';
import { renderPage, sectionsOf } from './page.ts';
import { parseReport } from './report.ts';
import { BASELINE, SUBJECT, TO_BASELINE } from './targets.ts';

const top = resolve(import.meta.dirname, '..', '..');
const work = join(top, '.run', 'bench');
/** One replica; ports of the system's choice, which meet nobody's. */
const FLAGS = '--leader-elect=false --metrics-bind-address=127.0.0.1:0 --health-probe-bind-address=127.0.0.1:0';

/** What is measured if nothing else is asked for, most of an hour: many fleets, a wide one, and more of them. */
const SUITE = [
  { name: 'fleets', flags: ['--sizes', '1000', '--rounds', '3'] },
  {
    name: 'wide',
    flags: ['--sizes', '1', '--members-per', '256', '--rounds', '3', '--scenario', 'rollout', '--raw=false'],
  },
  { name: 'growth', flags: ['--sizes', '1000,5000', '--rounds', '1', '--scenario', 'quiet', '--raw=false'] },
] as const;

async function main([folder, ...given]: readonly string[]): Promise<number> {
  const flags = given.filter((flag) => flag !== '--publish');
  const missing = whatIsMissing(folder);
  if (folder === undefined || missing !== undefined) {
    console.error(`bench: ${missing}`);
    return 1;
  }
  mkdirSync(work, { recursive: true });
  const driver = join(work, 'driver');
  const baseline = join(work, 'baseline');
  console.error('bench: building the driver and the baseline …');
  if ((await run('go', ['build', '-C', join(folder, 'driver'), '-o', driver, '.'])) !== 0) return 1;
  if ((await run('go', ['build', '-C', join(folder, 'baseline-controller-runtime'), '-o', baseline, '.'])) !== 0)
    return 1;
  const reports: string[] = [];
  for (const part of flags.length > 0 ? [{ name: 'report', flags }] : SUITE) {
    const json = join(work, `${part.name}.json`);
    console.error(`bench: ${part.name}: ${part.flags.join(' ')}`);
    const code = await measure(driver, baseline, join(folder, 'crd.yaml'), json, part.flags);
    if (code !== 0) return code;
    reports.push(json);
    // After each part: who interrupts the next one keeps what there is.
    writePage(reports, given.includes('--publish') ? join(top, 'docs') : work);
  }
  return 0;
}

async function measure(driver: string, baseline: string, crd: string, json: string, flags: readonly string[]) {
  return run(driver, [
    ...['--control-plane-bin', await controlPlane()],
    ...['--crd', crd],
    ...['--subject', `${BASELINE}=${baseline}`],
    ...['--subject', `${SUBJECT}=${OPERATOR_COMMAND.join(' ')} ${FLAGS}`],
    ...['--out', json],
    ...flags,
  ]);
}

/** Charts and figures go into a folder of their own beside the page. */
function writePage(files: readonly string[], folder: string): void {
  const reports = files.map((file) => parseReport(readFileSync(file, 'utf8')));
  mkdirSync(join(folder, 'benchmarks'), { recursive: true });
  for (const file of files) copyFileSync(file, join(folder, 'benchmarks', basename(file)));
  const charts = new Map(
    sectionsOf(reports).map(({ title, figures }) => {
      const chart = `benchmarks/${title.replaceAll(/\W+/g, '-')}.svg`;
      const ratios = figures.filter(({ of }) => of === TO_BASELINE);
      writeFileSync(join(folder, chart), renderChart(`${title}: ${TO_BASELINE} (less is better)`, ratios));
      return [title, chart] as const;
    }),
  );
  const machine = {
    model: cpus()[0]?.model ?? 'unknown',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  };
  const page = join(folder, 'benchmarks.md');
  writeFileSync(page, renderPage(reports, machine, charts));
  console.error(`bench: ${relative(top, page)} has the figures against their targets`);
}

function whatIsMissing(folder: string | undefined): string | undefined {
  if (folder === undefined) return 'no benchmark here: `make bench BENCH=FOLDER`, the folder that has its driver/';
  const absent = ['driver/go.mod', 'baseline-controller-runtime/go.mod'].find(
    (path) => !existsSync(join(folder, path)),
  );
  return absent === undefined
    ? undefined
    : `${join(folder, absent)} does not exist: that is not the benchmark's folder`;
}

/** One folder with etcd and kube-apiserver, as the driver wants them. */
async function controlPlane(): Promise<string> {
  const folder = join(work, 'bin');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [tool, { path }] of await resolveTools(['etcd', 'kube-apiserver'])) symlinkSync(path, join(folder, tool));
  return folder;
}

/** Resolves to the exit code; output and Ctrl-C go straight through. */
function run(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.on('error', (error) => reject(new Error(`bench: ${program} does not start`, { cause: error })));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

// The terminal sends Ctrl-C to the driver too, which ends its servers; wait for that.
process.on('SIGINT', () => {});
process.exitCode = await main(process.argv.slice(2));
