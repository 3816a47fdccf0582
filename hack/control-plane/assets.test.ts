import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { defaultProviders, MissingToolsError, resolveTools } from './assets.ts';
import { cachePath } from './providers/cache.ts';
import type { Provider } from './providers/provider.ts';
import { scratchFolder, writeScript } from './testing/scratch.ts';
import type { Tool } from './versions.ts';

/** Serves the given tools and records what it was asked for. */
function recording(name: string, has: readonly Tool[]): Provider & { readonly asked: Tool[][] } {
  const asked: Tool[][] = [];
  return {
    name,
    asked,
    serve: async (tools) => {
      asked.push([...tools]);
      return new Map(
        tools.map((tool) => [tool, has.includes(tool) ? { path: `/${name}/${tool}` } : { reason: 'not here' }]),
      );
    },
  };
}

const quiet = { log: () => {} };

describe('resolveTools', () => {
  test('takes each tool from the first provider that serves it', async () => {
    const providers = [recording('first', ['etcd']), recording('second', ['etcd', 'kwok'])];
    const tools = await resolveTools(['etcd', 'kwok'], { providers, ...quiet });
    expect([...tools]).toEqual([
      ['etcd', { path: '/first/etcd', provider: 'first' }],
      ['kwok', { path: '/second/kwok', provider: 'second' }],
    ]);
  });

  test('asks a later provider only for what is still missing', async () => {
    const [first, second, third] = [recording('1', ['etcd']), recording('2', ['kwok']), recording('3', [])];
    await resolveTools(['etcd', 'kwok'], { providers: [first, second, third], ...quiet });
    expect([first.asked, second.asked, third.asked]).toEqual([[['etcd', 'kwok']], [['kwok']], []]);
  });

  test('says in one line which provider served which tools', async () => {
    const lines: string[] = [];
    const providers = [recording('cache', ['etcd']), recording('go build', ['kwok', 'kubectl'])];
    await resolveTools(['kwok', 'etcd', 'kubectl'], { providers, log: (line) => lines.push(line) });
    expect(lines).toEqual(['control plane: served by cache: etcd; go build: kwok, kubectl']);
  });

  test('rejects with all that was tried for each missing tool, and how to help', async () => {
    const providers = [recording('one', ['etcd']), recording('two', [])];
    const failure = resolveTools(['etcd', 'kwok'], { providers, ...quiet });
    await expect(failure).rejects.toThrow(MissingToolsError);
    await expect(failure).rejects.toThrow(/ {2}kwok v0\.8\.0\n {4}one: not here\n {4}two: not here\n/);
    await expect(failure).rejects.toThrow(/install Go 1\.26 or newer/);
    await expect(failure).rejects.toThrow(/set KUBEBUILDER_ASSETS to a folder that has kwok$/);
  });
});

describe('the default chain', () => {
  test('is KUBEBUILDER_ASSETS, cache, download, go build', () => {
    const names = defaultProviders({}, () => {}).map(({ name }) => name);
    expect(names).toEqual(['KUBEBUILDER_ASSETS', 'cache', 'download', 'go build']);
  });

  test('prefers KUBEBUILDER_ASSETS for the tools that it has, and the cache for the others', async () => {
    const folder = scratchFolder();
    const environment = { KUBEBUILDER_ASSETS: join(folder, 'assets'), NODEFLEET_CACHE: join(folder, 'cache') };
    const etcd = writeScript(join(folder, 'assets', 'etcd'));
    writeScript(cachePath(environment.NODEFLEET_CACHE, 'etcd'));
    const kubectl = writeScript(cachePath(environment.NODEFLEET_CACHE, 'kubectl'));
    const tools = await resolveTools(['etcd', 'kubectl'], { environment, ...quiet });
    expect([...tools]).toEqual([
      ['etcd', { path: etcd, provider: 'KUBEBUILDER_ASSETS' }],
      ['kubectl', { path: kubectl, provider: 'cache' }],
    ]);
  });

  test('names every provider and its reason when neither network nor Go is there', async () => {
    const folder = scratchFolder();
    const environment = { KUBEBUILDER_ASSETS: folder, NODEFLEET_CACHE: folder, NODEFLEET_OFFLINE: '1', PATH: folder };
    const failure = resolveTools(['etcd'], { environment, ...quiet });
    await expect(failure).rejects.toThrow(`KUBEBUILDER_ASSETS: ${folder} has no etcd`);
    await expect(failure).rejects.toThrow(`cache: ${cachePath(folder, 'etcd')} does not exist`);
    await expect(failure).rejects.toThrow('download: switched off by NODEFLEET_OFFLINE=1');
    await expect(failure).rejects.toThrow('go build: Go 1.26 or newer is needed, PATH has no go');
  });
});
