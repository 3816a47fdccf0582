// Transports that fail as servers and processes do: one that is cut off, one that shows the past.
import type { HttpRequest, HttpStream, Transport } from '../../../src/runtime/client/transport.ts';
import { isWatch } from './exchanges.ts';

export interface CutTransport extends Transport {
  /** From now on no request reaches the server, and no answer its caller. */
  cut(): void;
  isCut(): boolean;
}

/** Passes everything on until it is cut. */
export function createCutTransport(inner: Transport): CutTransport {
  const cut = new AbortController();
  const pass = async <R>(send: () => Promise<R>): Promise<R> => {
    cut.signal.throwIfAborted();
    const answer = await send();
    cut.signal.throwIfAborted();
    return answer;
  };
  return {
    request: (request) => pass(() => inner.request(request)),
    stream: (request) => pass(() => inner.stream(request)),
    close: () => inner.close(),
    cut: () => cut.abort(new Error('the process was killed')),
    isCut: () => cut.signal.aborted,
  };
}

export interface GapTransport extends Transport {
  /** All watches end now, and those that are begun wait. */
  shut(): void;
  open(): void;
}

/**
 * Passes everything on, but for watches while it is shut: what happens meanwhile is told to nobody.
 *
 * @param isOurs which watches. Default: all
 */
export function createGapTransport(
  inner: Transport,
  isOurs: (request: HttpRequest) => boolean = () => true,
): GapTransport {
  let gap = new AbortController();
  let opened = Promise.withResolvers<void>();
  opened.resolve();
  return {
    request: (request) => inner.request(request),
    stream: async (request) => {
      if (!isOurs(request)) return inner.stream(request);
      await opened.promise;
      const signal = AbortSignal.any([gap.signal, ...(request.signal ? [request.signal] : [])]);
      return inner.stream({ ...request, signal });
    },
    close: () => inner.close(),
    shut: () => {
      opened = Promise.withResolvers<void>();
      gap.abort(new Error('the connection was lost'));
      gap = new AbortController();
    },
    open: () => opened.resolve(),
  };
}

export interface ViewRecorder extends Transport {
  /**
   * An API server that is as far behind as this view is now: its watches begin with everything that this view's watches
   * have told so far, and tell nothing more. Reads and writes of single objects, and lists, are answered by the real one, as a lagging
   * server answers consistent reads.
   */
  behind(): LaggingServer;
}

export interface LaggingServer extends Transport {
  /** Ends its watches; the next ones are the real server's. */
  catchUp(): void;
}

/** Passes everything on, and keeps what the watches tell. */
export function recordView(inner: Transport): ViewRecorder {
  const told = new Map<string, string[]>();
  return {
    request: (request) => inner.request(request),
    stream: async (request) => {
      const answer = await inner.stream(request);
      if (!isWatch(request)) return answer;
      const lines = told.get(collectionOf(request)) ?? [];
      told.set(collectionOf(request), lines);
      return { ...answer, lines: keep(answer.lines, lines) };
    },
    close: () => inner.close(),
    behind: () => lagging(inner, new Map([...told].map(([collection, lines]) => [collection, [...lines]]))),
  };
}

function lagging(inner: Transport, told: ReadonlyMap<string, readonly string[]>): LaggingServer {
  const caughtUp = new AbortController();
  const replay = async (request: HttpRequest): Promise<HttpStream> => {
    const past = told.get(collectionOf(request));
    if (past === undefined || caughtUp.signal.aborted || !isWatch(request)) return inner.stream(request);
    const ended = AbortSignal.any([caughtUp.signal, ...(request.signal ? [request.signal] : [])]);
    return { status: 200, headers: { 'content-type': 'application/json' }, lines: thenSilence(past, ended) };
  };
  return {
    request: (request) => inner.request(request),
    stream: replay,
    close: () => inner.close(),
    catchUp: () => caughtUp.abort(),
  };
}

/** Watches of one collection are the same whatever version they start from. */
function collectionOf({ path }: HttpRequest): string {
  const [resource = '', query] = path.split('?');
  return `${resource} ${new URLSearchParams(query).get('labelSelector') ?? ''}`;
}

async function* keep(lines: AsyncIterable<string>, kept: string[]): AsyncIterable<string> {
  for await (const line of lines) {
    kept.push(line);
    yield line;
  }
}

async function* thenSilence(lines: readonly string[], ended: AbortSignal): AsyncIterable<string> {
  yield* lines;
  await new Promise<void>((resolve) => {
    if (ended.aborted) resolve();
    ended.addEventListener('abort', () => resolve(), { once: true });
  });
}
