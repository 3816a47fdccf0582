import { describe, expect, test } from 'vitest';

import { createRecordingTransport } from './recording-transport.ts';
import { createScriptedTransport } from './scripted-transport.ts';

describe('recording transport', () => {
  test('keeps what was sent and answered, in the order of the requests', async () => {
    const server = createScriptedTransport({ request: ({ path }) => ({ status: 409, body: { path } }) });
    const transport = createRecordingTransport(server);
    await transport.request({ method: 'PATCH', path: '/a', body: '{"x":1}' });
    await transport.stream({ method: 'GET', path: '/b' });
    expect(transport.exchanges).toEqual([
      {
        method: 'PATCH',
        path: '/a',
        requestBody: '{"x":1}',
        status: 409,
        responseBody: '{"path":"/a"}',
        error: undefined,
      },
      { method: 'GET', path: '/b', requestBody: '', status: 200, responseBody: '', error: undefined },
    ]);
    expect(transport.writes().map(({ path }) => path)).toEqual(['/a']);
  });

  test('takes a dry run for no write', async () => {
    const transport = createRecordingTransport(createScriptedTransport({ request: () => ({}) }));
    await transport.request({ method: 'PATCH', path: '/a?force=true&dryRun=All' });
    expect(transport.writes()).toEqual([]);
  });

  test('tells the writes of Events apart from those of objects', async () => {
    const transport = createRecordingTransport(createScriptedTransport({ request: () => ({}) }));
    const events = '/apis/events.k8s.io/v1/namespaces/a/events';
    await transport.request({ method: 'POST', path: `${events}?fieldValidation=Strict` });
    await transport.request({ method: 'PATCH', path: `${events}/e?fieldValidation=Strict` });
    await transport.request({ method: 'GET', path: events });
    await transport.request({ method: 'DELETE', path: '/api/v1/namespaces/a/pods/events' });
    expect(transport.events().map(({ method }) => method)).toEqual(['POST', 'PATCH']);
    expect(transport.writes().map(({ method }) => method)).toEqual(['DELETE']);
  });

  test('keeps what was thrown at the caller', async () => {
    const transport = createRecordingTransport(createScriptedTransport({}));
    await transport.request({ method: 'GET', path: '/a' }).catch(() => {});
    expect(transport.exchanges[0]?.error).toEqual(new Error('nothing answers GET /a'));
  });
});
