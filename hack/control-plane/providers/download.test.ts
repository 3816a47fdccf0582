import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { create } from 'tar';
import { describe, expect, test } from 'vitest';

import { scratchFolder } from '../testing/scratch.ts';
import { sha256, standInSite } from '../testing/stand-in-site.ts';
import { releaseOf, type Tool } from '../versions.ts';
import { cachePath } from './cache.ts';
import { download, type DownloadOptions } from './download.ts';
import type { Environment, Served } from './provider.ts';
import { releaseOfficial, thisPlatform } from './releases.ts';

const LINUX_ONLY = process.platform !== 'linux' && 'Kubernetes servers are released for Linux alone';
const PROGRAM = '#!/bin/sh\necho hello\n';

/** The paths under which the stand-in site is asked for a tool. */
function pathsOf(tool: Tool): { readonly file: string; readonly checksum: string; readonly member: string } {
  const release = releaseOfficial(tool, thisPlatform(), { kubernetes: '/k8s', github: '/github', githubApi: '/api' });
  return { file: release?.url ?? '', checksum: release?.checksumUrl ?? '', member: release?.member ?? '' };
}

const KUBECTL = pathsOf('kubectl');

async function serveOne(
  tool: Tool,
  options: DownloadOptions,
  folder = scratchFolder(),
  environment: Environment = {},
): Promise<Served | undefined> {
  return (await download(folder, environment, () => {}, options).serve([tool])).get(tool);
}

describe('download', () => {
  test('puts a program whose SHA-256 is the published one into the cache, ready to run', async () => {
    const folder = scratchFolder();
    const { sites } = await standInSite({ [KUBECTL.file]: PROGRAM, [KUBECTL.checksum]: `${sha256(PROGRAM)}\n` });
    expect(await serveOne('kubectl', { sites }, folder)).toEqual({ path: cachePath(folder, 'kubectl') });
    expect(readFileSync(cachePath(folder, 'kubectl'), 'utf8')).toBe(PROGRAM);
  });

  test('refuses a program with another SHA-256 and leaves nothing in the cache', async () => {
    const folder = scratchFolder();
    const { sites } = await standInSite({ [KUBECTL.file]: 'tampered', [KUBECTL.checksum]: sha256(PROGRAM) });
    const served = await serveOne('kubectl', { sites }, folder);
    expect(served).toEqual({ reason: expect.stringContaining(`has SHA-256 ${sha256('tampered')}`) });
    expect(existsSync(cachePath(folder, 'kubectl'))).toBe(false);
    expect(readdirSync(join(cachePath(folder, 'kubectl'), '..'))).toEqual([]);
  });

  test('does not even fetch a program that nothing vouches for', async () => {
    const { sites, asked } = await standInSite({ [KUBECTL.file]: PROGRAM, [KUBECTL.checksum]: 'no sum' });
    expect(await serveOne('kubectl', { sites })).toEqual({ reason: expect.stringContaining('has no SHA-256 for it') });
    expect(asked).toEqual([KUBECTL.checksum]);
  });

  test('says which address is not found', async () => {
    const { sites } = await standInSite({});
    expect(await serveOne('kubectl', { sites })).toEqual({
      reason: `${sites.kubernetes}${KUBECTL.checksum.slice(4)}: status 404`,
    });
  });

  test('gives up a server that accepts the connection and never answers', async () => {
    const { sites } = await standInSite({ [KUBECTL.checksum]: () => {} });
    const served = await serveOne('kubectl', { sites, patience: { answerMs: 50 } });
    expect(served).toEqual({ reason: expect.stringContaining('no answer within 0.05 s') });
  });

  test('gives up a server that stops in the middle, and leaves nothing in the cache', async () => {
    const folder = scratchFolder();
    const { sites } = await standInSite({
      [KUBECTL.checksum]: sha256(PROGRAM),
      [KUBECTL.file]: (_request, response) => void response.write(PROGRAM.slice(0, 3)),
    });
    const served = await serveOne('kubectl', { sites, patience: { stallMs: 50 } }, folder);
    expect(served).toEqual({ reason: expect.stringContaining(`${KUBECTL.file.slice(4)}: no answer within 0.05 s`) });
    expect(readdirSync(join(cachePath(folder, 'kubectl'), '..'))).toEqual([]);
  });

  test('says why a server cannot be reached at all', async () => {
    const served = await serveOne('kubectl', { sites: { kubernetes: 'http://127.0.0.1:1' } });
    expect(served).toEqual({ reason: expect.stringMatching(/^http:\/\/127\.0\.0\.1:1\/.*(ECONNREFUSED|bad port)/) });
  });

  test('makes no request when NODEFLEET_OFFLINE is 1', async () => {
    const { sites, asked } = await standInSite({ [KUBECTL.file]: PROGRAM, [KUBECTL.checksum]: sha256(PROGRAM) });
    const served = await serveOne('kubectl', { sites }, scratchFolder(), { NODEFLEET_OFFLINE: '1' });
    expect(served).toEqual({ reason: 'switched off by NODEFLEET_OFFLINE=1' });
    expect(asked).toEqual([]);
  });

  test('answers for each tool by itself', async () => {
    const kwok = pathsOf('kwok');
    const asset = { name: kwok.file.split('/').at(-1), digest: `sha256:${sha256(PROGRAM)}` };
    const { sites } = await standInSite({ [kwok.file]: PROGRAM, [kwok.checksum]: JSON.stringify({ assets: [asset] }) });
    const folder = scratchFolder();
    const served = await download(folder, {}, () => {}, { sites }).serve(['kubectl', 'kwok']);
    expect(served.get('kubectl')).toEqual({ reason: expect.stringContaining('status 404') });
    expect(served.get('kwok')).toEqual({ path: cachePath(folder, 'kwok') });
  });

  test('shows how far it is', async () => {
    const lines: string[] = [];
    const { sites } = await standInSite({
      [KUBECTL.file]: Buffer.alloc(3_000_000),
      [KUBECTL.checksum]: sha256(Buffer.alloc(3_000_000)),
    });
    await download(scratchFolder(), {}, (line) => lines.push(line), { sites }).serve(['kubectl']);
    expect(lines.at(-1)).toBe('control plane: download kubectl v1.36.3: 3 of 3 MB');
  });

  test('takes etcd out of its archive', async ({ skip }) => {
    if (LINUX_ONLY) skip(LINUX_ONLY);
    const etcd = pathsOf('etcd');
    const source = scratchFolder();
    mkdirSync(join(source, etcd.member, '..'), { recursive: true });
    writeFileSync(join(source, etcd.member), PROGRAM, { mode: 0o755 });
    writeFileSync(join(source, etcd.member, '..', 'README.md'), 'read me');
    await create({ file: join(source, 'etcd.tar.gz'), cwd: source, gzip: true }, [join(etcd.member, '..')]);
    const archive = readFileSync(join(source, 'etcd.tar.gz'));
    const { sites } = await standInSite({
      [etcd.file]: archive,
      [etcd.checksum]: `${sha256(archive)}  ${etcd.file.split('/').at(-1)}\n`,
    });
    const folder = scratchFolder();
    expect(await serveOne('etcd', { sites }, folder)).toEqual({ path: cachePath(folder, 'etcd') });
    expect(readFileSync(cachePath(folder, 'etcd'), 'utf8')).toBe(PROGRAM);
    expect(readdirSync(join(cachePath(folder, 'etcd'), '..'))).toEqual(['etcd']);
    expect(cachePath(folder, 'etcd')).toContain(releaseOf('etcd'));
  });
});
