// A door of its own for one process under test: everything that it asks of the API server passes here, is written down,
// and can be held. So a test knows what a process really sent, and when, though it is another process.
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

/** `after-commit`: the API server has answered, the process has not heard of it. */
export type HoldPhase = 'before-send' | 'after-commit';

export interface Held {
  /** Resolves when such a request is here. */
  readonly reached: Promise<void>;
  release(): void;
  /** Ends the connection instead: what was not sent yet, the API server never hears of. */
  drop(): void;
  /** Passes on half of the answer, and then ends the connection. */
  halve(): void;
}

export interface Proxy {
  /** A kubeconfig that leads here. */
  readonly kubeconfig: object;
  /** In the order in which they came. */
  readonly passages: readonly Passage[];
  /** Those that could change something. */
  writes(): readonly Passage[];
  /** Holds the next request that matches, or, by default, its answer. */
  hold(matches: (passage: Passage) => boolean, phase?: HoldPhase): Held;
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Record<'server' | 'certificate-authority-data', string> }];
  readonly users: readonly [{ readonly user: Record<'client-certificate-data' | 'client-key-data', string> }];
}

type Fate = 'release' | 'drop' | 'halve';

interface Hold {
  readonly matches: (passage: Passage) => boolean;
  readonly phase: HoldPhase;
  readonly reached: PromiseWithResolvers<void>;
  readonly fate: PromiseWithResolvers<Fate>;
}

/** The API server of a kubeconfig with a client certificate, and what opens connections to it. */
export function openDoor(kubeconfigPath: string): { readonly server: string; readonly agent: Agent } {
  const config: Kubeconfig = JSON.parse(readFileSync(kubeconfigPath, 'utf8'));
  const [{ cluster }] = config.clusters;
  const [{ user }] = config.users;
  const agent = new Agent({
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
    keepAlive: true,
  });
  return { server: cluster.server, agent };
}

/** Passes on with the credentials of that kubeconfig, a client certificate, until the test is over. */
export async function openProxy(kubeconfigPath: string): Promise<Proxy> {
  const { server: behind, agent } = openDoor(kubeconfigPath);
  const passages: Passage[] = [];
  const holds = new Set<Hold>();
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing, { server: behind, agent, passages, holds }).catch(() => outgoing.destroy());
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
    hold: (matches, phase = 'after-commit') => {
      const hold: Hold = { matches, phase, reached: Promise.withResolvers(), fate: Promise.withResolvers() };
      holds.add(hold);
      const meet = (fate: Fate) => (): void => hold.fate.resolve(fate);
      return { reached: hold.reached.promise, release: meet('release'), drop: meet('drop'), halve: meet('halve') };
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
  if ((await fateOf(passage, 'before-send', door)) !== 'release') return void outgoing.destroy();
  const { host: _, ...forwarded } = headers;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const forward = requestOf(`${door.server}${path}`, { method, headers: forwarded, agent: door.agent }, resolve);
    forward.on('error', reject);
    // A watch that is given up here is given up there.
    outgoing.on('close', () => forward.destroy());
    forward.end(body);
  });
  passage.status = answer.statusCode;
  const fate = await fateOf(passage, 'after-commit', door);
  if (fate === 'drop') return void outgoing.destroy();
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  outgoing.flushHeaders();
  if (fate === 'halve') {
    const whole = await readAll(answer);
    return void outgoing.write(whole.slice(0, whole.length / 2), () => outgoing.destroy());
  }
  answer.on('error', () => outgoing.destroy());
  answer.pipe(outgoing);
}

/** What becomes of it; resolves at once where nobody holds it. */
async function fateOf(passage: Passage, phase: HoldPhase, { holds }: Door): Promise<Fate> {
  const hold = [...holds].find((one) => one.phase === phase && one.matches(passage));
  if (hold === undefined) return 'release';
  holds.delete(hold);
  hold.reached.resolve();
  return hold.fate.promise;
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
