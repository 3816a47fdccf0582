// The programs that live off the API server, with their flags: controllers, scheduler, machines, storage.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ApiClient } from './api-client.ts';
import { programOf, type Component, type Layout } from './components.ts';
import { kubeconfigPath } from './credentials.ts';
import {
  areMachinesHeld,
  areMachinesReady,
  KWOK_ANNOTATION,
  KWOK_MANAGED,
  releaseMachines,
  touchPods,
} from './machines.ts';
import type { StorageSettings } from './storage/settings.ts';

/** Ready when it has made the service account that every pod needs. */
export function controllerManager(layout: Layout, client: ApiClient, machineGraceSeconds: number): Component {
  const args = [
    `--kubeconfig=${kubeconfigPath(layout.dir, 'system:kube-controller-manager')}`,
    '--use-service-account-credentials=true', // else its controllers are Forbidden under RBAC
    `--service-account-private-key-file=${join(layout.dir, 'pki', 'service-account.key')}`,
    `--root-ca-file=${join(layout.dir, 'pki', 'ca.crt')}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--node-monitor-grace-period=${machineGraceSeconds}s`,
    '--pvclaimbinder-sync-period=1s',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
  const path = '/api/v1/namespaces/default/serviceaccounts/default';
  return {
    name: 'controller-manager',
    program: programOf(layout, 'controller-manager', 'kube-controller-manager', args),
    isReady: async () => (await client.call({ method: 'GET', path })).status === 200,
  };
}

/** Serves nothing: it is taken for ready when it runs. */
export function scheduler(layout: Layout): Component {
  const args = [
    `--kubeconfig=${kubeconfigPath(layout.dir, 'system:kube-scheduler')}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ];
  const program = programOf(layout, 'scheduler', 'kube-scheduler', args);
  return { name: 'scheduler', program, isReady: async () => true };
}

/** The kubelet of every simulated machine; ready when all of them are. */
export function kwok(layout: Layout, client: ApiClient, machineGraceSeconds: number): Component {
  const args = [
    `--kubeconfig=${kubeconfigPath(layout.dir, 'kwok')}`,
    `--config=${join(import.meta.dirname, 'kwok-stages.yaml')}`,
    '--manage-all-nodes=false',
    `--manage-nodes-with-annotation-selector=${KWOK_ANNOTATION}=${KWOK_MANAGED}`,
    '--server-address=127.0.0.1:0',
    '--node-ip=127.0.0.1',
    '--cidr=10.244.0.0/16',
    `--node-lease-duration-seconds=${Math.floor(machineGraceSeconds * 0.8)}`, // as a kubelet: 40 of 50; renewed four times as often
  ];
  return {
    name: 'kwok',
    program: programOf(layout, 'kwok', 'kwok', args),
    prepare: () => releaseMachines(client),
    isReady: async () => (await areMachinesReady(client)) && (await areMachinesHeld(client)),
    settle: () => touchPods(client),
  };
}

/** The simulated storage: a Node.js program of ours. Paused, it lets no volume be attached, unmounted or detached. */
export function storage(layout: Layout, settings: StorageSettings): Component {
  const settingsPath = join(layout.dir, 'storage.json');
  writeFileSync(settingsPath, JSON.stringify(settings), { mode: 0o600 });
  const args = [join(import.meta.dirname, 'storage', 'main.ts'), settingsPath];
  return {
    name: 'storage',
    program: { name: 'storage', command: process.execPath, args, logPath: join(layout.dir, 'storage.log') },
    prepare: async () => rmSync(settings.readyPath, { force: true }),
    isReady: async () => existsSync(settings.readyPath),
  };
}
