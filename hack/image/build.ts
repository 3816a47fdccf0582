// Builds the operator's image with `docker build`, and takes its SBOM out of it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import { docker, DockerError } from '../docker/docker.ts';
import { isGitCheckout } from '../git.ts';
import { chooseBases } from './bases.ts';

export interface BuiltImage {
  readonly image: string;
  /** Bytes. */
  readonly size: number;
  /** CycloneDX, relative to the current folder. */
  readonly sbomPath: string;
}

const TOP = resolve(import.meta.dirname, '..', '..');

/** `nodefleet:` and the version of package.json. */
export function defaultImage(): string {
  return `nodefleet:${version()}`;
}

/** Output of the build goes to the terminal. @throws DockerError or Error of one line */
export async function buildImage(image: string): Promise<BuiltImage> {
  const bases = await chooseBases(process.env, (line) => console.log(line));
  const registry = process.env['NPM_CONFIG_REGISTRY'] || process.env['npm_config_registry'];
  const values = {
    BUILD_IMAGE: bases.build,
    RUNTIME_IMAGE: bases.runtime,
    VERSION: version(),
    REVISION: revision(),
    ...(registry ? { NPM_CONFIG_REGISTRY: registry } : {}),
  };
  const args = Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const before = await idOf(image);
  await docker(['build', '--tag', image, ...args, TOP], { isShown: true }).catch((cause: unknown) => {
    throw new DockerError(`image: docker build failed, see above`, { cause });
  });
  // Without its tag it would stay for ever; where a container still uses it, it stays.
  if (before !== undefined && before !== (await idOf(image))) await docker(['rmi', before]).catch(() => {});
  const size = Number(await docker(['image', 'inspect', '--format', '{{.Size}}', image]));
  return { image, size, sbomPath: relative(process.cwd(), await copySbom(image)) };
}

/** Undefined if there is no such image. */
function idOf(image: string): Promise<string | undefined> {
  return docker(['image', 'inspect', '--format', '{{.Id}}', image]).catch(() => undefined);
}

async function copySbom(image: string): Promise<string> {
  const folder = join(TOP, '.run', 'image');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'sbom.cdx.json');
  const container = await docker(['create', image]);
  try {
    await docker(['cp', `${container}:/app/sbom.cdx.json`, path]);
  } finally {
    await docker(['rm', '--volumes', container]);
  }
  return path;
}

function version(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(TOP, 'package.json'), 'utf8'));
  return version;
}

/** The commit, with `-dirty` where the sources are not those of it. */
function revision(): string {
  if (!isGitCheckout()) return 'unknown';
  const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: TOP, encoding: 'utf8' }).trim();
  return `${git('rev-parse', 'HEAD')}${git('status', '--porcelain', '--', 'src', 'package-lock.json') === '' ? '' : '-dirty'}`;
}
