import { expect, test } from 'vitest';

import { type Access, accessOf, createAccessReporter } from './access.ts';
import { createScriptedTransport } from './scripted-transport.ts';

test.for([
  ['GET', '/api/v1/pods?limit=500', 'list pods'],
  ['GET', '/api/v1/namespaces/shop/pods?watch=true', 'watch pods'],
  ['GET', '/api/v1/namespaces/shop/services/web-0', 'get services'],
  ['GET', '/apis/storage.k8s.io/v1/volumeattachments', 'list storage.k8s.io/volumeattachments'],
  ['POST', '/apis/events.k8s.io/v1/namespaces/shop/events', 'create events.k8s.io/events'],
  ['PATCH', '/apis/example.dev/v1/namespaces/shop/gadgets/web/status', 'patch example.dev/gadgets/status'],
  ['PUT', '/apis/apps/v1/namespaces/shop/statefulsets/web-0', 'update apps/statefulsets'],
  ['DELETE', '/apis/apps/v1/namespaces/shop/statefulsets/web-0', 'delete apps/statefulsets'],
  ['DELETE', '/apis/apps/v1/namespaces/shop/statefulsets', 'deletecollection apps/statefulsets'],
  ['GET', '/apis/example.dev/v1', undefined],
  ['GET', '/readyz', undefined],
] as const)('%s %s takes the right to %s', ([method, path, access]) => {
  expect(accessOf({ method, path })).toBe(access);
});

test('an apply that makes an object takes the right to create it besides', async () => {
  const told: Access[] = [];
  const statuses = [201, 200];
  const server = createScriptedTransport({ request: () => ({ status: statuses.shift() ?? 500 }) });
  const transport = createAccessReporter(server, (access) => told.push(access));
  const path = '/api/v1/namespaces/shop/services/web-0';
  await transport.request({ method: 'PATCH', path });
  expect(told).toEqual(['patch services', 'create services']);
  await transport.request({ method: 'PATCH', path });
  expect(told.slice(2)).toEqual(['patch services']);
});
