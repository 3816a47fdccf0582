// The last resort that needs only Go: builds the pinned modules of this folder (go.mod, kwok/go.mod) into the cache.
//
// go.sum fixes every source file. About 4 minutes for all tools on 2 cores the first time; Go's own build cache makes it
// seconds afterwards. With NODEFLEET_OFFLINE=1 only modules that are already on this machine are used.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { GO_VERSION, TOOLS, VERSIONS, versionOf, type Tool } from '../versions.ts';
import { cachePath } from './cache.ts';
import { install } from './executable.ts';
import type { Environment, Log, Provider, Served } from './provider.ts';

const run = promisify(execFile);
const PROGRESS_MS = 5_000;

export function goBuild(folder: string, environment: Environment, log: Log): Provider {
  const env = goEnvironment(environment);
  return {
    name: 'go build',
    async serve(tools) {
      const unusable = await refuseGo(env);
      const served = new Map<Tool, Served>();
      // One at a time: `go build` keeps all cores busy by itself.
      for (const tool of tools) served.set(tool, unusable ? { reason: unusable } : await build(tool, folder, env, log));
      return served;
    },
  };
}

function goEnvironment(environment: Environment): NodeJS.ProcessEnv {
  const offline = environment['NODEFLEET_OFFLINE'] === '1' ? { GOPROXY: 'off', GOTOOLCHAIN: 'local' } : {};
  return {
    ...environment,
    CGO_ENABLED: '0',
    GOWORK: 'off',
    GOFLAGS: '-mod=readonly -trimpath -buildvcs=false',
    ...offline,
  };
}

/** Why Go cannot be used, or undefined. Asked inside the module, where Go ≥ 1.21 fetches the toolchain that go.mod wants. */
async function refuseGo(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { stdout } = await run('go', ['version'], { cwd: import.meta.dirname + '/..', env });
    const found = /go(\d+)\.(\d+)/.exec(stdout);
    if (found !== null && isNewEnough(found[1], found[2])) return undefined;
    return `Go ${GO_VERSION} or newer is needed, PATH has ${stdout.trim()}`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return `Go ${GO_VERSION} or newer is needed, PATH has no go`;
    }
    return `Go ${GO_VERSION} or newer is needed: ${lastLines(messageOf(error))}`;
  }
}

function isNewEnough(major: string | undefined, minor: string | undefined): boolean {
  const [wantedMajor = 0, wantedMinor = 0] = GO_VERSION.split('.').map(Number);
  return Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
}

async function build(tool: Tool, folder: string, env: NodeJS.ProcessEnv, log: Log): Promise<Served> {
  const path = cachePath(folder, tool);
  const { goModule, goPackage, goTags } = TOOLS[tool];
  const tags = goTags === undefined ? [] : ['-tags', goTags];
  const cwd = join(import.meta.dirname, '..', goModule);
  const what = `control plane: go build ${tool} ${versionOf(tool)}`;
  const startedAt = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - startedAt) / 1000)} s`;
  log(`${what} (the first time takes minutes)`);
  const progress = setInterval(() => log(`${what}: ${elapsed()}`), PROGRESS_MS);
  try {
    await install(path, async (temporary) => {
      await run('go', ['build', ...tags, '-ldflags', linkerFlags(tool), '-o', temporary, goPackage], {
        cwd,
        env,
        maxBuffer: 2 ** 26,
      });
    });
    log(`${what}: done in ${elapsed()}`);
    return { path };
  } catch (error) {
    return { reason: lastLines(messageOf(error)) };
  } finally {
    clearInterval(progress);
  }
}

/** Without the version flags, Kubernetes programs call themselves v0.0.0. */
function linkerFlags(tool: Tool): string {
  if (TOOLS[tool].project !== 'kubernetes') return '-s -w';
  const version = VERSIONS.kubernetes;
  const [major, minor] = version.slice(1).split('.');
  const variable = '-X k8s.io/component-base/version.git';
  return `-s -w ${variable}Version=${version} ${variable}Major=${major} ${variable}Minor=${minor}`;
}

function messageOf(error: unknown): string {
  if (error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== '') {
    return error.stderr;
  }
  return error instanceof Error ? error.message : String(error);
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join('; ');
}
