// `make bench`: nodefleet and an operator on controller-runtime, side by side, in the operator benchmark. That is a folder
// of its own (driver/, baseline-controller-runtime/), not part of this repository. It installs its own permissive CRD: ours
// refuses the status that the baseline writes.
//
//   node hack/bench.ts FOLDER [flags of the benchmark, such as --sizes 100 --rounds 1]
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { resolveTools } from './control-plane/assets.ts';

const top = resolve(import.meta.dirname, '..');
const work = join(top, '.run', 'bench');
/** One replica; ports of the system's choice, which meet nobody's. */
const FLAGS = '--leader-elect=false --metrics-bind-address=127.0.0.1:0 --health-probe-bind-address=127.0.0.1:0';

async function main([folder, ...flags]: readonly string[]): Promise<number> {
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
  return run(driver, [
    ...['--control-plane-bin', await controlPlane()],
    ...['--crd', join(folder, 'crd.yaml')],
    ...['--subject', `baseline=${baseline}`],
    ...['--subject', `nodefleet=${process.execPath} ${join(top, 'dist/main.js')} ${FLAGS}`],
    ...['--out', join(work, 'report.json')],
    ...flags,
  ]);
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
