// Who started a test cluster, so that what a killed run left behind is found and removed, and nobody else's.
//
// An owner is a process of one host: its id and when it started, because ids are used again. It travels as a label on
// each container and volume. A cluster without an owner (`make kind-up`) is never swept.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

import { docker } from '../docker/docker.ts';

/** The cluster's name. On everything that belongs to it. */
export const CLUSTER_LABEL = 'dev.nodefleet.cluster';
/** Only on what is to be gone when its owner is. */
export const OWNER_LABEL = 'dev.nodefleet.owner';

/** `host/pid/start` of this process. */
export function ownOwner(): string {
  return `${hostname()}/${process.pid}/${startOf(process.pid)}`;
}

/** Whether an owner has certainly ended: of another host's processes nothing is known. */
export function isDead(owner: string): boolean {
  const [host, pid, start] = owner.split('/');
  if (host !== hostname() || pid === undefined || !/^\d+$/.test(pid)) return false;
  return startOf(Number(pid)) !== start;
}

/** When a process started, in a form of its platform's; `''` when there is none. */
function startOf(pid: number): string {
  try {
    // Field 22; the second one, the program's name in parentheses, may itself have spaces.
    if (process.platform === 'linux') {
      return (
        readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')[19] ?? ''
      );
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .replaceAll(' ', '-');
  } catch {
    return '';
  }
}

/** The clusters of which a container or a volume is left, and whose owner has ended. */
export async function abandonedClusters(): Promise<readonly string[]> {
  const format = `{{.Label "${CLUSTER_LABEL}"}} {{.Label "${OWNER_LABEL}"}}`;
  const filter = ['--filter', `label=${OWNER_LABEL}`, '--format', format];
  const lines = await Promise.all([docker(['ps', '--all', ...filter]), docker(['volume', 'ls', ...filter])]);
  const dead = lines
    .flatMap((text) => text.split('\n'))
    .map((line) => line.split(' '))
    .filter(([, owner]) => owner !== undefined && isDead(owner))
    .map(([cluster]) => cluster ?? '');
  return [...new Set(dead)];
}

/** Removes every container and volume of a cluster. Idempotent. Resolves to whether there was any. */
export async function removeLabelled(cluster: string): Promise<boolean> {
  const filter = ['--quiet', '--filter', `label=${CLUSTER_LABEL}=${cluster}`];
  const containers = lines(await docker(['ps', '--all', ...filter]));
  if (containers.length > 0) await docker(['rm', '--force', '--volumes', ...containers]);
  const volumes = lines(await docker(['volume', 'ls', ...filter]));
  if (volumes.length > 0) await docker(['volume', 'rm', '--force', ...volumes]);
  return containers.length + volumes.length > 0;
}

function lines(text: string): readonly string[] {
  return text === '' ? [] : text.split('\n');
}
