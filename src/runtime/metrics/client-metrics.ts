// The metrics of the requests to the API server, under the names of client-go v0.36 (tools/metrics). Paths are no label:
// there are as many of them as objects.
import type { Clock } from '../clock.ts';
import type { HttpRequest, Transport } from '../client/transport.ts';
import { Counter, Histogram, type Registry } from './registry.ts';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30];

export interface ClientMetricsOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  /** The API server, `127.0.0.1:6443`. */
  readonly host: string;
}

/** Wraps a transport so that its exchanges are counted; a stream counts when it has been answered. */
export function createMeteredTransport(transport: Transport, options: ClientMetricsOptions): Transport {
  const { registry, clock, host } = options;
  const requests = new Counter({
    registers: [registry],
    name: 'rest_client_requests_total',
    help: 'Requests to the API server; code <error> where no answer came.',
    labelNames: ['code', 'method', 'host'],
  });
  const duration = new Histogram({
    registers: [registry],
    name: 'rest_client_request_duration_seconds',
    help: 'How long requests to the API server took; of a watch, until it was answered.',
    labelNames: ['verb', 'host'],
    buckets: BUCKETS,
  });
  const count = async <A extends { readonly status: number }>(
    { method }: HttpRequest,
    exchange: Promise<A>,
  ): Promise<A> => {
    const startedAt = clock.monotonic();
    let code = '<error>';
    try {
      const answer = await exchange;
      code = String(answer.status);
      return answer;
    } finally {
      requests.inc({ code, method, host });
      duration.observe({ verb: method, host }, (clock.monotonic() - startedAt) / 1_000);
    }
  };
  return {
    request: (request) => count(request, transport.request(request)),
    stream: (request) => count(request, transport.stream(request)),
    close: () => transport.close(),
  };
}
