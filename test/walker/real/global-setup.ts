// Starts the control plane of the project `walk`.
import type { TestProject } from 'vitest/node';

import { startSharedPlane } from '../../envtest/shared-plane.ts';

export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return startSharedPlane(project, async () => false);
}
