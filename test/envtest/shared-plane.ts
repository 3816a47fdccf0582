// The control plane that all files of a project share: etcd, API server, controller-manager, scheduler, three simulated
// machines and storage, and the CRD in it. Prints which provider served which program; fails, never skips, when nothing
// does. Tests reach it through start.ts. In the end what the operators asked is held against the rights that they are
// granted.
import type { TestProject } from 'vitest/node';

import { startControlPlane } from '../../hack/control-plane/control-plane.ts';
import { IN_CLUSTER, IN_NAMESPACE } from '../../src/rights.ts';
import { installCrds, type SharedControlPlane } from './start.ts';
import { differences, rightsAsked } from './support/asked.ts';

/** Milliseconds to attach or detach a volume: long enough to be seen, short enough to be waited for. */
const ATTACH_MS = 200;

/**
 * Starts it and hands it to the tests of the project. Resolves to what ends it.
 *
 * @param isAllAsked whether the tests have asked for every right there is, so that one that nobody asked for is not needed
 * @throws Error, from what ends it, for each right that an operator lacked or nobody needed
 */
export async function startSharedPlane(
  project: TestProject,
  isAllAsked: () => Promise<boolean>,
): Promise<() => Promise<void>> {
  const controlPlane = await startControlPlane({
    with: ['controller-manager', 'scheduler', 'kwok', 'storage'],
    storage: { attachDelayMs: ATTACH_MS, detachDelayMs: ATTACH_MS },
  });
  await installCrds(controlPlane);
  const { server, caData, token, kubeconfigPath, kubectl, dir } = controlPlane;
  const shared: SharedControlPlane = { server, caData, token, kubeconfigPath, kubectl, dir };
  project.provide('controlPlane', shared);
  return async () => {
    const problems = differences(rightsAsked(dir), [...IN_NAMESPACE, ...IN_CLUSTER], await isAllAsked());
    await controlPlane.stop();
    if (problems.length > 0) throw new Error(`least privilege:\n  ${problems.join('\n  ')}`);
  };
}
