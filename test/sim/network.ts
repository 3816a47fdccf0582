// What is between a process and the model server: a Transport that takes time, loses, repeats and lies.
//
// Guarantees: what a request does at the server, it does in one step; a killed process hears of nothing any more, and
// what it had sent may still arrive. Every fault is a choice of the tape.
import { TransportError } from '../../src/runtime/client/api-error.ts';
import type { HttpRequest, HttpResponse, HttpStream, Transport } from '../../src/runtime/client/transport.ts';
import { EVENT, LEASE } from '../../src/kube/kinds.ts';
import type { Choices } from './choices.ts';
import type { Gate } from './exhaustive/gate.ts';
import type { ModelServer } from './model/api-server.ts';
import { handle, targetOf } from './model/http.ts';
import { ModelError } from './model/model-error.ts';
import type { SimClock } from './sim-clock.ts';
import { SimStream } from './sim-stream.ts';
import type { Weather, WeatherKind } from './weather.ts';

export interface NetworkOptions {
  readonly server: ModelServer;
  readonly clock: SimClock;
  readonly choices: Choices;
  readonly weather: Weather;
  /** Holds requests back while it is closed. */
  readonly gate?: Gate | undefined;
  /** Names the process in commits. */
  readonly by: string;
  /** Told of each request that was answered or lost, for the log of the run. */
  readonly onExchange: (exchange: SimExchange) => void;
  /** Told of each request before it is on its way. */
  readonly onSend?: ((by: string, request: HttpRequest) => void) | undefined;
}

export interface SimExchange {
  readonly by: string;
  readonly request: HttpRequest;
  /** The status, or what became of the request. */
  readonly outcome: number | 'lost' | 'reply-lost';
  /** Whether the process gets to know it. */
  readonly isHeard: boolean;
}

/** What may happen to a request. The first is the ordinary course. */
const REQUEST_FAULTS = [
  'none',
  'not-sent',
  'lost',
  'reply-lost',
  'conflict',
  'too-many',
  'internal',
  'timeout-late',
  'unavailable',
  'forbidden',
] as const;
type RequestFault = (typeof REQUEST_FAULTS)[number];

/** What every request meets in such a weather. A right that is taken away is that to write. */
function faultIn(weather: WeatherKind, verb: 'read' | 'write'): RequestFault {
  if (weather === 'refused') return 'not-sent';
  if (weather === 'unavailable') return 'unavailable';
  return weather === 'forbidden' && verb === 'write' ? 'forbidden' : 'none';
}

const LATENCIES = [1, 5, 20, 100, 800] as const;
const TIMEOUT_MS = 30_000;
const LATE_MS = 3_000;

export class Network implements Transport {
  readonly #options: NetworkOptions;
  readonly #streams = new Set<SimStream>();
  #isDead = false;
  #leaseCutUntil = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    options.server.onCommit((commit) => {
      for (const stream of this.#streams) stream.take(commit);
    });
  }

  /** For so long no request about a lease finds the server. */
  cutLease(ms: number): void {
    this.#leaseCutUntil = Math.max(this.#leaseCutUntil, this.#options.clock.monotonic() + ms);
  }

  /** Every open watch breaks: the server has gone away. */
  cut(): void {
    for (const stream of this.#streams) stream.cut();
  }

  request(request: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      if (request.signal?.aborted) return reject(new TransportError(request, 'not-sent', request.signal.reason));
      const live =
        <V>(settle: (value: V) => void) =>
        (value: V): void => {
          if (!this.#isDead) settle(value);
        };
      this.#send(request, live(resolve), live(reject));
    });
  }

  async stream(request: HttpRequest): Promise<HttpStream> {
    const { server, clock, choices, weather } = this.#options;
    const target = targetOf(request.path);
    await this.#pause(1);
    if (this.#isDead) return new Promise(() => {});
    if (target === undefined) return { status: 404, headers: {}, lines: only(new ModelError(404, 'NotFound', '')) };
    const fault = choices.pick('fault.watch-open', ['none', 'refused', 'internal', 'gone'] as const);
    if (fault === 'refused' || weather.now === 'refused')
      throw new TransportError(request, 'not-sent', new Error('connection refused'));
    if (fault === 'internal' || weather.now === 'unavailable')
      return { status: 500, headers: {}, lines: only(new ModelError(500, 'InternalError', '')) };
    if (fault === 'gone') return { status: 410, headers: {}, lines: only(new ModelError(410, 'Expired', 'too old')) };
    const stream = new SimStream({ server, clock, choices, weather, target, request });
    this.#streams.add(stream);
    stream.onEnd(() => this.#streams.delete(stream));
    return { status: 200, headers: {}, lines: stream };
  }

  async close(): Promise<void> {
    this.kill();
  }

  /** Ends the process's part of every exchange: it hears of nothing any more. */
  kill(): void {
    this.#isDead = true;
    for (const stream of this.#streams) stream.abandon();
    this.#streams.clear();
  }

  #send(request: HttpRequest, resolve: (response: HttpResponse) => void, reject: (error: Error) => void): void {
    const { clock, choices, weather, gate, by } = this.#options;
    if (gate?.isClosed && !request.path.includes(`/${EVENT.plural}`)) {
      const serve = (isHeard: boolean): HttpResponse => {
        const response = this.#serve(request, isHeard);
        if (isHeard) resolve(response);
        return response;
      };
      return gate.hold({ by, request, serve });
    }
    const verb = request.method === 'GET' ? 'read' : 'write';
    const chosen: RequestFault = choices.pick(`fault.${verb}`, REQUEST_FAULTS);
    this.#options.onSend?.(by, request);
    const isCut = clock.monotonic() < this.#leaseCutUntil && request.path.includes(`/${LEASE.plural}`);
    const fault = isCut ? 'not-sent' : chosen === 'none' ? faultIn(weather.now, verb) : chosen;
    const there = weather.stretch(choices.pick('time.request', LATENCIES));
    const back = weather.stretch(choices.pick('time.reply', LATENCIES));
    const answer = (response: HttpResponse): void => void clock.after(back, () => resolve(response));
    const fail = (delayMs: number, outcome: 'not-sent' | 'unknown', why: string): void => {
      this.#tell(request, outcome === 'not-sent' ? 'lost' : 'reply-lost');
      clock.after(delayMs, () => reject(new TransportError(request, outcome, new Error(why))));
    };
    switch (fault) {
      case 'none':
        clock.plan(there, () => answer(this.#serve(request)));
        break;
      case 'not-sent':
        return fail(there, 'not-sent', 'connection refused');
      case 'lost':
        return fail(TIMEOUT_MS, 'unknown', 'no answer');
      case 'reply-lost':
        clock.plan(there, () => void this.#serve(request, false));
        return fail(there + back, 'unknown', 'connection reset');
      case 'timeout-late':
        // The server gives up waiting for its database, which carries the write out all the same.
        clock.plan(there + LATE_MS, () => void this.#serve(request, false));
        clock.plan(there, () => answer(this.#refuse(request, 504, 'Timeout')));
        break;
      case 'conflict':
        clock.plan(there, () =>
          answer(request.method === 'GET' ? this.#serve(request) : this.#refuse(request, 409, 'Conflict')),
        );
        break;
      case 'too-many':
        clock.plan(there, () => answer(this.#refuse(request, 429, 'TooManyRequests')));
        break;
      case 'internal':
        clock.plan(there, () => answer(this.#refuse(request, 500, 'InternalError')));
        break;
      case 'unavailable':
        clock.plan(there, () => answer(this.#refuse(request, 503, 'ServiceUnavailable')));
        break;
      case 'forbidden':
        clock.plan(there, () => answer(this.#refuse(request, 403, 'Forbidden')));
        break;
    }
  }

  #serve(request: HttpRequest, isHeard = true): HttpResponse {
    const response = handle(this.#options.server, request, this.#options.by);
    this.#tell(request, response.status, isHeard);
    return response;
  }

  #refuse(request: HttpRequest, code: number, reason: string): HttpResponse {
    this.#tell(request, code);
    const details = code === 429 ? { retryAfterSeconds: 1 } : {};
    return new ModelError(code, reason, 'a fault of the simulation', details).response();
  }

  #tell(request: HttpRequest, outcome: SimExchange['outcome'], isHeard = true): void {
    this.#options.onExchange({ by: this.#options.by, request, outcome, isHeard });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve));
  }
}

async function* only(error: ModelError): AsyncGenerator<string> {
  yield error.response().body;
}
