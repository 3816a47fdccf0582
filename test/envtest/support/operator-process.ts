// The operator as a process of its own, `src/main.ts`: what a pod runs, with its ports, its log and its signals.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { onTestFailed, onTestFinished } from 'vitest';

import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';

/** Characters of its output, where a test has failed. */
const OUTPUT_SHOWN = 20_000;
const PROGRAM = join(import.meta.dirname, '../../../src/main.ts');

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface OperatorProcess {
  /** All that it has written to standard output and standard error. */
  output(): string;
  /** The lines of its log. */
  lines(): readonly LogLine[];
  /** `GET` of a path of the server that serves it. */
  get(path: '/metrics' | `/healthz${string}` | `/readyz${string}`): Promise<{ status: number; body: string }>;
  /** SIGTERM. Resolves to its exit code. Idempotent. */
  stop(): Promise<number | null>;
  /** As `kill` does. */
  signal(signal: NodeJS.Signals): void;
  /** Its exit code; null when a signal has ended it. */
  readonly exited: Promise<number | null>;
}

export interface ProcessOptions {
  /** After those that make it serve the cluster's namespace, alone. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: `src/main.ts`. */
  readonly program?: string;
}

/** Resolves once it is ready. It serves the cluster's namespace, on ports of the system's choice. Ended with the test. */
export async function startOperatorProcess(cluster: Cluster, options: ProcessOptions = {}): Promise<OperatorProcess> {
  const flags = [
    `--kubeconfig=${cluster.plane.kubeconfigPath}`,
    `--namespaces=${cluster.namespace}`,
    `--leader-election-namespace=${cluster.namespace}`,
    '--metrics-bind-address=127.0.0.1:0',
    '--health-probe-bind-address=127.0.0.1:0',
    '--log-format=json',
    ...(options.flags ?? []),
  ];
  const child = spawn(process.execPath, [options.program ?? PROGRAM, ...flags], {
    env: { ...process.env, ...options.environment },
  });
  const exited = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : null));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lines = (): readonly LogLine[] =>
    output
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  const get: OperatorProcess['get'] = async (path) => {
    const what = path === '/metrics' ? 'serving /metrics' : 'serving /healthz and /readyz';
    const url = lines().find(({ msg }) => msg === what)?.['url'];
    if (typeof url !== 'string') throw new Error(`the operator does not serve ${path} yet: ${output}`);
    const response = await fetch(`${url}${path}`);
    return { status: response.status, body: await response.text() };
  };
  const stop = (): Promise<number | null> => {
    child.kill('SIGTERM');
    return exited;
  };
  onTestFailed(
    () => void process.stderr.write(`what the operator has written last:\n${output.slice(-OUTPUT_SHOWN)}\n`),
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const isReady = async (): Promise<void> => {
    const { status, body } = await get('/readyz');
    if (status !== 200) throw new Error(body);
  };
  // Where many start at once on few cores, each takes its time.
  await eventually(isReady, { timeoutMs: 90_000 });
  const signal = (name: NodeJS.Signals): void => void child.kill(name);
  return { output: () => output, lines, get, stop, signal, exited };
}
