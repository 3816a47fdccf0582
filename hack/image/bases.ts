// Which base images the operator's image is built from.
//
// BUILD_IMAGE and RUNTIME_IMAGE, both of them, name images of your own. Without them those that the Dockerfile names are
// used. Where they are not here and cannot be pulled, two local ones take their place, made from any glibc image that is
// here (by default the kind node image), Node.js and npm as npm packages, and the user's package registry.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { docker, DockerError, hasImage } from '../docker/docker.ts';

export interface Bases {
  /** Node.js with npm, sh and find. */
  readonly build: string;
  readonly runtime: string;
}

const TOP = resolve(import.meta.dirname, '..', '..');
/** Exact, as everything that is built from. */
const NPM = 'npm@11.19.1';

/** @throws DockerError of one line when there are none and none can be made */
export async function chooseBases(
  environment: Readonly<Record<string, string | undefined>>,
  print: (line: string) => void,
): Promise<Bases> {
  const { BUILD_IMAGE: build, RUNTIME_IMAGE: runtime } = environment;
  if (build && runtime) return { build, runtime };
  if (build || runtime) throw new DockerError('image: BUILD_IMAGE and RUNTIME_IMAGE go together; set both or none');
  const wanted = basesNamed(readFileSync(join(TOP, 'Dockerfile'), 'utf8'));
  const refusal = await pullAll(Object.values(wanted));
  if (refusal === undefined) return wanted;
  const system = environment['KIND_NODE_IMAGE'] || environment['SYSTEM_IMAGE'] || 'kindest/node:v1.36.3';
  if (!(await hasImage(system))) {
    throw new DockerError(
      `image: ${refusal}; set BUILD_IMAGE and RUNTIME_IMAGE to images with Node.js 24 that you have, ` +
        `or SYSTEM_IMAGE to any Debian-like image, and both are made from it`,
    );
  }
  const local = await localBases(system);
  if ((await hasImage(local.build)) && (await hasImage(local.runtime))) print(`${refusal}: using local base images`);
  else {
    print(`${refusal}: making local base images from ${system} and npm packages …`);
    await buildLocalBases(local, system);
  }
  return local;
}

/** The defaults of the two arguments. @throws Error if the Dockerfile has none */
export function basesNamed(dockerfile: string): Bases {
  const valueOf = (name: string): string => {
    const value = new RegExp(`^ARG ${name}=(\\S+)$`, 'm').exec(dockerfile)?.[1];
    if (value === undefined) throw new Error(`Dockerfile: no default for ${name}`);
    return value;
  };
  return { build: valueOf('BUILD_IMAGE'), runtime: valueOf('RUNTIME_IMAGE') };
}

/** Undefined when all images are here in the end, else why not, in one line. */
async function pullAll(images: readonly string[]): Promise<string | undefined> {
  for (const image of images) {
    if (await hasImage(image)) continue;
    try {
      await docker(['pull', '--quiet', image]);
    } catch {
      return `${image} is not here and cannot be pulled`;
    }
  }
  return undefined;
}

/** Their tag says what they are made of. */
async function localBases(system: string): Promise<Bases> {
  const hash = createHash('sha256').update(await docker(['image', 'inspect', '--format', '{{.Id}}', system]));
  for (const path of ['package.json', 'package-lock.json', 'hack/image/local-bases.Dockerfile']) {
    hash.update(readFileSync(join(TOP, path)));
  }
  const tag = hash.update(NPM).digest('hex').slice(0, 12);
  return { build: `nodefleet-base-build:${tag}`, runtime: `nodefleet-base-runtime:${tag}` };
}

async function buildLocalBases(bases: Bases, system: string): Promise<void> {
  const node = join(TOP, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (process.platform !== 'linux' || !existsSync(node)) {
    throw new DockerError(
      `image: local base images need Linux on x64 or arm64, for its Node.js; set BUILD_IMAGE and RUNTIME_IMAGE`,
    );
  }
  const context = mkdtempSync(join(tmpdir(), 'nodefleet-bases-'));
  try {
    cpSync(node, join(context, 'node'));
    const registry = fillNpmCache(context);
    const file = join(import.meta.dirname, 'local-bases.Dockerfile');
    const args = ['--build-arg', `SYSTEM_IMAGE=${system}`, '--build-arg', `NPM_CONFIG_REGISTRY=${registry}`];
    for (const target of ['build', 'runtime'] as const) {
      await docker(['build', '--quiet', '--target', target, '--tag', bases[target], ...args, '--file', file, context]);
    }
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** Puts npm and every package of the lock file into the context, with the user's npm. Returns the registry's address. */
function fillNpmCache(context: string): string {
  const scratch = join(context, 'scratch');
  mkdirSync(scratch);
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) cpSync(join(TOP, file), join(scratch, file));
  // make puts a Node.js of ours in front; npm runs with the one that it came with.
  const env = { ...process.env, PATH: process.env['SYSTEM_PATH'] || process.env['PATH'] };
  const npm = (...args: readonly string[]): string =>
    execFileSync('npm', [...args, '--loglevel=error'], {
      ...{ cwd: scratch, env, encoding: 'utf8' },
      stdio: ['ignore', 'pipe', 'inherit'],
    }).trim();
  const archive = npm('pack', NPM, '--silent');
  execFileSync('tar', ['-xzf', archive], { cwd: scratch });
  renameSync(join(scratch, 'package'), join(context, 'npm'));
  npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', join(context, 'npm-cache'));
  const registry = npm('config', 'get', 'registry');
  rmSync(scratch, { recursive: true, force: true });
  return registry;
}
