// The order in which a control plane comes up: etcd, API servers, then everything that talks to them at once.
import { join } from 'node:path';

import { createApiClient, type ApiClient } from './api-client.ts';
import type { ResolvedTool } from './assets.ts';
import type { ComponentSet } from './component-set.ts';
import type { Component, Layout } from './components.ts';
import { controllerManager, kwok, scheduler, storage } from './consumers.ts';
import { prepareCredentials, writeSystemKubeconfigs, type Admin } from './credentials.ts';
import { createMachines } from './machines.ts';
import { freePort } from './ports.ts';
import { apiServer, etcd } from './servers.ts';
import type { AttachDelays } from './storage/attach.ts';
import type { Tool } from './versions.ts';

/** What can run beside etcd and the API server. `kwok` simulates machines, `storage` the volumes of pods on them. */
export type Extra = 'controller-manager' | 'scheduler' | 'kwok' | 'storage';

export interface BootOptions {
  /** Default: none. */
  readonly with?: readonly Extra[];
  /** Two of them share one etcd: requests to the second can then see a stale view. Default 1. */
  readonly apiServers?: 1 | 2;
  /** Admission plugins of the API server besides its own choice. Default: none. */
  readonly admissionPlugins?: readonly string[];
  /** How many machines `kwok` simulates: `machine-0` and so on. Default 3. */
  readonly machines?: number;
  /** Seconds without a heartbeat after which a machine counts as dead. Default 50, as in any cluster; at least 10. */
  readonly machineGraceSeconds?: number;
  /** For `storage`. Default: a second each to attach and to detach. */
  readonly storage?: AttachDelays;
}

/** One step back. */
export type Undo = () => Promise<void> | void;

export interface Booted {
  readonly admin: Admin;
  /** `https://127.0.0.1:PORT` of each API server. */
  readonly servers: readonly string[];
  readonly etcdPort: number;
  /** As the administrator. */
  readonly client: ApiClient;
}

/** Resolves when all is ready. What else has to be undone in the end goes onto `undo`, also when it rejects. */
export async function boot(
  dir: string,
  tools: ReadonlyMap<Tool, ResolvedTool>,
  options: BootOptions,
  components: ComponentSet,
  undo: Undo[],
): Promise<Booted> {
  const { with: extras = [], machines = 3, machineGraceSeconds = 50, admissionPlugins = [] } = options;
  const admin = prepareCredentials(dir);
  const paths = new Map([...tools].map(([tool, { path }]) => [tool, path]));
  const layout: Layout = { dir, authority: admin.authority, etcdPort: await freePort(), paths };
  const [port, ...morePorts] = [await freePort(), ...(options.apiServers === 2 ? [await freePort()] : [])];
  const servers = [port, ...morePorts].map((each) => `https://127.0.0.1:${each}`);
  const server = `https://127.0.0.1:${port}`;
  writeSystemKubeconfigs(dir, server, admin);

  await components.start(etcd(layout));
  await components.start(
    apiServer(layout, 'apiserver', port, admissionPlugins),
    ...morePorts.map((each) => apiServer(layout, 'apiserver-2', each, admissionPlugins)),
  );
  const address = { server, ...admin };
  const client = createApiClient(address);
  undo.push(() => client.close());
  if (extras.includes('kwok')) await createMachines(client, machines);
  const consumers: Component[] = [];
  if (extras.includes('controller-manager')) consumers.push(controllerManager(layout, client, machineGraceSeconds));
  if (extras.includes('scheduler')) consumers.push(scheduler(layout));
  if (extras.includes('kwok')) consumers.push(kwok(layout, client, machineGraceSeconds));
  if (extras.includes('storage'))
    consumers.push(storage(layout, { ...address, ...options.storage, readyPath: join(dir, 'storage.ready') }));
  await components.start(...consumers);
  return { admin, servers, etcdPort: layout.etcdPort, client };
}
