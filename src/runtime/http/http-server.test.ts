import { afterEach, describe, expect, test } from 'vitest';

import { RecordingLogger } from '../testing/recording-log.ts';
import { startHttpServer, type HttpServer, type HttpServerOptions } from './http-server.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: Partial<HttpServerOptions> = {}) {
  const log = new RecordingLogger();
  const server = await startHttpServer({
    option: '--some-address',
    address: { host: '127.0.0.1', port: 0 },
    log,
    answer: ({ pathname }) => (pathname === '/hello' ? { status: 200, body: 'hello' } : undefined),
    ...options,
  });
  servers.push(server);
  return { server, log, ask: (path: string, init: RequestInit = {}) => fetch(`${server.url}${path}`, init) };
}

describe('a server', () => {
  test('answers what it knows as plain text, and 404 otherwise', async () => {
    const { ask } = await start();
    const known = await ask('/hello?x=1');
    expect([known.status, known.headers.get('content-type'), await known.text()]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'hello',
    ]);
    expect((await ask('/other')).status).toBe(404);
  });

  test('answers HEAD without a body, and refuses to be written to', async () => {
    const { ask } = await start();
    expect(await (await ask('/hello', { method: 'HEAD' })).text()).toBe('');
    expect((await ask('/hello', { method: 'POST' })).status).toBe(405);
  });

  test('turns a failure into a 500 of one line, and goes on', async () => {
    let isBroken = true;
    const answer = () => {
      if (isBroken) throw new Error('no figures');
      return { status: 200, body: 'ok' };
    };
    const { ask, log } = await start({ answer });
    const failed = await ask('/metrics');
    expect([failed.status, await failed.text()]).toEqual([500, 'no figures\n']);
    expect(log.at('error')).toMatchObject([{ fields: { step: 'serve', path: '/metrics' } }]);
    isBroken = false;
    expect((await ask('/metrics')).status).toBe(200);
  });

  test('tells the port that it got', async () => {
    const { server } = await start();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  });

  test('does not wait for those who hold a connection open when it is closed', async () => {
    const { server, ask } = await start();
    await ask('/hello', { keepalive: true });
    await server.close();
    await expect(ask('/hello')).rejects.toThrow();
  });
});

describe('an address that cannot be used is told in one line:', () => {
  test('a port in use', async () => {
    const { server } = await start();
    const address = { host: '127.0.0.1', port: Number(new URL(server.url).port) };
    await expect(start({ address })).rejects.toThrow(
      `start: --some-address 127.0.0.1:${address.port}: the port is in use; choose another address, or 0 for none`,
    );
  });

  test('an address of another machine', async () => {
    await expect(start({ address: { host: '192.0.2.1', port: 0 } })).rejects.toThrow(
      'start: --some-address 192.0.2.1:0: this machine does not have the address; choose another address, or 0 for none',
    );
  });
});
