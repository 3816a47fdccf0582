// A small HTTP server for probes and scrapes: GET and HEAD, plain text, nothing stored.
//
// Guarantees: it listens before it resolves; what an answer throws is a 500 with one line; `close` waits for nobody.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { describeCause } from '../client/api-error.ts';
import type { Logger } from '../log.ts';
import { formatBindAddress, type BindAddress } from './bind-address.ts';

export interface TextAnswer {
  readonly status: number;
  readonly body: string;
  /** Default `text/plain; charset=utf-8`. */
  readonly contentType?: string;
}

export interface HttpServerOptions {
  /** The option that says the address, for errors: `--metrics-bind-address`. */
  readonly option: string;
  readonly address: BindAddress;
  readonly log: Logger;
  /** Undefined: there is nothing at this path. */
  answer(url: URL): TextAnswer | undefined | Promise<TextAnswer | undefined>;
}

export interface HttpServer {
  /** With the port that it got: `http://127.0.0.1:8081`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Probes and scrapers need a handful; more would be somebody who holds connections open. */
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;

/** @throws Error in one line that names the option, if the address cannot be used. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { address, log } = options;
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => void respond(options, request, response),
  );
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options);
  server.on('error', (error) => log.warn({ step: 'serve', err: error }, `${options.option}: the server has a problem`));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return {
    url: `http://${formatBindAddress({ host: address.host || '0.0.0.0', port })}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { address, option }: HttpServerOptions): Promise<void> {
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error): void => {
      const text = `start: ${option} ${formatBindAddress(address)}: ${refusalOf(cause)}`;
      reject(new Error(`${text}; choose another address, or 0 for none`, { cause }));
    };
    server.once('error', refuse);
    server.listen({ port, ...(host === '' ? {} : { host }) }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

const REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'no right to listen on this port',
  EADDRNOTAVAIL: 'this machine does not have the address',
  ENOTFOUND: 'the name is not known',
};

function refusalOf(cause: Error): string {
  const code = 'code' in cause ? String(cause.code) : '';
  return REFUSALS[code] ?? describeCause(cause);
}

async function respond(options: HttpServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, body, contentType = 'text/plain; charset=utf-8' } = await answerOf(options, request);
  response.writeHead(status, {
    'content-type': contentType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answerOf({ answer, log }: HttpServerOptions, { method, url }: IncomingMessage): Promise<TextAnswer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'only GET and HEAD\n' };
  try {
    const target = URL.parse(url ?? '', 'http://localhost');
    return (target && (await answer(target))) ?? { status: 404, body: 'not found\n' };
  } catch (error) {
    log.error({ step: 'serve', err: error, path: url }, 'no answer to a request');
    return { status: 500, body: `${describeCause(error)}\n` };
  }
}
