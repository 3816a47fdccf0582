import { expect, test } from 'vitest';

import type { HttpRequest } from '../client/transport.ts';
import { createScriptedTransport } from '../testing/scripted-transport.ts';
import { createTracedTransport } from './traced-transport.ts';
import { NO_TRACER, type Tracer } from './tracer.ts';

function makeTransport() {
  const told: unknown[] = [];
  const tracer: Tracer = {
    ...NO_TRACER,
    span: (name, attributes, work) => {
      told.push(name, attributes);
      return work({ annotate: (more) => told.push(more), fail: () => {} });
    },
  };
  const scripted = createScriptedTransport({ request: () => ({ status: 409 }) });
  return { transport: createTracedTransport(scripted, tracer), told };
}

const WATCH: HttpRequest = { method: 'GET', path: '/api/v1/pods?watch=true' };

test('a request has a span with its path, its query and its answer', async () => {
  const { transport, told } = makeTransport();
  await transport.request({ method: 'PATCH', path: '/api/v1/namespaces/ns/services/web?dryRun=All', body: 'secret' });
  await transport.request({ method: 'GET', path: '/version' });
  expect(told).toEqual([
    'PATCH',
    { 'http.request.method': 'PATCH', 'url.path': '/api/v1/namespaces/ns/services/web', 'url.query': 'dryRun=All' },
    { 'http.response.status_code': 409 },
    'GET',
    { 'http.request.method': 'GET', 'url.path': '/version' },
    { 'http.response.status_code': 409 },
  ]);
});

test('a watch has none: it lasts for minutes', async () => {
  const { transport, told } = makeTransport();
  await transport.stream(WATCH);
  expect(told).toEqual([]);
});
