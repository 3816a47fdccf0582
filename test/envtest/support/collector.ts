// An OpenTelemetry collector, as far as an exporter can tell: takes OTLP over HTTP as JSON, and keeps it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

import { onTestFinished } from 'vitest';

export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly status?: { readonly code?: number };
}

export interface Collector {
  readonly url: string;
  /** What was asked for, `POST /v1/traces`, one a request. */
  readonly requests: readonly string[];
  readonly spans: readonly SpanRecord[];
  /** The resources that the spans were of, as `key=value`. */
  readonly resources: ReadonlySet<string>;
  /** Everything that came, as text. */
  text(): string;
}

interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: SpanRecord['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly SpanRecord[] }[];
  }[];
}

/** Closed when the test is over. */
export async function startCollector(): Promise<Collector> {
  const requests: string[] = [];
  const spans: SpanRecord[] = [];
  const resources = new Set<string>();
  let text = '';
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks);
    const json = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
    requests.push(`${request.method} ${request.url}`);
    text += json;
    const batch: Batch = JSON.parse(json);
    for (const { resource, scopeSpans } of batch.resourceSpans) {
      for (const { key, value } of resource.attributes) resources.add(`${key}=${String(Object.values(value)[0])}`);
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, spans, resources, text: () => text };
}
