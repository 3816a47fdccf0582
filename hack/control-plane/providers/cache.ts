// What an earlier download or build left in the cache folder: one file per tool, version and platform, complete or
// absent.
import { homedir } from 'node:os';
import { join } from 'node:path';

import { releaseOf, type Tool } from '../versions.ts';
import { isExecutable } from './executable.ts';
import type { Environment, Provider } from './provider.ts';

/** `NODEFLEET_CACHE`, else `$XDG_CACHE_HOME/nodefleet`, else `~/.cache/nodefleet`. */
export function cacheFolder(environment: Environment): string {
  const explicit = environment['NODEFLEET_CACHE'];
  if (explicit) return explicit;
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nodefleet');
}

/** Where a tool belongs in the cache. */
export function cachePath(folder: string, tool: Tool): string {
  return join(folder, 'tools', `${process.platform}-${process.arch}`, releaseOf(tool), tool);
}

export function cache(folder: string): Provider {
  return {
    name: 'cache',
    serve: async (tools) =>
      new Map(
        tools.map((tool) => {
          const path = cachePath(folder, tool);
          return [tool, isExecutable(path) ? { path } : { reason: `${path} does not exist` }];
        }),
      ),
  };
}
