// The Transport that speaks to a real API server: HTTP/1.1 over undici pools.
//
// Guarantees: connections are kept alive and shared; streams have their own, so that watches never starve requests; a
// request ends within its timeout; `not-sent` is said only where nothing was written to a connection. A 401 is answered once with
// fresh credentials. Not guaranteed: that anything is sent twice; a failed request stays failed.
import type { ConnectionOptions } from 'node:tls';

import { Pool, buildConnector, type Dispatcher } from 'undici';

import { TransportError } from './api-error.ts';
import type { Authorization } from './credentials.ts';
import { startDeadline, untilAborted } from './deadline.ts';
import { readLines } from './read-lines.ts';
import type { HttpRequest, HttpResponse, HttpStream, Transport } from './transport.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Shorter than any load balancer's idle limit: a connection that the other side has closed is rarely picked. */
const KEEP_ALIVE_MS = 30_000;
/** etcd takes 1.5 MiB per object; JSON needs more space than that, a watch event never this much. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** As `tls.connect` takes them; `servername` is the name that the certificate has to carry, default the URL's host. */
export interface TlsOptions extends Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername'> {
  readonly insecureSkipVerify?: boolean;
}

export interface UndiciTransportOptions {
  /** URL; a path in it is put before every request's path. */
  readonly server: string;
  readonly userAgent: string;
  readonly tls?: TlsOptions;
  readonly authorization?: Authorization;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Connections for requests, streams not counted; default 32. */
  readonly maxConnections?: number;
}

export function createUndiciTransport(options: UndiciTransportOptions): Transport {
  const url = new URL(options.server);
  const connector = createConnector(options.tls ?? {});
  const pool = (connections: number | null): Pool =>
    new Pool(url.origin, { connect: connector.connect, connections, keepAliveTimeout: KEEP_ALIVE_MS, allowH2: false });
  const [requests, urgent, streams] = [pool(options.maxConnections ?? 32), pool(2), pool(null)];
  const target: Target = { options, prefix: url.pathname.replace(/\/$/, ''), isConnectError: connector.isConnectError };
  return {
    request: (request) => exchange(target, request.isUrgent ? urgent : requests, request),
    stream: (request) => openStream(target, streams, request),
    close: async () => {
      await Promise.all([requests, urgent, streams].map((all) => all.destroy()));
    },
  };
}

interface Target {
  readonly options: UndiciTransportOptions;
  readonly prefix: string;
  isConnectError(error: unknown): boolean;
}

type Limits = Pick<Dispatcher.RequestOptions, 'headersTimeout' | 'bodyTimeout'>;

async function exchange(target: Target, pool: Pool, request: HttpRequest): Promise<HttpResponse> {
  if (request.signal?.aborted) throw new TransportError(request, 'not-sent', request.signal.reason);
  const deadline = startDeadline(request.timeoutMs ?? DEFAULT_TIMEOUT_MS, request.signal);
  try {
    // The deadline covers the whole exchange, so undici's own two are off.
    const response = await send(target, pool, request, deadline.signal, { headersTimeout: 0, bodyTimeout: 0 });
    return { status: response.statusCode, headers: flatten(response.headers), body: await response.body.text() };
  } catch (cause) {
    throw failure(target, request, cause);
  } finally {
    deadline.end();
  }
}

async function openStream(target: Target, pool: Pool, request: HttpRequest): Promise<HttpStream> {
  try {
    const limits = { headersTimeout: request.timeoutMs ?? DEFAULT_TIMEOUT_MS, bodyTimeout: 0 };
    const response = await send(target, pool, request, request.signal, limits);
    return { status: response.statusCode, headers: flatten(response.headers), lines: lines(target, request, response) };
  } catch (cause) {
    throw failure(target, request, cause);
  }
}

async function* lines(target: Target, request: HttpRequest, response: Dispatcher.ResponseData): AsyncGenerator<string> {
  try {
    yield* readLines(response.body, MAX_LINE_BYTES);
  } catch (cause) {
    throw failure(target, request, cause);
  }
}

async function send(
  { options, prefix }: Target,
  pool: Pool,
  { method, path, headers, body, beforeSend }: HttpRequest,
  signal: AbortSignal | undefined,
  limits: Limits,
): Promise<Dispatcher.ResponseData> {
  const dispatcher = beforeSend === undefined ? pool : pool.compose(guardedBy(beforeSend));
  const attempt = (authorization: string | undefined): Promise<Dispatcher.ResponseData> =>
    dispatcher.request({
      ...limits,
      method,
      path: prefix + path,
      body: body ?? null,
      signal: signal ?? null,
      headers: {
        accept: 'application/json',
        'user-agent': options.userAgent,
        ...options.headers,
        ...headers,
        ...(authorization === undefined ? {} : { authorization }),
      },
    });
  const credentials = await readCredentials(options, signal);
  const response = await attempt(credentials);
  if (response.statusCode !== 401) return response;
  const fresh = await readCredentials(options, signal, credentials);
  if (fresh === credentials) return response;
  await response.body.dump();
  return attempt(fresh);
}

/** Undici starts a request when its connection is there and idle, just before it writes to it. */
function guardedBy(beforeSend: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      try {
        beforeSend();
      } catch (cause) {
        throw new HeldBack(cause);
      }
      start?.(controller, context);
    };
    return dispatch(options, handler);
  };
}

/** `beforeSend` threw. */
class HeldBack extends Error {
  constructor(cause: unknown) {
    super('held back', { cause });
  }
}

/** Failing here means that the request, refused by a 401 or never sent, has not been carried out. */
async function readCredentials(
  { authorization }: UndiciTransportOptions,
  signal: AbortSignal | undefined,
  refused?: string,
): Promise<string | undefined> {
  try {
    return authorization && (await untilAborted(authorization(refused), signal));
  } catch (cause) {
    throw new CredentialsError(cause);
  }
}

class CredentialsError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function failure(target: Target, request: HttpRequest, cause: unknown): TransportError {
  if (cause instanceof HeldBack) return new TransportError(request, 'not-sent', cause.cause);
  const isSent = !target.isConnectError(cause) && !(cause instanceof CredentialsError);
  return new TransportError(request, isSent ? 'unknown' : 'not-sent', cause);
}

/** Remembers which errors came from connecting: only those prove that nothing was sent. */
function createConnector(tls: TlsOptions): {
  connect: buildConnector.connector;
  isConnectError: (error: unknown) => boolean;
} {
  const errors = new WeakSet<Error>();
  const { insecureSkipVerify = false, ...rest } = tls;
  const connect = buildConnector({
    ...rest,
    ...(insecureSkipVerify ? { rejectUnauthorized: false } : {}),
    allowH2: false,
    timeout: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  });
  return {
    isConnectError: (error) => error instanceof Error && errors.has(error),
    connect: (options, callback) =>
      connect(options, (...[error, socket]) => {
        if (error === null) return callback(null, socket);
        errors.add(error);
        callback(error, null);
      }),
  };
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
