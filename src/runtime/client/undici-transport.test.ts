import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';

import { isUnknownOutcome } from './api-error.ts';
import { createUndiciTransport, type UndiciTransportOptions } from './undici-transport.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

async function serve(answer: Answer): Promise<{ server: Server; url: string }> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    answer(request, response, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` };
}

function transportTo(server: string, options: Partial<UndiciTransportOptions> = {}) {
  const transport = createUndiciTransport({ server, userAgent: 'fleet/1', ...options });
  cleanups.push(() => transport.close());
  return transport;
}

describe('a request', () => {
  test('arrives with its method, path, headers and body, behind the path of the server URL', async () => {
    const { url } = await serve(({ method, url: path, headers }, response, body) => {
      const { accept, authorization, 'user-agent': agent, 'content-type': type } = headers;
      response.writeHead(201, { 'X-Seen': 'Yes' });
      response.end(
        JSON.stringify({
          method,
          path,
          accept,
          authorization,
          agent,
          type,
          impersonate: headers['impersonate-user'],
          body,
        }),
      );
    });
    const transport = transportTo(`${url}/clusters/c/`, {
      authorization: async () => 'Bearer t',
      headers: { 'Impersonate-User': 'jane' },
    });
    const headers = { 'content-type': 'application/merge-patch+json' };
    const response = await transport.request({ method: 'PATCH', path: '/api/v1/x?a=b', headers, body: '{"ü":1}' });
    expect([response.status, response.headers['x-seen']]).toEqual([201, 'Yes']);
    expect(JSON.parse(response.body)).toEqual({
      method: 'PATCH',
      path: '/clusters/c/api/v1/x?a=b',
      accept: 'application/json',
      authorization: 'Bearer t',
      agent: 'fleet/1',
      type: 'application/merge-patch+json',
      impersonate: 'jane',
      body: '{"ü":1}',
    });
  });

  test('leaves its connection to later ones', async () => {
    const ports = new Set<number | undefined>();
    const { url } = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    const transport = transportTo(url);
    for (let i = 0; i < 20; i += 1) await transport.request({ method: 'GET', path: '/' });
    // undici counts a connection as free a tick after its answer, so two take turns.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  test('keeps its connection whatever the method, also where a DELETE has a body', async () => {
    const { server, url } = await serve((_request, response) => response.end('{}'));
    let connections = 0;
    server.on('connection', () => (connections += 1));
    const transport = transportTo(url, { maxConnections: 1 });
    for (const method of ['DELETE', 'GET', 'DELETE', 'POST', 'PATCH'] as const)
      await transport.request({ method, path: '/x', ...(method !== 'GET' && { body: '{}' }) });
    expect(connections).toBe(1);
  });

  test('is answered while more streams are open than there are connections for requests', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/watch') response.write('{}\n');
      else response.end('"ok"');
    });
    const transport = transportTo(url, { maxConnections: 1 });
    const stop = new AbortController();
    const open = () => transport.stream({ method: 'GET', path: '/watch', signal: stop.signal });
    await Promise.all([open(), open(), open()]);
    expect((await transport.request({ method: 'GET', path: '/' })).body).toBe('"ok"');
    stop.abort();
  });

  test('ends within its timeout, with an unknown outcome', async () => {
    const { url } = await serve((_request, response) => void response.writeHead(200).write('{'));
    const error = await caught(transportTo(url).request({ method: 'PATCH', path: '/slow', timeoutMs: 50 }));
    expect(error).toMatchObject({
      outcome: 'unknown',
      message: 'PATCH /slow: no complete answer: no answer within 50 ms',
    });
  });

  test('ends when its signal aborts', async () => {
    const stop = new AbortController();
    const { url } = await serve(() => stop.abort(new Error('stopped')));
    const error = await caught(transportTo(url).request({ method: 'PATCH', path: '/', signal: stop.signal }));
    expect(error).toMatchObject({ outcome: 'unknown', message: expect.stringContaining('stopped') });
  });

  test('is not sent when its signal has aborted before', async () => {
    let count = 0;
    const { url } = await serve((_request, response) => void response.end(`${(count += 1)}`));
    const request = { method: 'PATCH', path: '/', signal: AbortSignal.abort(new Error('stopped')) } as const;
    expect(await caught(transportTo(url).request(request))).toMatchObject({ outcome: 'not-sent' });
    expect(count).toBe(0);
  });

  test('ends within its timeout, not sent, while the credentials do not come', async () => {
    const transport = transportTo('http://127.0.0.1:1', { authorization: () => new Promise(() => {}) });
    const error = await caught(transport.request({ method: 'PATCH', path: '/', timeoutMs: 20 }));
    expect(error).toMatchObject({ outcome: 'not-sent', message: 'PATCH /: not sent: no answer within 20 ms' });
  });

  test('ends within its timeout, and is never sent, while all connections are taken', async () => {
    const open: ServerResponse[] = [];
    const { url } = await serve((_request, response) => void open.push(response));
    const transport = transportTo(url, { maxConnections: 1 });
    const first = transport.request({ method: 'GET', path: '/first' });
    const error = await caught(transport.request({ method: 'PATCH', path: '/waits', timeoutMs: 20 }));
    expect(error).toMatchObject({ outcome: 'not-sent', message: 'PATCH /waits: not sent: no answer within 20 ms' });
    await expect.poll(() => open.length).toBe(1);
    open[0]?.end('"first"');
    expect((await first).body).toBe('"first"');
    const third = transport.request({ method: 'GET', path: '/third' });
    await expect.poll(() => open.length).toBe(2);
    expect(open[1]?.req.url).toBe('/third');
    open[1]?.end();
    await third;
  });

  test('has the whole text of an answer that comes in pieces, cut through a character', async () => {
    const text = JSON.stringify('Größe 大'.repeat(3));
    const { url } = await serve(async (_request, response) => {
      for (const byte of Buffer.from(text)) {
        response.write(Uint8Array.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    expect((await transportTo(url).request({ method: 'GET', path: '/' })).body).toBe(text);
  });

  test('has an unknown outcome when the server hangs up after taking it', async () => {
    const { url } = await serve((request) => request.socket.destroy());
    const error = await caught(transportTo(url).request({ method: 'PATCH', path: '/', body: '{}' }));
    expect(error).toMatchObject({ name: 'TransportError', outcome: 'unknown' });
    expect(isUnknownOutcome(error)).toBe(true);
  });

  test('was certainly not sent when there was nothing to connect to', async () => {
    const { server, url } = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    const error = await caught(transportTo(url).request({ method: 'PATCH', path: '/', body: '{}' }));
    expect(error).toMatchObject({ name: 'TransportError', outcome: 'not-sent', cause: { code: 'ECONNREFUSED' } });
    expect(isUnknownOutcome(error)).toBe(false);
  });

  test('is never sent twice', async () => {
    let count = 0;
    const { url } = await serve((_request, response) => void response.writeHead((count += 1) && 503).end());
    expect((await transportTo(url).request({ method: 'GET', path: '/' })).status).toBe(503);
    expect(count).toBe(1);
  });

  test('fails when the transport closes under it', async () => {
    const arrived = Promise.withResolvers<void>();
    const { url } = await serve(() => arrived.resolve());
    const transport = transportTo(url);
    const error = caught(transport.request({ method: 'GET', path: '/' }));
    await arrived.promise;
    await transport.close();
    expect(await error).toMatchObject({ name: 'TransportError', outcome: 'unknown' });
  });
});

describe('a 401', () => {
  function withTokens(...tokens: string[]) {
    const calls: (string | undefined)[] = [];
    const seen: (string | undefined)[] = [];
    const answer: Answer = ({ headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(headers.authorization === 'Bearer new' ? 200 : 401).end('{}');
    };
    const authorization = async (refused?: string) => tokens[calls.push(refused) - 1];
    return { calls, seen, answer, authorization };
  }

  test('is answered once with credentials that were read again', async () => {
    const { calls, seen, answer, authorization } = withTokens('Bearer old', 'Bearer new');
    const transport = transportTo((await serve(answer)).url, { authorization });
    expect((await transport.request({ method: 'PATCH', path: '/', body: '{}' })).status).toBe(200);
    expect([calls, seen]).toEqual([
      [undefined, 'Bearer old'],
      ['Bearer old', 'Bearer new'],
    ]);
  });

  test.for([
    { name: 'the credentials are still the same', tokens: ['Bearer old', 'Bearer old'], sent: 1 },
    { name: 'the new ones are refused too', tokens: ['Bearer old', 'Bearer older'], sent: 2 },
  ])('is the answer when $name', async ({ tokens, sent }) => {
    const { seen, answer, authorization } = withTokens(...tokens);
    const transport = transportTo((await serve(answer)).url, { authorization });
    expect((await transport.request({ method: 'GET', path: '/' })).status).toBe(401);
    expect(seen).toHaveLength(sent);
  });

  test('leaves a request not sent when there are no credentials to read', async () => {
    const { url } = await serve((_request, response) => response.end());
    const authorization = () => Promise.reject(new Error('the plugin failed'));
    const error = await caught(transportTo(url, { authorization }).request({ method: 'PATCH', path: '/' }));
    expect(error).toMatchObject({ outcome: 'not-sent', message: expect.stringContaining('the plugin failed') });
  });
});

describe('a stream', () => {
  test('is read line by line as it comes', async () => {
    const read = Promise.withResolvers<void>();
    const { url } = await serve(async (_request, response) => {
      response.write('{"a":1}\n{"b"');
      await read.promise;
      response.end(':"ü"}\n');
    });
    const { lines, status } = await transportTo(url).stream({ method: 'GET', path: '/' });
    const iterator = lines[Symbol.asyncIterator]();
    expect([status, await iterator.next()]).toEqual([200, { done: false, value: '{"a":1}' }]);
    read.resolve();
    expect(await iterator.next()).toEqual({ done: false, value: '{"b":"ü"}' });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test.for<[string, (response: ServerResponse, stop: AbortController) => void]>([
    ['its signal aborts', (_response, stop) => stop.abort()],
    ['the connection breaks', (response) => response.destroy()],
  ])('ends with an error when %s', async ([, cut]) => {
    const stop = new AbortController();
    let response: ServerResponse | undefined;
    const { url } = await serve((_request, opened) => void (response = opened).write('{}\n'));
    const { lines } = await transportTo(url).stream({ method: 'GET', path: '/', signal: stop.signal });
    const iterator = lines[Symbol.asyncIterator]();
    await iterator.next();
    if (response !== undefined) cut(response, stop);
    await expect(iterator.next()).rejects.toMatchObject({ name: 'TransportError' });
  });

  test('closes its connection when its reader leaves', async () => {
    const closed = Promise.withResolvers<void>();
    const { url } = await serve((_request, response) => {
      response.on('close', closed.resolve);
      response.write('{}\n');
    });
    const { lines } = await transportTo(url).stream({ method: 'GET', path: '/' });
    for await (const line of lines) {
      expect(line).toBe('{}');
      break;
    }
    await closed.promise;
  });
});

function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => Promise.reject(new Error('did not fail')),
    (error: unknown) => error,
  );
}

describe('beforeSend', () => {
  test('is asked once the credentials are there, and what it throws keeps the request from being sent', async () => {
    const seen: (string | undefined)[] = [];
    const { url } = await serve(({ url: path }, response) => {
      seen.push(path);
      response.end('{}');
    });
    const credentials = Promise.withResolvers<string>();
    const transport = transportTo(url, { authorization: () => credentials.promise });
    const reason = new Error('not any more');
    let asked = 0;
    const held = transport.request({
      method: 'PATCH',
      path: '/held',
      beforeSend: () => {
        asked += 1;
        throw reason;
      },
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(0);
    credentials.resolve('Bearer t');
    const error: unknown = await held.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ outcome: 'not-sent', cause: reason, message: 'PATCH /held: not sent: not any more' });
    await transport.request({ method: 'PATCH', path: '/sent', beforeSend: () => (asked += 1) });
    expect({ asked, seen }).toEqual({ asked: 2, seen: ['/sent'] });
  });

  test('is asked when a connection is free, not when the request is made', async () => {
    const open: ServerResponse[] = [];
    const { url } = await serve((_request, response) => void open.push(response));
    const transport = transportTo(url, { maxConnections: 1 });
    const first = transport.request({ method: 'GET', path: '/first' });
    let isAllowed = true;
    const second = transport.request({
      method: 'PATCH',
      path: '/second',
      beforeSend: () => {
        if (!isAllowed) throw new Error('not any more');
      },
    });
    await expect.poll(() => open.length).toBe(1);
    isAllowed = false;
    open[0]?.end('{}');
    await first;
    await expect(second).rejects.toThrow('PATCH /second: not sent: not any more');
    expect(open).toHaveLength(1);
  });
});

test('an urgent request does not wait for a free connection', async () => {
  const open: ServerResponse[] = [];
  const { url } = await serve(({ url: path }, response) => {
    if (path === '/urgent') response.end('{}');
    else open.push(response);
  });
  const transport = transportTo(url, { maxConnections: 1 });
  const slow = transport.request({ method: 'GET', path: '/slow' });
  await expect.poll(() => open.length).toBe(1);
  expect((await transport.request({ method: 'GET', path: '/urgent', isUrgent: true })).status).toBe(200);
  open[0]?.end('{}');
  await slow;
});
