// `make bench`: nodefleet and an operator on controller-runtime, side by side, in the operator benchmark. That is a folder
// of its own (driver/, baseline-controller-runtime/), not part of this repository. It installs its own permissive CRD: ours
// refuses the status that the baseline writes.
//
//   node hack/bench/main.ts FOLDER [--publish] [flags of the benchmark, such as --sizes 100 --rounds 1]
//
// The figures against their targets go to .run/bench/benchmarks.md, with --publish to docs/, charts and raw figures beside it.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join, relative, resolve } from 'node:path';

import { resolveTools } from '../control-plane/assets.ts';
import { renderChart } from './chart.ts';
import { renderPage } from './page.ts';
import { parseReport } from './report.ts';
import { BASELINE, measured, SUBJECT } from './targets.ts';

const top = resolve(import.meta.dirname, '..', '..');
const work = join(top, '.run', 'bench');
/** One replica; ports of the system's choice, which meet nobody's. */
const FLAGS = '--leader-elect=false --metrics-bind-address=127.0.0.1:0 --health-probe-bind-address=127.0.0.1:0';

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
  const json = join(work, 'report.json');
  const code = await run(driver, [
    ...['--control-plane-bin', await controlPlane()],
    ...['--crd', join(folder, 'crd.yaml')],
    ...['--subject', `${BASELINE}=${baseline}`],
    ...['--subject', `${SUBJECT}=${process.execPath} ${join(top, 'dist/main.js')} ${FLAGS}`],
    ...['--out', json],
    ...flags,
  ]);
  if (code === 0) writePage(json, given.includes('--publish') ? join(top, 'docs') : work);
  return code;
}

/** Charts and figures go into a folder of their own beside the page. */
function writePage(json: string, folder: string): void {
  const text = readFileSync(json, 'utf8');
  const report = parseReport(text);
  mkdirSync(join(folder, 'benchmarks'), { recursive: true });
  writeFileSync(join(folder, 'benchmarks', 'report.json'), text);
  const sizes = [...new Set(report.results.map(({ size }) => size))];
  const charts = new Map(sizes.map((size) => [size, `benchmarks/ratios-${size}.svg`]));
  for (const [size, chart] of charts) {
    const ratios = measured(report, size).filter(({ of }) => of === `${SUBJECT}/${BASELINE}`);
    const title = `${SUBJECT} / ${BASELINE}, ${size} NodeDeployments (less is better)`;
    writeFileSync(join(folder, chart), renderChart(title, ratios));
  }
  const machine = {
    model: cpus()[0]?.model ?? 'unknown',
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  };
  const page = join(folder, 'benchmarks.md');
  writeFileSync(page, renderPage(report, machine, charts));
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
