import { describe, expect, test } from 'vitest';

import type { HttpRequest } from '../client/transport.ts';
import { createLockAssertingTransport } from './lock-asserting-transport.ts';
import { createScriptedTransport } from './scripted-transport.ts';

const WIDGET = '/apis/example.dev/v1/namespaces/a/widgets/w';

interface Write {
  readonly method: HttpRequest['method'];
  readonly path: string;
  readonly body?: unknown;
}

async function send({ method, path, body }: Write): Promise<{ sent: number; violations: readonly string[] }> {
  const server = createScriptedTransport({ request: () => ({}) });
  const transport = createLockAssertingTransport(server);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  await transport.request({ method, path, ...(body === undefined ? {} : { body: text }) }).catch(() => {});
  return { sent: server.requests.length, violations: transport.violations };
}

describe('lock-asserting transport', () => {
  const locked = { metadata: { resourceVersion: '7' }, status: {} };
  test.for<[string, Write]>([
    ['a locked status patch', { method: 'PATCH', path: `${WIDGET}/status?fieldValidation=Strict`, body: locked }],
    ['a locked replacement', { method: 'PUT', path: WIDGET, body: locked }],
    ['a fenced apply', { method: 'PATCH', path: `${WIDGET}?force=true`, body: locked }],
    ['a create', { method: 'POST', path: '/api/v1/namespaces/a/pods', body: { metadata: { name: 'p' } } }],
    ['a delete with a uid', { method: 'DELETE', path: WIDGET, body: { preconditions: { uid: 'u' } } }],
    ['a read', { method: 'GET', path: `${WIDGET}/status` }],
    ['a count on an event', { method: 'PATCH', path: '/apis/events.k8s.io/v1/namespaces/a/events/e', body: {} }],
  ])('lets pass %s', async ([, write]) => {
    expect(await send(write)).toEqual({ sent: 1, violations: [] });
  });

  const status = `${WIDGET}/status`;
  test.for<[string, Write]>([
    ['a status patch without metadata', { method: 'PATCH', path: status, body: { status: {} } }],
    ['a status patch whose version is undefined', { method: 'PATCH', path: status, body: { metadata: { uid: 'u' } } }],
    [
      'a status patch with an empty version',
      { method: 'PATCH', path: status, body: { metadata: { resourceVersion: '' } } },
    ],
    ['a status patch with version 0', { method: 'PATCH', path: status, body: { metadata: { resourceVersion: '0' } } }],
    ['a status patch with a number', { method: 'PATCH', path: status, body: { metadata: { resourceVersion: 7 } } }],
    ['a JSON patch of a status', { method: 'PATCH', path: status, body: [{ op: 'add', path: '/status', value: {} }] }],
    ['a status replacement', { method: 'PUT', path: status, body: { metadata: {} } }],
    ['a status POST', { method: 'POST', path: status, body: { metadata: {} } }],
    ['a status patch behind a query', { method: 'PATCH', path: `${status}?fieldManager=m`, body: {} }],
    ['an apply without a fence', { method: 'PATCH', path: `${WIDGET}?force=true`, body: { metadata: { name: 'w' } } }],
    ['a delete without a body', { method: 'DELETE', path: WIDGET }],
    [
      'a delete with a version only',
      { method: 'DELETE', path: WIDGET, body: { preconditions: { resourceVersion: '7' } } },
    ],
    ['a body that is not JSON', { method: 'PATCH', path: WIDGET, body: 'metadata: {}' }],
    ['a status of something named events', { method: 'PATCH', path: '/api/v1/namespaces/a/events/e/status', body: {} }],
  ])('refuses %s', async ([, write]) => {
    const { sent, violations } = await send(write);
    expect(sent).toBe(0);
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(`wire: ${write.method} ${write.path}`);
  });

  test('fails the run even if the caller swallows the error', async () => {
    const transport = createLockAssertingTransport(createScriptedTransport({ request: () => ({}) }));
    expect(() => transport.assertNoViolations()).not.toThrow();
    await transport.request({ method: 'PATCH', path: status, body: '{}' }).catch(() => {});
    expect(() => transport.assertNoViolations()).toThrow('a status write without metadata.resourceVersion');
  });
});
