// A Transport without a network: a function answers each request, and streams are written by the test line by line.
import { TransportError } from '../client/api-error.ts';
import type { HttpRequest, HttpResponse, HttpStream, Transport } from '../client/transport.ts';

/** An answer as a test writes it: the body may be any JSON value. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A stream under the test's control. Ends when its request is aborted, as a real one does: with an error. */
class ScriptedStream {
  readonly request: HttpRequest;
  readonly #lines: string[] = [];
  #end: { readonly error?: Error } | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(request: HttpRequest) {
    this.request = request;
    const abort = (): void => this.break(new TransportError(request, 'unknown', request.signal?.reason));
    request.signal?.addEventListener('abort', abort, { once: true });
    if (request.signal?.aborted) abort();
  }

  /** Writes one line: a JSON value, or text as it is. */
  write(line: unknown): void {
    this.#lines.push(typeof line === 'string' ? line : JSON.stringify(line));
    this.#wake.resolve();
  }

  /** Ends the stream as a server does whose time is up. */
  end(): void {
    this.#finish({});
  }

  /** Breaks the stream as a reset connection does. */
  break(error: Error = new TransportError(this.request, 'unknown', new Error('read ECONNRESET'))): void {
    this.#finish({ error });
  }

  async *lines(): AsyncGenerator<string, void> {
    while (true) {
      for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) yield line;
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return;
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
  }

  #finish(end: { readonly error?: Error }): void {
    this.#end ??= end;
    this.#wake.resolve();
  }
}

export interface Script {
  /** Answers a request; may throw what a transport throws. */
  request?(request: HttpRequest): Answer | Promise<Answer>;
  /** Refuses a stream with an answer, or returns nothing to open it. */
  stream?(request: HttpRequest): Answer | undefined;
}

export interface ScriptedTransport extends Transport {
  readonly requests: readonly HttpRequest[];
  /** All streams that were opened, oldest first. */
  readonly streams: readonly ScriptedStream[];
}

export function createScriptedTransport(script: Script): ScriptedTransport {
  const requests: HttpRequest[] = [];
  const streams: ScriptedStream[] = [];
  return {
    requests,
    streams,
    request: async (request) => {
      requests.push(request);
      if (script.request === undefined) throw new Error(`nothing answers ${request.method} ${request.path}`);
      return toResponse(await script.request(request));
    },
    stream: async (request) => {
      requests.push(request);
      const answer = script.stream?.(request);
      if (answer !== undefined) return toStream(toResponse(answer));
      const stream = new ScriptedStream(request);
      streams.push(stream);
      return { status: 200, headers: {}, lines: stream.lines() };
    },
    close: async () => {
      for (const stream of streams) stream.break();
    },
  };
}

function toResponse({ status = 200, headers = {}, body = {} }: Answer): HttpResponse {
  return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

function toStream({ status, headers, body }: HttpResponse): HttpStream {
  async function* lines(): AsyncGenerator<string, void> {
    yield* body.split('\n').filter((line) => line !== '');
  }
  return { status, headers, lines: lines() };
}
