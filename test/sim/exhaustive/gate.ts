// Holds requests back, so that somebody else decides in which order they are served.
import type { HttpRequest, HttpResponse } from '../../../src/runtime/client/transport.ts';

export interface Held {
  /** The process that waits. */
  readonly by: string;
  readonly request: HttpRequest;
  /** Carries it out and returns what the server says; `isHeard`: and answers. */
  serve(isHeard: boolean): HttpResponse;
}

export class Gate {
  isClosed = false;
  #held: readonly Held[] = [];

  get held(): readonly Held[] {
    return this.#held;
  }

  hold(request: Held): void {
    this.#held = [...this.#held, request];
  }

  /** Takes it out: it is served, or lost with its process. */
  take(request: Held): void {
    this.#held = this.#held.filter((one) => one !== request);
  }
}
