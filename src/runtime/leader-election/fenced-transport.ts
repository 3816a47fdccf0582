// The fence around writes: a Transport over which nothing is written by who is not the leader.
//
// Guarantees: whatever is not a GET is refused, before it is sent, unless the fence lets it pass at that very moment:
// asked when the request is made, and again when it is about to be written to its connection. Dry runs count as writes.
// Reads and watches always pass. Not guaranteed: that a write which was sent in time is carried out in time; what it
// finds there it is conditional on.
import { TransportError } from '../client/api-error.ts';
import type { Transport } from '../client/transport.ts';
import type { WriteFence } from './tenure.ts';

/** This replica may not write now. */
class NotLeading extends Error {
  override readonly name = 'NotLeading';
}

/** Whether a write was refused because this replica is not, or no longer, the leader. It was certainly not carried out. */
export function isNotLeading(error: unknown): error is TransportError {
  return error instanceof TransportError && error.cause instanceof NotLeading;
}

export function createFencedTransport(inner: Transport, fence: WriteFence): Transport {
  const assertLeading = (): void => {
    const refusal = fence.refusal();
    if (refusal !== undefined) throw new NotLeading(refusal);
  };
  return {
    request: async (request) => {
      if (request.method === 'GET') return inner.request(request);
      try {
        assertLeading();
      } catch (cause) {
        throw new TransportError(request, 'not-sent', cause);
      }
      // Once more when it is really sent: it may wait for a connection until then.
      return inner.request({ ...request, beforeSend: assertLeading });
    },
    stream: (request) => inner.stream(request),
    close: () => inner.close(),
  };
}
