// A replica of the operator as it is shipped: a process of its own with leader election, behind a door that writes down
// what it asks.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished } from 'vitest';

import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { startOperatorProcess, type OperatorProcess } from './operator-process.ts';
import { openProxy, type Proxy } from './proxy.ts';

/** Short, and long enough for a busy machine. */
export const LEASE_MS = 6_000;
const TIMINGS = [
  `--leader-election-lease-duration=${LEASE_MS / 1000}s`,
  '--leader-election-renew-deadline=4s',
  '--leader-election-retry-period=1s',
];

export interface Replica extends Proxy, OperatorProcess {
  /** Resolves once a log line has that message. */
  says(message: string): Promise<void>;
}

/** Resolves once it is ready, which a standby is too. Its leases are in the cluster's namespace. See `openProxy`. */
export async function startReplica(
  cluster: Cluster,
  kubeconfigPath: string,
  flags: readonly string[] = [],
  program?: string,
): Promise<Replica> {
  const proxy = await openProxy(kubeconfigPath);
  const folder = mkdtempSync(join(tmpdir(), 'nodefleet-replica-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(proxy.kubeconfig), { mode: 0o600 });
  const all = [`--kubeconfig=${kubeconfig}`, ...TIMINGS, ...flags];
  const operator = await startOperatorProcess(cluster, { flags: all, ...(program && { program }) });
  const says = async (message: string): Promise<void> => {
    await eventually(() => expect(operator.lines().map(({ msg }) => msg)).toContain(message));
  };
  return { ...proxy, ...operator, says };
}
