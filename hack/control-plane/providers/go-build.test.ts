import { delimiter, join } from 'node:path';
import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { scratchFolder, writeScript } from '../testing/scratch.ts';
import { cachePath } from './cache.ts';
import { goBuild } from './go-build.ts';
import type { Environment, Served } from './provider.ts';

/** A folder with a `go` that is this shell script, as PATH. */
function pathWithGo(script: string): string {
  const folder = scratchFolder();
  writeScript(join(folder, 'go'), script);
  return [folder, '/usr/bin', '/bin'].join(delimiter);
}

async function buildEtcd(environment: Environment, folder = scratchFolder()): Promise<Served | undefined> {
  return (await goBuild(folder, environment, () => {}).serve(['etcd'])).get('etcd');
}

const VERSION = 'if [ "$1" = version ]; then echo go version go1.26.8 linux/amd64; exit 0; fi';
/** Writes its own arguments, folder and environment to the file after `-o`. */
const RECORD = `${VERSION}
while [ "$1" != -o ]; do flags="$flags $1"; shift; done
{ echo "$flags|$3|$PWD"; env; } >"$2"`;

describe('go build', () => {
  test.for([
    { name: 'no go', path: '/nonexistent', reason: 'Go 1.26 or newer is needed, PATH has no go' },
    {
      name: 'a Go that is too old',
      script: 'echo go version go1.25.9 linux/amd64',
      reason: 'Go 1.26 or newer is needed, PATH has go version go1.25.9 linux/amd64',
    },
    {
      name: 'a Go that may not fetch the toolchain',
      script: 'echo "go: go.mod requires go >= 1.26.0 (running go 1.24.1; GOTOOLCHAIN=local)" >&2; exit 1',
      reason: 'Go 1.26 or newer is needed: go: go.mod requires go >= 1.26.0 (running go 1.24.1; GOTOOLCHAIN=local)',
    },
  ])('says so when there is $name', async ({ path, script, reason }) => {
    expect(await buildEtcd({ PATH: path ?? pathWithGo(script ?? '') })).toEqual({ reason });
  });

  test('takes newer Go versions', async () => {
    const script = RECORD.replace('go1.26.8', 'go2.0.1');
    expect(await buildEtcd({ PATH: pathWithGo(script) })).toHaveProperty('path');
  });

  test('reports the end of what a failing build says, and leaves nothing in the cache', async () => {
    const folder = scratchFolder();
    const script = `${VERSION}\necho one >&2; echo "no space left" >&2; exit 1`;
    expect(await buildEtcd({ PATH: pathWithGo(script) }, folder)).toEqual({ reason: 'one; no space left' });
    expect(existsSync(cachePath(folder, 'etcd'))).toBe(false);
  });

  test('builds the pinned package in its own module, with the version in Kubernetes programs', async () => {
    const folder = scratchFolder();
    const provider = goBuild(folder, { PATH: pathWithGo(RECORD) }, () => {});
    await provider.serve(['kwok', 'kube-scheduler']);
    const [kwok, scheduler] = (['kwok', 'kube-scheduler'] as const).map((tool) =>
      readFileSync(cachePath(folder, tool), 'utf8'),
    );
    expect(kwok).toMatch(/^ build -ldflags -s -w\|sigs\.k8s\.io\/kwok\/cmd\/kwok\|.*\/control-plane\/kwok\n/);
    expect(scheduler).toMatch(
      /gitVersion=v1\.36\.3 .*gitMajor=1 .*gitMinor=36\|k8s\.io\/kubernetes\/cmd\/kube-scheduler\|/,
    );
    expect(scheduler).toContain('CGO_ENABLED=0');
  });

  test('uses no network when NODEFLEET_OFFLINE is 1', async () => {
    const folder = scratchFolder();
    await buildEtcd({ PATH: pathWithGo(RECORD), NODEFLEET_OFFLINE: '1' }, folder);
    expect(readFileSync(cachePath(folder, 'etcd'), 'utf8')).toContain('GOPROXY=off');
  });

  test('announces each build, and its end', async () => {
    const lines: string[] = [];
    await goBuild(scratchFolder(), { PATH: pathWithGo(RECORD) }, (line) => lines.push(line)).serve(['etcd']);
    expect(lines).toEqual([
      'control plane: go build etcd v3.6.8 (the first time takes minutes)',
      expect.stringMatching(/^control plane: go build etcd v3\.6\.8: done in \d+ s$/),
    ]);
  });
});
