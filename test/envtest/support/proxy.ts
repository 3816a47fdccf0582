// A door of its own for one process under test: everything that it asks of the API server passes here, is written down, and
// can be held. So a test knows what a process really sent, and when, though it is another process.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as requestOf } from 'node:https';

import { onTestFinished } from 'vitest';

import type { HttpRequest } from '../../../src/runtime/client/transport.ts';

export interface Passage {
  readonly method: HttpRequest['method'];
  readonly path: string;
  /** When it came, in milliseconds of `performance.now`. */
  readonly atMs: number;
  /** Undefined until the API server has answered. */
  status: number | undefined;
}

export interface HeldAnswer {
  /** Resolves when the API server has answered such a request, and the process has not heard of it. */
  readonly reached: Promise<void>;
  release(): void;
}

export interface Proxy {
  /** A kubeconfig that leads here. */
  readonly kubeconfig: object;
  /** In the order in which they came. */
  readonly passages: readonly Passage[];
  /** Those that could change something. */
  writes(): readonly Passage[];
  /** Holds the answer to the next request that matches. */
  hold(matches: (passage: Passage) => boolean): HeldAnswer;
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Record<'server' | 'certificate-authority-data', string> }];
  readonly users: readonly [{ readonly user: Record<'client-certificate-data' | 'client-key-data', string> }];
}

interface Hold {
  readonly matches: (passage: Passage) => boolean;
  readonly reached: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

/** Passes on with the credentials of that kubeconfig, a client certificate, until the test is over. */
export async function openProxy(kubeconfigPath: string): Promise<Proxy> {
  const config: Kubeconfig = JSON.parse(readFileSync(kubeconfigPath, 'utf8'));
  const [{ cluster }] = config.clusters;
  const [{ user }] = config.users;
  const agent = new Agent({
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
    keepAlive: true,
  });
  const passages: Passage[] = [];
  const holds = new Set<Hold>();
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing, { server: cluster.server, agent, passages, holds }).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
    agent.destroy();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    kubeconfig: kubeconfigOf(`http://127.0.0.1:${port}`),
    passages,
    writes: () => passages.filter(({ method, path }) => method !== 'GET' && !path.includes('dryRun=All')),
    hold: (matches) => {
      const hold: Hold = { matches, reached: Promise.withResolvers(), released: Promise.withResolvers() };
      holds.add(hold);
      return { reached: hold.reached.promise, release: hold.released.resolve };
    },
  };
}

interface Door {
  readonly server: string;
  readonly agent: Agent;
  readonly passages: Passage[];
  readonly holds: Set<Hold>;
}

async function pass(incoming: IncomingMessage, outgoing: ServerResponse, door: Door): Promise<void> {
  const { url: path = '/', headers } = incoming;
  const method = incoming.method as Passage['method'];
  const body = await readAll(incoming);
  const passage: Passage = { method, path, atMs: performance.now(), status: undefined };
  door.passages.push(passage);
  const { host: _, ...forwarded } = headers;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const forward = requestOf(`${door.server}${path}`, { method, headers: forwarded, agent: door.agent }, resolve);
    forward.on('error', reject);
    // A watch that is given up here is given up there.
    outgoing.on('close', () => forward.destroy());
    forward.end(body);
  });
  passage.status = answer.statusCode;
  const hold = [...door.holds].find(({ matches }) => matches(passage));
  if (hold !== undefined) {
    door.holds.delete(hold);
    hold.reached.resolve();
    await hold.released.promise;
  }
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  outgoing.flushHeaders();
  answer.on('error', () => outgoing.destroy());
  answer.pipe(outgoing);
}

async function readAll(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function kubeconfigOf(server: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'proxy',
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } }],
    clusters: [{ name: 'proxy', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'proxy', user: {} }],
  };
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
