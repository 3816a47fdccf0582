import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { connect, type KubeConnection } from './kube-client.ts';

let folder = '';
let url = '';
let refused = 'Bearer bad';
const seen: (string | undefined)[] = [];
const server = createServer((request, response) => {
  seen.push(request.headers.authorization);
  response.writeHead(request.headers.authorization === refused ? 401 : 200).end('{}');
});
const connections: KubeConnection[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kube-client-'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(async () => {
  seen.length = 0;
  refused = 'Bearer bad';
  for (const { transport } of connections.splice(0)) await transport.close();
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

interface Parts {
  readonly name?: string;
  readonly current?: string | undefined;
  readonly user?: object;
  readonly cluster?: object;
  readonly context?: object;
}

/** A kubeconfig with one context, cluster and user, all of one name. JSON is YAML. */
async function write(
  file: string,
  { name = 'dev', current = name, user = {}, cluster = {}, context = {} }: Parts = {},
) {
  const path = join(folder, file);
  const server = { server: url, 'insecure-skip-tls-verify': true, ...cluster };
  const config = {
    'current-context': current,
    contexts: [{ name, context: { cluster: name, user: name, ...context } }],
    clusters: [{ name, cluster: server }],
    users: [{ name, user }],
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

async function open(kubeconfig: string, options: { context?: string; KUBECONFIG?: string } = {}) {
  const { context, KUBECONFIG } = options;
  const file = KUBECONFIG === undefined ? { kubeconfig } : {};
  const connection = await connect({
    environment: { KUBECONFIG },
    userAgent: 'fleet/1',
    ...file,
    ...(context && { context }),
  });
  connections.push(connection);
  return connection;
}

describe('connect', () => {
  test('says where it is connected', async () => {
    const path = await write('plain', { context: { namespace: 'team-a' } });
    expect(await open(path)).toMatchObject({ server: url, contextName: 'dev', namespace: 'team-a' });
    expect(await open(await write('plain'))).toMatchObject({ namespace: 'default' });
  });

  test('takes the first of two files that say the same, as kubectl does', async () => {
    const first = await write('first', { name: 'dev', user: { token: 'one' } });
    const second = await write('second', { name: 'dev', current: 'prod', user: { token: 'two' } });
    const third = await write('third', { name: 'prod', user: { token: 'three' } });
    const KUBECONFIG = [first, second, third].join(':');
    expect((await open('', { KUBECONFIG })).contextName).toBe('dev');
    expect((await open('', { KUBECONFIG, context: 'prod' })).contextName).toBe('prod');
    expect(seen).toEqual(['Bearer one', 'Bearer three']);
  });

  test('reads a token again after a 401', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'old\n');
    const { transport } = await open(await write('rotating', { user: { tokenFile } }));
    await writeFile(tokenFile, 'new\n');
    refused = 'Bearer old';
    expect((await transport.request({ method: 'GET', path: '/' })).status).toBe(200);
    expect(seen).toEqual(['Bearer old', 'Bearer old', 'Bearer new']);
  });

  test('authenticates by name and password', async () => {
    await open(await write('basic', { user: { username: 'jane', password: 's3cret' } }));
    expect(seen).toEqual([`Basic ${btoa('jane:s3cret')}`]);
  });

  test('authenticates by an exec plugin, run once', async () => {
    const credential = JSON.stringify({ status: { token: 'from-plugin' } });
    const exec = { command: process.execPath, args: ['-e', `console.log('${credential}')`] };
    const { transport } = await open(await write('exec', { user: { exec } }));
    await transport.request({ method: 'GET', path: '/' });
    expect(seen).toEqual(['Bearer from-plugin', 'Bearer from-plugin']);
  });

  test.for<[string, Parts, string]>([
    ['no current context', { current: '' }, 'has no current context; choose one with --context: dev'],
    ['a current context that is missing', { current: 'prod' }, 'has no context prod; choose one with --context: dev'],
    ['a cluster that is missing', { context: { cluster: 'x' } }, 'context dev names cluster x, which'],
    ['a user that is missing', { context: { user: 'x' } }, 'context dev names user x, which'],
    ['a proxy', { cluster: { 'proxy-url': 'socks5://p:1' } }, 'proxy-url socks5://p:1 is not supported'],
    ['http', { cluster: { 'insecure-skip-tls-verify': false } }, 'would take credentials in the clear; use https'],
    ['a CA file that is missing', { cluster: { 'certificate-authority': '/no/ca.crt' } }, "open '/no/ca.crt'"],
    ['a plugin that is missing', { user: { exec: { command: 'no-such', args: [] } } }, 'plugin no-such of user dev in'],
    ['refused credentials', { user: { token: 'bad' } }, 'refused the credentials from'],
    ['a server that is down', { cluster: { server: 'http://127.0.0.1:1' } }, 'connection refused; is the cluster up?'],
    ['an unknown host', { cluster: { server: 'http://no-such-host.invalid' } }, 'unknown host; check the server in'],
  ])('explains in one line that names the file: %s', async ([, parts, text]) => {
    const path = await write('broken', parts);
    const error: unknown = await open(path).catch((thrown: unknown) => thrown);
    const message = error instanceof Error ? error.message : '';
    expect(message).toContain(text);
    expect(message).toContain(path);
    expect(message).not.toContain('\n');
  });

  test.for([
    { name: 'is not there', content: undefined, text: 'there is no file' },
    { name: 'is not YAML', content: '{', text: 'kubeconfig: cannot read' },
    {
      name: 'lacks a server',
      content: '{"clusters":[{"name":"c","cluster":{}}]}',
      text: 'clusters[0].cluster.server is missing',
    },
  ])('explains a file that $name', async ({ content, text }) => {
    const path = join(folder, content === undefined ? 'absent' : 'odd');
    if (content !== undefined) await writeFile(path, content);
    await expect(open(path)).rejects.toThrow(text);
  });
});
