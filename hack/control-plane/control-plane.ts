// A real Kubernetes control plane on this machine, for `make run` and the tests: etcd and kube-apiserver, and on request
// controller-manager, scheduler and simulated machines. RBAC on, TLS, random loopback ports, data that is thrown away.
//
//   const plane = await startControlPlane({ with: ['controller-manager', 'scheduler', 'kwok', 'storage'] });
//   plane.kubeconfigPath; plane.kubectl; plane.userKubeconfig('alice'); plane.log('apiserver'); await plane.kill('etcd');
//
// A test makes a step slow or stuck by an annotation: storage/knobs.ts for volumes, kwok-stages.yaml for pods.
//
// Guarantees: several run side by side; when this process ends, however it ends, no process and no file is left
// (see child-process.ts). Not guaranteed: secrecy of etcd, which serves plain HTTP on loopback.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { resolveTools, toStandardError, type ResolvedTool, type ResolveOptions } from './assets.ts';
import { boot, type BootOptions, type Extra, type Undo } from './boot.ts';
import { startWatchdog } from './child-process.ts';
import { ComponentSet } from './component-set.ts';
import type { ComponentName } from './components.ts';
import { adminKubeconfigPath, writeUserKubeconfig } from './credentials.ts';
import { base64 } from './kubeconfig.ts';
import { setPower } from './machines.ts';
import type { Tool } from './versions.ts';

type Tools = ReadonlyMap<Tool, ResolvedTool>;

export interface ControlPlaneOptions extends BootOptions, ResolveOptions {
  /** Milliseconds that each program may take to serve. Default 60,000. */
  readonly startTimeoutMs?: number;
}

export interface StartedControlPlane extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` of the first API server. */
  readonly server: string;
  /** All API servers. */
  readonly servers: readonly string[];
  readonly etcdUrl: string;
  /** The certificate authority, base64 of PEM, as in a kubeconfig. */
  readonly caData: string;
  /** The bearer token of a user in group system:masters. */
  readonly token: string;
  readonly kubeconfigPath: string;
  /** The path of kubectl. */
  readonly kubectl: string;
  /** Data, certificates and logs; removed by `stop`. */
  readonly dir: string;
  /** Which provider served each tool. */
  readonly tools: Tools;
  /** Its process id; changes with `restart`. */
  pid(component: ComponentName): number;
  /** All that a component has written to its log. */
  log(component: ComponentName): string;
  /** kill -9; resolves when it is gone. */
  kill(component: ComponentName): Promise<void>;
  /** Stops it in its tracks (SIGSTOP) until `resume`. */
  pause(component: ComponentName): void;
  resume(component: ComponentName): void;
  /** Starts it on the same data and ports, killing it first where it still runs; resolves when it is ready. */
  restart(component: ComponentName): Promise<void>;
  /** Lets one simulated machine die without a word; the others go on. */
  cutPower(machine: string): Promise<void>;
  restorePower(machine: string): Promise<void>;
  /** The path of a kubeconfig for a user without any rights but those that you bind to the name or the groups. */
  userKubeconfig(user: string, groups?: readonly string[]): string;
  /** Ends everything, the API server before etcd, and removes `dir`. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Resolves when the API server is ready and the extras run. What has started is stopped again when something fails.
 *
 * @throws MissingToolsError; Error with the last lines of its log when a program ends early
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<StartedControlPlane> {
  const tools = await resolveTools(toolsFor(options.with ?? []), options);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(tools, options);
    } catch (error) {
      // Someone took a port between our look and the program's start.
      const isPortTaken = error instanceof Error && error.message.includes('address already in use');
      if (!isPortTaken || attempt === 3) throw error;
    }
  }
}

async function startOnce(tools: Tools, options: ControlPlaneOptions): Promise<StartedControlPlane> {
  const dir = mkdtempSync(join(tmpdir(), 'nodefleet-'));
  const watchdog = startWatchdog(dir);
  const components = new ComponentSet(watchdog, options.startTimeoutMs ?? 60_000, options.log ?? toStandardError);
  const undo: Undo[] = [() => watchdog.close(), () => components.stop()];
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= unwind(undo));
  try {
    const { admin, servers, etcdPort, client } = await boot(dir, tools, options, components, undo);
    const [server = ''] = servers;
    const switchPower = async (machine: string, isOn: boolean): Promise<void> => {
      await setPower(client, machine, isOn);
      await components.restart('kwok');
    };
    return {
      server,
      servers,
      etcdUrl: `http://127.0.0.1:${etcdPort}`,
      caData: base64(admin.authority),
      token: admin.token,
      kubeconfigPath: adminKubeconfigPath(dir),
      kubectl: tools.get('kubectl')?.path ?? '',
      dir,
      tools,
      pid: (component) => components.pid(component),
      log: (component) => components.log(component),
      kill: (component) => components.kill(component),
      pause: (component) => components.signal(component, 'SIGSTOP'),
      resume: (component) => components.signal(component, 'SIGCONT'),
      restart: (component) => components.restart(component),
      cutPower: (machine) => switchPower(machine, false),
      restorePower: (machine) => switchPower(machine, true),
      userKubeconfig: (user, groups = []) => writeUserKubeconfig({ dir, server, user, groups }),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Last in, first out. */
async function unwind(undo: readonly Undo[]): Promise<void> {
  for (const step of undo.toReversed()) await step();
}

function toolsFor(extras: readonly Extra[]): readonly Tool[] {
  const tools: Tool[] = ['etcd', 'kube-apiserver', 'kubectl'];
  if (extras.includes('controller-manager')) tools.push('kube-controller-manager');
  if (extras.includes('scheduler')) tools.push('kube-scheduler');
  if (extras.includes('kwok')) tools.push('kwok');
  return tools;
}
