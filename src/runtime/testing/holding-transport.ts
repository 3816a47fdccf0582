// A Transport with barriers: a test holds a request just before it is sent, or just after the server has carried it
// out, and lets others pass meanwhile. So a race has the order that the test wants, without sleeps.
import type { HttpRequest, Transport } from '../client/transport.ts';

/** `after-commit`: the server has answered, the caller has not heard of it. */
type HoldPhase = 'before-send' | 'after-commit';

interface Hold {
  /** Resolves when a request has arrived at the barrier. */
  readonly reached: Promise<HttpRequest>;
  /** Lets the request go on. Before it arrives: lets it pass. */
  release(): void;
  /** Throws `error` at its caller: before sending, a request that never left; after commit, a lost answer. */
  fail(error: Error): void;
}

export interface HoldingTransport extends Transport {
  /** Holds the next request that matches; each hold takes one request. */
  hold(matches: (request: HttpRequest) => boolean, phase: HoldPhase): Hold;
}

export function createHoldingTransport(inner: Transport): HoldingTransport {
  const barriers = new Set<Barrier>();
  const pass = async <R>(request: HttpRequest, send: () => Promise<R>): Promise<R> => {
    const barrier = [...barriers].find(({ matches }) => matches(request));
    if (barrier === undefined) return send();
    barriers.delete(barrier);
    if (barrier.phase === 'before-send') await arrive(barrier, request);
    const response = await send();
    if (barrier.phase === 'after-commit') await arrive(barrier, request);
    return response;
  };
  return {
    hold: (matches, phase) => {
      const barrier = createBarrier(matches, phase);
      barriers.add(barrier);
      return barrier.hold;
    },
    request: (request) => pass(request, () => inner.request(request)),
    stream: (request) => pass(request, () => inner.stream(request)),
    close: () => inner.close(),
  };
}

interface Barrier {
  readonly matches: (request: HttpRequest) => boolean;
  readonly phase: HoldPhase;
  readonly hold: Hold;
  readonly reach: (request: HttpRequest) => void;
  readonly opened: Promise<void>;
}

function createBarrier(matches: Barrier['matches'], phase: HoldPhase): Barrier {
  const reached = Promise.withResolvers<HttpRequest>();
  const opened = Promise.withResolvers<void>();
  // A hold may fail before any request arrives.
  opened.promise.catch(() => {});
  const hold = { reached: reached.promise, release: opened.resolve, fail: opened.reject };
  return { matches, phase, hold, reach: reached.resolve, opened: opened.promise };
}

/** Waits at the barrier, at most until the request is aborted. */
async function arrive(barrier: Barrier, request: HttpRequest): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(request.signal?.reason);
  request.signal?.addEventListener('abort', abort, { once: true });
  if (request.signal?.aborted) abort();
  barrier.reach(request);
  try {
    await Promise.race([barrier.opened, aborted.promise]);
  } finally {
    request.signal?.removeEventListener('abort', abort);
  }
}
