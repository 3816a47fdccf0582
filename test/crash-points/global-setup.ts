// Starts the control plane of the project `crash-points`, and tells in the end what its operations have shown.
import type { TestProject } from 'vitest/node';

import { tell } from '../contention/report/tell.ts';
import { startSharedPlane } from '../envtest/shared-plane.ts';
import { OPERATIONS } from './operations.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const startedAt = new Date();
  const stop = await startSharedPlane(project, async () => false);
  const scenarios = OPERATIONS.map(({ id, name, expected }) => ({ id, name, expected }));
  return async () => {
    await stop();
    await tell(project, 'crash-points', scenarios, startedAt);
  };
}
