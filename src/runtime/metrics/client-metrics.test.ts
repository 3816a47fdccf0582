import { expect, test } from 'vitest';

import type { HttpRequest } from '../client/transport.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { samplesOf } from '../testing/samples.ts';
import { createScriptedTransport, type Script } from '../testing/scripted-transport.ts';
import { createMeteredTransport } from './client-metrics.ts';
import { Registry } from './registry.ts';

const REQUEST: HttpRequest = { method: 'GET', path: '/api/v1/namespaces/secret-name/pods/web-0?limit=1' };

function connect(script: (clock: FakeClock) => Script) {
  const registry = new Registry();
  const clock = new FakeClock();
  const scripted = createScriptedTransport(script(clock));
  const transport = createMeteredTransport(scripted, { registry, clock, host: 'api:6443' });
  return { transport, scripted, registry, samples: async () => samplesOf(await registry.metrics()) };
}

test('counts requests by their answer, and measures them', async () => {
  const { transport, samples } = connect((clock) => ({
    request: async ({ method }) => {
      await clock.advance(40);
      return { status: method === 'PATCH' ? 409 : 200 };
    },
  }));
  await transport.request(REQUEST);
  await transport.request({ ...REQUEST, method: 'PATCH' });
  const after = await samples();
  expect(after.get('rest_client_requests_total{code="200",method="GET",host="api:6443"}')).toBe(1);
  expect(after.get('rest_client_requests_total{code="409",method="PATCH",host="api:6443"}')).toBe(1);
  expect(after.get('rest_client_request_duration_seconds_sum{verb="GET",host="api:6443"}')).toBe(0.04);
});

test('counts a request without an answer as <error>, and passes the error on', async () => {
  const { transport, samples } = connect(() => ({
    request: () => {
      throw new Error('ECONNREFUSED');
    },
  }));
  await expect(transport.request(REQUEST)).rejects.toThrow('ECONNREFUSED');
  expect((await samples()).get('rest_client_requests_total{code="<error>",method="GET",host="api:6443"}')).toBe(1);
});

test('counts a watch once it is answered, however long it lasts', async () => {
  const { transport, samples } = connect(() => ({}));
  await transport.stream(REQUEST);
  expect((await samples()).get('rest_client_requests_total{code="200",method="GET",host="api:6443"}')).toBe(1);
});

test('names no object', async () => {
  const { transport, registry } = connect(() => ({ request: () => ({}) }));
  await transport.request(REQUEST);
  expect(await registry.metrics()).not.toContain('secret-name');
});
