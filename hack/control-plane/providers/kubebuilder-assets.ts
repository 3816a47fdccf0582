// An explicit folder: `KUBEBUILDER_ASSETS`, as controller-runtime's envtest reads it. Serves the tools that it has, in
// whatever version: who names a folder wants these.
import { join } from 'node:path';

import type { Tool } from '../versions.ts';
import { isExecutable } from './executable.ts';
import type { Environment, Provider, Served } from './provider.ts';

export function kubebuilderAssets(environment: Environment): Provider {
  const folder = environment['KUBEBUILDER_ASSETS'];
  return { name: 'KUBEBUILDER_ASSETS', serve: async (tools) => new Map(tools.map((tool) => [tool, serveOne(tool)])) };

  function serveOne(tool: Tool): Served {
    if (folder === undefined || folder === '') return { reason: 'is not set' };
    const path = join(folder, tool);
    return isExecutable(path) ? { path } : { reason: `${folder} has no ${tool}` };
  }
}
