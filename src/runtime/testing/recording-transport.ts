// A Transport that writes down what really went over the wire, in the order in which requests were made.
import type { HttpRequest, Transport } from '../client/transport.ts';
import { isEvent } from './lock-asserting-transport.ts';

export interface Exchange {
  readonly method: HttpRequest['method'];
  readonly path: string;
  /** What was sent; `''` for nothing. */
  readonly requestBody: string;
  /** Undefined until an answer has come, and for ever if none does. */
  status: number | undefined;
  /** The whole answer; `''` for a stream. */
  responseBody: string;
  /** What the caller got thrown. */
  error: unknown;
}

export interface RecordingTransport extends Transport {
  readonly exchanges: readonly Exchange[];
  /** The exchanges that could change something. Events are left out: they are records, see `events`. So are dry runs. */
  writes(): readonly Exchange[];
  /** The exchanges that wrote an Event. */
  events(): readonly Exchange[];
  clear(): void;
}

export function createRecordingTransport(inner: Transport): RecordingTransport {
  const exchanges: Exchange[] = [];
  const record = async <R extends { status: number; body?: string }>(
    { method, path, body = '' }: HttpRequest,
    answer: () => Promise<R>,
  ): Promise<R> => {
    const exchange: Exchange = {
      method,
      path,
      requestBody: body,
      status: undefined,
      responseBody: '',
      error: undefined,
    };
    exchanges.push(exchange);
    try {
      const response = await answer();
      exchange.status = response.status;
      exchange.responseBody = response.body ?? '';
      return response;
    } catch (error) {
      exchange.error = error;
      throw error;
    }
  };
  return {
    exchanges,
    writes: () => exchanges.filter((one) => one.method !== 'GET' && !isEvent(one.path) && !isDryRun(one)),
    events: () => exchanges.filter(({ method, path }) => method !== 'GET' && isEvent(path)),
    clear: () => void exchanges.splice(0),
    request: (request) => record(request, () => inner.request(request)),
    stream: (request) => record(request, () => inner.stream(request)),
    close: () => inner.close(),
  };
}

/** Whether it asks what a write would be answered, and stores nothing. */
export function isDryRun({ path }: Pick<HttpRequest, 'path'>): boolean {
  return new URLSearchParams(path.split('?')[1]).get('dryRun') === 'All';
}
