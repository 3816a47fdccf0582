// The programs of the control plane with their flags, and how each shows that it is ready.
import { request } from 'node:https';
import { join } from 'node:path';

import type { ApiClient } from './api-client.ts';
import { tail, type Program } from './child-process.ts';
import { kubeconfigPath } from './credentials.ts';
import { areMachinesReady, KWOK_ANNOTATION } from './machines.ts';
import { STORAGE_READY, type StorageSettings } from './storage/settings.ts';
import type { Tool } from './versions.ts';

/** What one is called in logs, errors and `StartedControlPlane`. `apiserver-2` serves the same data as `apiserver`. */
export type ComponentName =
  | 'etcd'
  | 'apiserver'
  | 'apiserver-2'
  | 'controller-manager'
  | 'scheduler'
  | 'kwok'
  | 'storage';

export interface Component {
  readonly name: ComponentName;
  readonly program: Program;
  /** Whether it does what it is there for. Asked again and again after its start. */
  isReady(): Promise<boolean>;
}

/** Where everything of one control plane is: folders, files, ports. */
export interface Layout {
  readonly dir: string;
  /** The certificate authority, PEM. */
  readonly authority: string;
  readonly etcdPort: number;
  readonly paths: ReadonlyMap<Tool, string>;
}

export function etcd(layout: Layout): Component {
  const url = `http://127.0.0.1:${layout.etcdPort}`;
  const args = [
    `--data-dir=${join(layout.dir, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    '--listen-peer-urls=http://127.0.0.1:0',
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
  return { name: 'etcd', program: programOf(layout, 'etcd', 'etcd', args), isReady: () => answers(`${url}/readyz`) };
}

export function apiServer(layout: Layout, name: 'apiserver' | 'apiserver-2', port: number): Component {
  const pki = (file: string): string => join(layout.dir, 'pki', file);
  const args = [
    `--etcd-servers=http://127.0.0.1:${layout.etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(layout.dir, name)}`,
    `--tls-cert-file=${pki('serving.crt')}`,
    `--tls-private-key-file=${pki('serving.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--token-auth-file=${join(layout.dir, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki('service-account.pub')}`,
    `--service-account-signing-key-file=${pki('service-account.key')}`,
  ];
  return {
    name,
    program: programOf(layout, name, 'kube-apiserver', args),
    isReady: () => isServerReady(port, layout.authority),
  };
}

/** Ready when it has made the service account that every pod needs. */
export function controllerManager(layout: Layout, client: ApiClient): Component {
  const args = [
    `--kubeconfig=${kubeconfigPath(layout.dir, 'system:kube-controller-manager')}`,
    '--use-service-account-credentials=true', // else its controllers are Forbidden under RBAC
    `--service-account-private-key-file=${join(layout.dir, 'pki', 'service-account.key')}`,
    `--root-ca-file=${join(layout.dir, 'pki', 'ca.crt')}`,
    '--leader-elect=false',
    '--secure-port=0',
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

/** The kubelet of every simulated machine; ready when all of them are. After a restart it waits for its own old leases. */
export function kwok(layout: Layout, client: ApiClient): Component {
  const args = [
    `--kubeconfig=${kubeconfigPath(layout.dir, 'kwok')}`,
    `--config=${join(import.meta.dirname, 'kwok-stages.yaml')}`,
    '--manage-all-nodes=false',
    `--manage-nodes-with-annotation-selector=${KWOK_ANNOTATION}=fake`,
    '--server-address=127.0.0.1:0',
    '--node-ip=127.0.0.1',
    '--cidr=10.244.0.0/16',
    '--node-lease-duration-seconds=40',
  ];
  return { name: 'kwok', program: programOf(layout, 'kwok', 'kwok', args), isReady: () => areMachinesReady(client) };
}

/** The simulated storage: a Node.js program of ours. Paused, it lets no volume attach or detach. */
export function storage(layout: Layout, settings: StorageSettings): Component {
  const args = [join(import.meta.dirname, 'storage', 'main.ts'), JSON.stringify(settings)];
  const program = { name: 'storage', command: process.execPath, args, logPath: join(layout.dir, 'storage.log') };
  return { name: 'storage', program, isReady: async () => tail(program.logPath).includes(STORAGE_READY) };
}

function programOf(layout: Layout, name: ComponentName, tool: Tool, args: readonly string[]): Program {
  const command = layout.paths.get(tool);
  if (command === undefined) throw new Error(`start ${name}: ${tool} was not resolved`);
  return { name, command, args, logPath: join(layout.dir, `${name}.log`) };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function isServerReady(port: number, authority: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, path: '/readyz', ca: authority, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('error', () => resolve(false));
    call.end();
  });
}
