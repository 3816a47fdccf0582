// Starts one control plane for all files of the project `envtest`: etcd, API server, controller-manager, scheduler, three
// simulated machines and storage, and the CRD in it. Prints which provider served which program; fails, never skips, when nothing does.
// Tests reach it through start.ts.
import type { TestProject } from 'vitest/node';

import { startControlPlane } from '../../hack/control-plane/control-plane.ts';
import { installCrds, type SharedControlPlane } from './start.ts';

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
