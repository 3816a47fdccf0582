// Finds the programs of the control plane. A chain of providers; the first that serves a tool wins, and the log says
// which:
//
//   KUBEBUILDER_ASSETS   an explicit folder, for the tools it has
//   cache                what an earlier download or build left: NODEFLEET_CACHE, by default ~/.cache/nodefleet
//   download             the official release binaries, checked (switched off by NODEFLEET_OFFLINE=1)
//   go build             the pinned Go modules beside this file
import { cache, cacheFolder } from './providers/cache.ts';
import { download } from './providers/download.ts';
import { goBuild } from './providers/go-build.ts';
import { kubebuilderAssets } from './providers/kubebuilder-assets.ts';
import type { Environment, Log, Provider } from './providers/provider.ts';
import { GO_VERSION, versionOf, type Tool } from './versions.ts';

export interface ResolvedTool {
  readonly path: string;
  /** The name of the provider that served it. */
  readonly provider: string;
}

export interface ResolveOptions {
  /** Default: `process.env`. */
  readonly environment?: Environment;
  /** Progress, one line a call. Default: standard error. */
  readonly log?: Log;
  /** Default: `defaultProviders`. */
  readonly providers?: readonly Provider[];
}

export const toStandardError: Log = (line) => void process.stderr.write(`${line}\n`);

/** Nothing serves some tools. The message says what was tried for each of them and how to help. */
export class MissingToolsError extends Error {
  override readonly name = 'MissingToolsError';
}

/**
 * A path for each of the tools. Downloads or builds what is missing, which may take minutes.
 *
 * @throws MissingToolsError
 */
export async function resolveTools(
  names: readonly Tool[],
  options: ResolveOptions = {},
): Promise<ReadonlyMap<Tool, ResolvedTool>> {
  const log = options.log ?? toStandardError;
  const resolved = new Map<Tool, ResolvedTool>();
  const tried = new Map<Tool, string[]>(names.map((tool) => [tool, []]));
  for (const provider of options.providers ?? defaultProviders(options.environment ?? process.env, log)) {
    const missing = names.filter((tool) => !resolved.has(tool));
    if (missing.length === 0) break;
    for (const [tool, served] of await provider.serve(missing)) {
      if ('path' in served) resolved.set(tool, { path: served.path, provider: provider.name });
      else tried.get(tool)?.push(`${provider.name}: ${served.reason}`);
    }
  }
  const missing = names.filter((tool) => !resolved.has(tool));
  if (missing.length > 0) throw new MissingToolsError(explain(missing, tried));
  log(`control plane: served by ${summary(resolved)}`);
  return resolved;
}

/** The chain at the top of this file. */
export function defaultProviders(environment: Environment, log: Log): readonly Provider[] {
  const folder = cacheFolder(environment);
  return [
    kubebuilderAssets(environment),
    cache(folder),
    download(folder, environment, log),
    goBuild(folder, environment, log),
  ];
}

/** `cache: etcd, kwok; go build: kubectl`. */
function summary(resolved: ReadonlyMap<Tool, ResolvedTool>): string {
  const groups = Map.groupBy(resolved, ([, { provider }]) => provider);
  return [...groups].map(([provider, tools]) => `${provider}: ${tools.map(([tool]) => tool).join(', ')}`).join('; ');
}

function explain(missing: readonly Tool[], tried: ReadonlyMap<Tool, readonly string[]>): string {
  const attempts = missing.map((tool) => [`${tool} ${versionOf(tool)}`, ...(tried.get(tool) ?? [])].join('\n    '));
  return [
    'control plane: nothing serves these tools; what was tried:',
    ...attempts.map((lines) => `  ${lines}`),
    'Any one of these helps:',
    `  - install Go ${GO_VERSION} or newer (https://go.dev/dl/): the tools are then built from pinned sources, once`,
    '  - allow downloads from dl.k8s.io, github.com and get.helm.sh (and do not set NODEFLEET_OFFLINE=1)',
    `  - set KUBEBUILDER_ASSETS to a folder that has ${missing.join(', ')}`,
  ].join('\n');
}
