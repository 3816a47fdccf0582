// A span for each request to the API server, below the step that it serves. Watches have none: they last for minutes.
import type { HttpRequest, HttpResponse, Transport } from '../client/transport.ts';
import type { Tracer } from './tracer.ts';

export function createTracedTransport(transport: Transport, tracer: Tracer): Transport {
  const request = ({ method, path }: HttpRequest, send: () => Promise<HttpResponse>): Promise<HttpResponse> => {
    const query = path.indexOf('?');
    const attributes = {
      'http.request.method': method,
      'url.path': query < 0 ? path : path.slice(0, query),
      ...(query < 0 ? {} : { 'url.query': path.slice(query + 1) }),
    };
    return tracer.span(method, attributes, async (span) => {
      const response = await send();
      span.annotate({ 'http.response.status_code': response.status });
      return response;
    });
  };
  return {
    request: (one) => request(one, () => transport.request(one)),
    stream: (one) => transport.stream(one),
    close: () => transport.close(),
  };
}
