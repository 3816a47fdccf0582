// Starts the control plane of the project `envtest`, once for all its files. See shared-plane.ts.
import type { TestProject } from 'vitest/node';

import { startSharedPlane } from './shared-plane.ts';

export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return startSharedPlane(project, () => hasRunWhole(project));
}

/** Whether every test of the project has run and passed. */
async function hasRunWhole(project: TestProject): Promise<boolean> {
  const { testFiles } = await project.globTestFiles();
  const modules = project.vitest.state.getTestModules().filter((module) => module.project === project);
  const passed = modules.filter((module) => module.ok());
  return passed.length === testFiles.length && project.config.testNamePattern === undefined;
}
