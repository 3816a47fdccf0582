// A small client for the control plane's own needs (machines, storage): JSON requests and a self-healing watch.
import { Agent, request, type RequestOptions } from 'node:https';
import { createInterface } from 'node:readline';

import type { Stored } from '../../src/kube/object.ts';

export interface ApiAddress {
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  /** PEM. */
  readonly authority: string;
  readonly token: string;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Sent as JSON; of a PATCH as a JSON merge patch. */
  readonly body?: object;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

export interface ApiClient {
  /** Rejects only where no answer came, for 5 s at most. */
  call(request: ApiRequest): Promise<ApiAnswer>;
  /** A live copy of a collection, for example of `/api/v1/pods`; `onChange` is called after each change. */
  mirror<T extends Stored>(path: string, onChange: () => void): Mirror<T>;
  close(): void;
}

export interface Mirror<T extends Stored> {
  /** The objects that exist now, as far as the API server has told. */
  objects(): readonly T[];
  /** Whether the first list is complete. */
  isFilled(): boolean;
  close(): void;
}

/** What every request of one client has. */
interface Common extends RequestOptions {
  readonly headers: Readonly<Record<string, string>>;
}

const RECONNECT_MS = 200;
const TIMEOUT_MS = 5_000;

export function createApiClient({ server, authority, token }: ApiAddress): ApiClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const common: Common = { ca: authority, headers: { authorization: `Bearer ${token}` } };
  return {
    call: (wanted) => call(server, { ...common, agent }, wanted),
    mirror: (path, onChange) => mirror(`${server}${path}`, { ...common, agent: false }, onChange),
    close: () => agent.destroy(),
  };
}

function call(server: string, options: Common, { method, path, body }: ApiRequest): Promise<ApiAnswer> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const headers = { ...options.headers, 'content-type': type, accept: 'application/json' };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const outgoing = request(`${server}${path}`, { ...options, method, headers, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/** Streams the collection (WatchList) and starts over, from nothing, whenever the stream ends for whatever reason. */
function mirror<T extends Stored>(url: string, options: RequestOptions, onChange: () => void): Mirror<T> {
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const stopping = new AbortController();
  let objects = new Map<string, T>();
  let isFilled = false;
  connect();
  return { objects: () => [...objects.values()], isFilled: () => isFilled, close: () => stopping.abort() };

  function connect(): void {
    const next = new Map<string, T>();
    const stream = request(`${url}?${query}`, { ...options, signal: stopping.signal }, (response) => {
      const lines = createInterface({ input: response });
      lines.on('error', () => {}); // what ends the stream does not matter: `close` follows
      lines.on('line', (line) => {
        const event: WatchEvent<T> = JSON.parse(line);
        accept(event, next);
      });
    });
    stream.on('error', () => {});
    stream.on('close', () => {
      if (!stopping.signal.aborted) setTimeout(connect, RECONNECT_MS);
    });
    stream.end();
  }

  function accept({ type, object }: WatchEvent<T>, next: Map<string, T>): void {
    if (type === 'ADDED' || type === 'MODIFIED') next.set(object.metadata.uid, object);
    else if (type === 'DELETED') next.delete(object.metadata.uid);
    else if (type === 'BOOKMARK') [objects, isFilled] = [next, true]; // the first one ends the list
    if (objects === next) onChange();
  }
}
