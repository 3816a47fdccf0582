// A replica of the operator as it is shipped: a process of its own with leader election, behind a door that writes down
// what it asks. It never outlives the test.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished } from 'vitest';

import { startWatchdog, type RunningProgram } from '../../../hack/control-plane/child-process.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { openProxy, type Proxy } from './proxy.ts';

const MAIN = join(import.meta.dirname, '../../../src/main.ts');

/** Short, and long enough for a busy machine. */
export const LEASE_MS = 6_000;
const TIMINGS = [
  `--leader-election-lease-duration=${LEASE_MS / 1000}s`,
  '--leader-election-renew-deadline=4s',
  '--leader-election-retry-period=1s',
];

export interface Replica extends Proxy {
  /** As `kill` does. */
  signal(signal: NodeJS.Signals): void;
  /** How it ended: `exit code 0`. */
  ended(): Promise<string>;
  /** All it has written so far: log lines as JSON, and what it says on standard error. */
  log(): string;
  /** Resolves once a log line has that message. */
  says(message: string): Promise<void>;
  /** Where it answers probes. */
  probes(): string;
}

/** Serves the cluster's namespace alone, where its lease is too. `kubeconfigPath` has a client certificate. */
export async function startReplica(cluster: Cluster, kubeconfigPath: string): Promise<Replica> {
  const folder = mkdtempSync(join(tmpdir(), 'nodefleet-replica-'));
  const watchdog = startWatchdog(folder);
  const proxy = await openProxy(kubeconfigPath);
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(proxy.kubeconfig), { mode: 0o600 });
  const where = [`--namespaces=${cluster.namespace}`, `--leader-election-namespace=${cluster.namespace}`];
  const ports = ['--metrics-bind-address=0', '--health-probe-bind-address=127.0.0.1:0'];
  const args = [MAIN, '--kubeconfig', kubeconfig, '--log-format=json', ...where, ...TIMINGS, ...ports];
  const logPath = join(folder, 'log');
  const program = watchdog.start({ name: 'replica', command: process.execPath, args, logPath });
  onTestFinished(() => end(program, () => watchdog.close()));
  const log = (): string => readFileSync(logPath, 'utf8');
  return {
    ...proxy,
    log,
    signal: (signal) => program.signal(signal),
    ended: async () => {
      await program.ended;
      return program.end ?? '';
    },
    says: async (message) => void (await eventually(() => expect(log()).toContain(`"msg":"${message}"`))),
    probes: () => /"url":"([^"]+)"/.exec(log())?.[1] ?? '',
  };
}

/** A process that is stopped does not hear SIGTERM. */
async function end(program: RunningProgram, close: () => Promise<void>): Promise<void> {
  program.signal('SIGKILL');
  await program.ended;
  await close();
}
