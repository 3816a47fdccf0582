import { describe, expect, test } from 'vitest';

import type { HttpRequest } from '../client/transport.ts';
import { settle } from './fake-clock.ts';
import { createHoldingTransport } from './holding-transport.ts';
import { createScriptedTransport } from './scripted-transport.ts';

const isWrite = ({ method }: HttpRequest): boolean => method !== 'GET';
const write: HttpRequest = { method: 'PATCH', path: '/w', body: '{}' };

function setUp() {
  const server = createScriptedTransport({ request: () => ({ body: { ok: true } }) });
  return { server, transport: createHoldingTransport(server) };
}

describe('holding transport', () => {
  test('holds a request before it is sent, and lets others pass meanwhile', async () => {
    const { server, transport } = setUp();
    const hold = transport.hold(isWrite, 'before-send');
    const held = transport.request(write);
    expect(await hold.reached).toBe(write);
    await transport.request({ method: 'GET', path: '/r' });
    expect(server.requests.map(({ path }) => path)).toEqual(['/r']);
    hold.release();
    expect((await held).status).toBe(200);
    expect(server.requests.map(({ path }) => path)).toEqual(['/r', '/w']);
  });

  test('holds an answer after the server has carried the request out', async () => {
    const { server, transport } = setUp();
    const hold = transport.hold(isWrite, 'after-commit');
    let isAnswered = false;
    const held = transport.request(write).then(() => (isAnswered = true));
    await hold.reached;
    await settle();
    expect([server.requests.length, isAnswered]).toEqual([1, false]);
    hold.release();
    expect(await held).toBe(true);
  });

  test.for([
    { phase: 'before-send' as const, sent: 0 },
    { phase: 'after-commit' as const, sent: 1 },
  ])('throws at the caller $phase, with $sent requests sent', async ({ phase, sent }) => {
    const { server, transport } = setUp();
    transport.hold(isWrite, phase).fail(new Error('connection reset'));
    await expect(transport.request(write)).rejects.toThrow('connection reset');
    expect(server.requests).toHaveLength(sent);
  });

  test('takes one request per hold', async () => {
    const { server, transport } = setUp();
    transport.hold(isWrite, 'before-send');
    void transport.request(write);
    await transport.request(write);
    expect(server.requests).toHaveLength(1);
  });

  test('lets go of a held request that is aborted', async () => {
    const { transport } = setUp();
    const stop = new AbortController();
    const hold = transport.hold(isWrite, 'before-send');
    const held = transport.request({ ...write, signal: stop.signal });
    await hold.reached;
    stop.abort(new Error('stopped'));
    await expect(held).rejects.toThrow('stopped');
  });
});
