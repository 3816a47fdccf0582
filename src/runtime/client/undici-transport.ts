// The Transport that speaks to a real API server: HTTP/1.1 over undici pools.
//
// Guarantees: connections are kept alive and shared; streams have their own, so that watches never starve requests; a
// request ends within its timeout; `not-sent` is said only where nothing was written to a connection. A 401 is answered
// once with fresh credentials. Not guaranteed: that anything is sent twice; a failed request stays failed.
import { Pool, type Dispatcher } from 'undici';

import { TransportError } from './api-error.ts';
import type { Authorization } from './credentials.ts';
import { startDeadline, untilAborted } from './deadline.ts';
import { readLines } from './read-lines.ts';
import { createConnector, type TlsOptions } from './tls-connector.ts';
import type { HttpRequest, HttpResponse, HttpStream, Transport } from './transport.ts';
import { flatten, HeldBack, WholeAnswer } from './whole-answer.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
/** Shorter than any load balancer's idle limit: a connection that the other side has closed is rarely picked. */
const KEEP_ALIVE_MS = 30_000;
/** etcd takes 1.5 MiB per object; JSON needs more space than that, a watch event never this much. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

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
  const target: Target = {
    options,
    prefix: url.pathname.replace(/\/$/, ''),
    headers: { accept: 'application/json', 'user-agent': options.userAgent, ...options.headers },
    isConnectError: connector.isConnectError,
  };
  return {
    request: (request) => exchange(target, request.isUrgent ? urgent : requests, request),
    stream: (request) => openStream(target, streams, request),
    close: async () => {
      await Promise.all([requests, urgent, streams].map((all) => all.destroy()));
    },
  };
}

const DISPATCH = {
  // The deadline covers the whole exchange, so undici's own two are off.
  headersTimeout: 0,
  bodyTimeout: 0,
  // Undici closes the connection after a DELETE that has a body; an API server reads it, as that of any other request.
  reset: false,
} as const;

interface Target {
  readonly options: UndiciTransportOptions;
  readonly prefix: string;
  /** Of every request. */
  readonly headers: Readonly<Record<string, string>>;
  isConnectError(error: unknown): boolean;
}

async function exchange(target: Target, pool: Pool, request: HttpRequest): Promise<HttpResponse> {
  if (request.signal?.aborted) throw new TransportError(request, 'not-sent', request.signal.reason);
  const deadline = startDeadline(request.timeoutMs ?? DEFAULT_TIMEOUT_MS, request.signal);
  try {
    return await withCredentials(target, deadline.signal, (authorization) =>
      sendWhole(target, pool, request, authorization, deadline.signal),
    );
  } catch (cause) {
    throw failure(target, request, cause);
  } finally {
    deadline.end();
  }
}

async function sendWhole(
  target: Target,
  pool: Pool,
  request: HttpRequest,
  authorization: string | undefined,
  deadline: AbortSignal,
): Promise<HttpResponse> {
  if (deadline.aborted) throw new HeldBack(deadline.reason);
  const whole = new WholeAnswer(request.beforeSend);
  const cancel = (): void => whole.cancel(deadline.reason);
  deadline.addEventListener('abort', cancel, { once: true });
  try {
    pool.dispatch({ ...messageOf(target, request, authorization), ...DISPATCH }, whole);
    return await whole.answer;
  } finally {
    deadline.removeEventListener('abort', cancel);
  }
}

async function openStream(target: Target, pool: Pool, request: HttpRequest): Promise<HttpStream> {
  const limits = { headersTimeout: request.timeoutMs ?? DEFAULT_TIMEOUT_MS, bodyTimeout: 0 };
  const signal = request.signal ?? null;
  try {
    const response = await withCredentials(target, request.signal, async (authorization) => {
      const { statusCode: status, ...rest } = await pool.request({
        ...messageOf(target, request, authorization),
        ...limits,
        signal,
      });
      return { status, ...rest };
    });
    return { status: response.status, headers: flatten(response.headers), lines: lines(target, request, response) };
  } catch (cause) {
    throw failure(target, request, cause);
  }
}

async function* lines(
  target: Target,
  request: HttpRequest,
  response: Pick<Dispatcher.ResponseData, 'body'>,
): AsyncGenerator<string> {
  try {
    yield* readLines(response.body, MAX_LINE_BYTES);
  } catch (cause) {
    throw failure(target, request, cause);
  }
}

interface Message {
  readonly method: HttpRequest['method'];
  readonly path: string;
  readonly body: string | null;
  readonly headers: Record<string, string>;
}

function messageOf(
  { prefix, headers: common }: Target,
  { method, path, headers, body }: HttpRequest,
  authorization: string | undefined,
): Message {
  return {
    method,
    path: prefix + path,
    body: body ?? null,
    headers: { ...common, ...headers, ...(authorization === undefined ? {} : { authorization }) },
  };
}

/** A 401 is answered once, with credentials that were read again. */
async function withCredentials<A extends Answered>(
  { options }: Target,
  signal: AbortSignal | undefined,
  attempt: (authorization: string | undefined) => Promise<A>,
): Promise<A> {
  const credentials = await readCredentials(options, signal);
  const response = await attempt(credentials);
  if (response.status !== 401) return response;
  const fresh = await readCredentials(options, signal, credentials);
  if (fresh === credentials) return response;
  if (typeof response.body !== 'string') await response.body.dump();
  return attempt(fresh);
}

interface Answered {
  readonly status: number;
  readonly body: string | Dispatcher.ResponseData['body'];
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
