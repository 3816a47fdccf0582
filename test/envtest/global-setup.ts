// Starts one control plane for all files of the project `envtest`: etcd, API server, controller-manager, scheduler, three
// simulated machines and storage, and the CRD in it. Prints which provider served which program; fails, never skips, when nothing does.
// Tests reach it through start.ts.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { TestProject } from 'vitest/node';

import { startControlPlane, type StartedControlPlane } from '../../hack/control-plane/control-plane.ts';
import type { SharedControlPlane } from './start.ts';

/** Milliseconds to attach or detach a volume: long enough to be seen, short enough to be waited for. */
const ATTACH_MS = 200;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const controlPlane = await startControlPlane({
    with: ['controller-manager', 'scheduler', 'kwok', 'storage'],
    storage: { attachDelayMs: ATTACH_MS, detachDelayMs: ATTACH_MS },
  });
  await installCrds(controlPlane);
  const { server, caData, token, kubeconfigPath, kubectl, dir } = controlPlane;
  const shared: SharedControlPlane = { server, caData, token, kubeconfigPath, kubectl, dir };
  project.provide('controlPlane', shared);
  return () => controlPlane.stop();
}

/**
 * The garbage collector looks for new kinds when it starts, then every 30 seconds, and until it has found one it deletes
 * nothing that such an object owned. So it is started again once the kind is there.
 */
async function installCrds(controlPlane: StartedControlPlane): Promise<void> {
  const kubectl = (...args: readonly string[]): Promise<unknown> =>
    promisify(execFile)(controlPlane.kubectl, [`--kubeconfig=${controlPlane.kubeconfigPath}`, ...args]);
  const crds = join(import.meta.dirname, '..', '..', 'crds');
  await kubectl('create', '-f', crds);
  await kubectl('wait', '--for=jsonpath={.status.conditions}', '--timeout=30s', '-f', crds);
  await kubectl('wait', '--for=condition=Established', '--timeout=30s', '-f', crds);
  await controlPlane.restart('controller-manager');
}
