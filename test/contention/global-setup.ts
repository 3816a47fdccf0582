// Starts the control plane of the project `contention`, and tells in the end what its scenarios have measured.
import type { TestProject } from 'vitest/node';

import { startSharedPlane } from '../envtest/shared-plane.ts';
import { tell } from './report/tell.ts';
import { SCENARIOS } from './scenarios.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const startedAt = new Date();
  const stop = await startSharedPlane(project, async () => false);
  return async () => {
    await stop();
    await tell(project, 'contention', SCENARIOS, startedAt);
  };
}
