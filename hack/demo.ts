// `make run`: the operator at work, from nothing to a rolling fleet, on a control plane of its own.
// Usage: node hack/demo.ts [--once]
//
// Guarantees: whatever it has started is gone when it ends, however it ends; nothing outside temporary folders and the
// cache of tools is written. Exit code 0 after all acts (without --once: after the Ctrl-C that ends the last), 1 when an
// act fails (the logs are kept then), 2 for a wrong command line, 130 for a Ctrl-C before the end.
import { mkdtempSync, writeFileSync, readFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import type { StartedControlPlane } from './control-plane/control-plane.ts';
import { applySamples, doubleReconcile, handOff, installOperator, startPlane } from './demo/acts.ts';
import { Interrupted, interruptSignal } from './demo/ending.ts';
import { aborted } from './demo/fleets.ts';
import { endOf } from './demo/operator.ts';
import { paletteFor } from './demo/palette.ts';
import { createScreen, type Screen } from './demo/screen.ts';
import { INDENT, openStage, showTable, since, tableOf, type Stage } from './demo/stage.ts';

const USAGE = 'usage: node hack/demo.ts [--once]\n  --once  end after the last act instead of staying\n';

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const isOnce = readArgs(args);
  if (isOnce === undefined) return 2;
  const isTerminal = process.stdout.isTTY;
  const isLive = isTerminal && !process.env['CI'] && process.env['TERM'] !== 'dumb';
  const screen = createScreen(process.stdout, paletteFor(isTerminal, process.env), isLive);
  const signal = interruptSignal(() => {
    screen.settle();
    screen.print('stopping …');
  });
  // Whoever read us has gone away, as `head` does, or the terminal has.
  process.stdout.on('error', () => process.exit(1));
  return run(screen, signal, isOnce);
}

/** Undefined for a wrong command line, which it has explained. */
function readArgs(args: readonly string[]): boolean | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options: { once: { type: 'boolean', default: false } } });
    return values.once;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n${USAGE}`);
    return undefined;
  }
}

async function run(screen: Screen, signal: AbortSignal, isOnce: boolean): Promise<number> {
  const startedAt = performance.now();
  let plane: StartedControlPlane | undefined;
  let stage: Stage | undefined;
  let isStaying = false;
  try {
    // Its start cannot be interrupted; if we end meanwhile, its watchdog clears up.
    plane = await Promise.race([startPlane(screen), aborted(signal)]);
    stage = openStage(plane, screen, signal);
    for (const act of [installOperator, applySamples, handOff, doubleReconcile]) {
      signal.throwIfAborted();
      await act(stage);
    }
    screen.print();
    screen.print(screen.palette.bold(screen.palette.good(`All five acts in ${since(startedAt)}.`)));
    if (isOnce) return 0;
    isStaying = true;
    return await stay(stage);
  } catch (error) {
    screen.settle();
    const reason: unknown = signal.aborted ? signal.reason : error;
    if (reason instanceof Interrupted) return isStaying ? 0 : reason.exitCode;
    explain(screen, reason, stage, plane);
    return 1;
  } finally {
    await stage?.close();
    await plane?.stop();
  }
}

/** Until Ctrl-C. Rejects with that, or because the operator has ended. */
async function stay(stage: Stage): Promise<never> {
  const { screen, plane, operator, signal } = stage;
  const { bold } = screen.palette;
  const hasKubectl = (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'kubectl')));
  screen.print('The cluster stays until Ctrl-C. In another terminal:');
  screen.print();
  screen.print(`${INDENT}${bold(`export KUBECONFIG=${plane.kubeconfigPath}`)}`);
  if (!hasKubectl) screen.print(`${INDENT}${bold(`export PATH="${dirname(plane.kubectl)}:$PATH"`)}`);
  for (const command of SUGGESTIONS) screen.print(`${INDENT}${command}`);
  screen.print();
  const stopShowing = showTable(stage);
  try {
    return await Promise.race([aborted(signal), operator?.failed ?? aborted(signal)]);
  } finally {
    stopShowing();
  }
}

const SUGGESTIONS = [
  'kubectl get nodedeployments --watch',
  'kubectl apply -f config/samples/',
  'kubectl explain nodedeployment.spec.rollout',
  'kubectl get pods,pvc,volumeattachments',
];

/** What went wrong, how far it had come, and where the logs are. */
function explain(screen: Screen, error: unknown, stage: Stage | undefined, plane: StartedControlPlane | undefined) {
  screen.print();
  screen.print(screen.palette.bad(`failed: ${messageOf(error)}`));
  if (stage?.hasFleets) for (const line of ['last status:', ...tableOf(stage)]) screen.print(line);
  const logPath = stage?.operator?.logPath;
  if (logPath !== undefined) screen.print(`the end of the operator's log:\n${endOf(logPath)}`);
  if (plane !== undefined) screen.print(`logs: ${keepLogs(plane, logPath)}`);
}

/** Copies the logs out of the folders that are removed in the end. Returns where they are. */
function keepLogs(plane: StartedControlPlane, operatorLog: string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodefleet-logs-'));
  for (const component of ['etcd', 'apiserver', 'controller-manager', 'scheduler', 'kwok', 'storage'] as const) {
    writeFileSync(join(folder, `${component}.log`), plane.log(component));
  }
  if (operatorLog !== undefined) writeFileSync(join(folder, 'operator.log'), readFileSync(operatorLog));
  return folder;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
