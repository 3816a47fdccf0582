// The seam below every client: one HTTP exchange with an API server. Production speaks undici (undici-transport.ts);
// tests wrap any transport to record, hold, break or assert on what really goes over the wire.

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path with query, for example `/api/v1/pods?limit=500`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The JSON text to send. */
  readonly body?: string;
  /** Aborts the exchange; a streaming body ends with an error. */
  readonly signal?: AbortSignal;
  /**
   * Called when all waiting is over (for credentials, for a free connection) and the request is about to be written to its
   * connection. What it throws keeps it from being sent, and is the cause of the TransportError. Only for `request`.
   */
  readonly beforeSend?: () => void;
  /** Goes over connections of its own: never waits behind other requests. Only for `request`; default false. */
  readonly isUrgent?: boolean;
  /** Milliseconds until an answer has to have come in full; default 30,000. Streams have no limit but their own. */
  readonly timeoutMs?: number;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** One JSON document per line. */
  readonly lines: AsyncIterable<string>;
}

/** Errors: `TransportError` where no complete answer came; an HTTP error status is an answer. */
export interface Transport {
  request(request: HttpRequest): Promise<HttpResponse>;
  stream(request: HttpRequest): Promise<HttpStream>;
  /** Closes all connections; requests under way fail. */
  close(): Promise<void>;
}
