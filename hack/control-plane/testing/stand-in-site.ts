// A local web server in the place of the official release sites; records what it was asked for.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';

import { onTestFinished } from 'vitest';

import type { ReleaseSites } from '../providers/releases.ts';

export interface StandInSite {
  readonly sites: Required<ReleaseSites>;
  /** The paths of all requests, in order. */
  readonly asked: readonly string[];
}

/** Answers each path with its content, or as its listener wants; 404 for everything else. Stops when the test is over. */
export async function standInSite(
  pages: Readonly<Record<string, string | Buffer | RequestListener>>,
): Promise<StandInSite> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const page = pages[path];
    if (typeof page === 'function') page(request, response);
    else if (page === undefined) response.writeHead(404).end('not found');
    else response.end(page);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('stand-in site: no port');
  const site = `http://127.0.0.1:${address.port}`;
  return {
    sites: { kubernetes: `${site}/k8s`, github: `${site}/github`, githubApi: `${site}/api`, helm: `${site}/helm` },
    asked,
  };
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
