// Gathers the whole answer to one request from undici's callbacks: no stream, no listener and no interceptor for each.
//
// Guarantees: settles once; `cancel` settles it at once, also while the request waits for a connection, and a request
// that was cancelled or held back before undici began to write it is never written.
import type { Dispatcher } from 'undici';

import type { HttpResponse } from './transport.ts';

/** Nothing of the request was or will be written; the cause tells why. */
export class HeldBack extends Error {
  constructor(cause: unknown) {
    super('held back', { cause });
  }
}

export class WholeAnswer implements Dispatcher.DispatchHandler {
  /** Rejects with `HeldBack`, with what `cancel` was given, or with undici's error. */
  readonly answer: Promise<HttpResponse>;
  readonly #settle = Promise.withResolvers<HttpResponse>();
  readonly #beforeSend: (() => void) | undefined;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #cancelled: Error | undefined;
  #status = 0;
  #headers: Record<string, string> = {};

  /** @param beforeSend as `HttpRequest.beforeSend` */
  constructor(beforeSend: (() => void) | undefined) {
    this.#beforeSend = beforeSend;
    this.answer = this.#settle.promise;
  }

  cancel(reason: Error): void {
    this.#cancelled = reason;
    this.#settle.reject(this.#controller === undefined ? new HeldBack(reason) : reason);
    this.#controller?.abort(reason);
  }

  /** Undici calls it when a connection is there and idle, just before it writes to it; what it throws keeps it from that. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#cancelled !== undefined) throw new HeldBack(this.#cancelled);
    try {
      this.#beforeSend?.();
    } catch (cause) {
      throw new HeldBack(cause);
    }
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Dispatcher.ResponseData['headers'],
  ): void {
    this.#status = status;
    this.#headers = flatten(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first, ...others] = this.#chunks;
    const bytes = others.length === 0 ? first : Buffer.concat(this.#chunks);
    this.#settle.resolve({ status: this.#status, headers: this.#headers, body: bytes?.toString('utf8') ?? '' });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle.reject(error);
  }
}

/** Repeated headers in one line. */
export function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
