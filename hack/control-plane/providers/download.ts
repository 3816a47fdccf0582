// The official release binaries, downloaded into the cache and checked against the published SHA-256 sums (releases.ts).
//
// Guarantees: nothing that fails its check gets into the cache or is run; with NODEFLEET_OFFLINE=1 no request is made; a
// server that does not answer is given up within 5 s.
import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { extract } from 'tar';

import { versionOf, type Tool } from '../versions.ts';
import { cachePath } from './cache.ts';
import { install } from './executable.ts';
import { fetchFile, fetchText, type Patience } from './fetch-file.ts';
import type { Environment, Log, Provider, Served } from './provider.ts';
import { releaseOfficial, thisPlatform, type Release, type ReleaseSites } from './releases.ts';

export interface DownloadOptions {
  /** Default: the official sites. */
  readonly sites?: ReleaseSites;
  readonly patience?: Patience;
}

const PROGRESS_MS = 3_000;
const MEGABYTE = 1_000_000;

export function download(folder: string, environment: Environment, log: Log, options: DownloadOptions = {}): Provider {
  const { sites, patience = {} } = options;
  return {
    name: 'download',
    serve: async (tools) =>
      new Map(await Promise.all(tools.map(async (tool) => [tool, await serveOne(tool)] as const))),
  };

  async function serveOne(tool: Tool): Promise<Served> {
    if (environment['NODEFLEET_OFFLINE'] === '1') return { reason: 'switched off by NODEFLEET_OFFLINE=1' };
    const { os, arch } = thisPlatform();
    const release = releaseOfficial(tool, { os, arch }, sites);
    if (release === undefined) return { reason: `there is no official release for ${os}/${arch}` };
    try {
      const path = cachePath(folder, tool);
      const checksum = release.checksumIn(await fetchText(release.checksumUrl, patience));
      if (checksum === undefined) return { reason: `${release.checksumUrl} has no SHA-256 for it: not downloaded` };
      await install(path, (temporary) => fetchChecked(tool, release, checksum, temporary));
      return { path };
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error) };
    }
  }

  async function fetchChecked(tool: Tool, release: Release, checksum: string, temporary: string): Promise<void> {
    const fetched = release.member === undefined ? temporary : `${temporary}.tar.gz`;
    const computed = await fetchFile(release.url, fetched, progressOf(tool, log), patience);
    if (computed !== checksum) {
      throw new Error(`${release.url} has SHA-256 ${computed}, ${release.checksumUrl} says ${checksum}: refused`);
    }
    if (release.member !== undefined) await unpack(fetched, release.member, temporary);
  }
}

/** A line at the start, one every few seconds, and one at the end. */
function progressOf(tool: Tool, log: Log): (bytes: number, total: number | undefined) => void {
  const what = `control plane: download ${tool} ${versionOf(tool)}`;
  let nextAt = 0;
  return (bytes, total) => {
    const now = performance.now();
    if (now < nextAt && bytes !== total) return;
    nextAt = now + PROGRESS_MS;
    const all = total === undefined ? '' : ` of ${Math.round(total / MEGABYTE)}`;
    log(`${what}: ${Math.round(bytes / MEGABYTE)}${all} MB`);
  };
}

async function unpack(archive: string, member: string, path: string): Promise<void> {
  const cwd = dirname(path);
  await extract({ file: archive, cwd, strict: true, filter: (name) => name === member });
  renameSync(join(cwd, member), path);
}
