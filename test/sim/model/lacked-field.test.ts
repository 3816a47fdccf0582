// A CRD that lacks a field of the status: who wants to be told is refused, who does not loses the field.
import { expect, test } from 'vitest';

import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import { ModelServer } from './api-server.ts';
import type { Json } from './document.ts';
import { handle } from './http.ts';

const KEY = { namespace: 'default', name: 'web' };
const PATH = '/apis/nodefleet.dev/v1alpha1/namespaces/default/nodedeployments/web/status';
const BOTH = { observedGeneration: 1, updateRevision: 'r1' };

/** What is stored, and the answer to a status patch. */
function patched(status: Json, query: string, before: Json = {}): readonly [number, unknown] {
  const server = new ModelServer(() => 0);
  const by = { by: 'kubectl', verb: 'patch', subresource: 'status' } as const;
  const template = { spec: { containers: [{ name: 'app', image: 'app:1' }] } };
  server.create(NODE_DEPLOYMENT, { metadata: { ...KEY }, spec: { template } }, { by: 'kubectl', verb: 'create' });
  server.mergePatch(NODE_DEPLOYMENT, KEY, { status: before }, by);
  server.lackedField = 'updateRevision';
  const headers = { 'content-type': 'application/merge-patch+json' };
  const body = JSON.stringify({ status });
  const answer = handle(server, { method: 'PATCH', path: PATH + query, headers, body }, 'operator');
  return [answer.status, server.store.get(NODE_DEPLOYMENT, KEY)?.['status']];
}

test.for<[name: string, sent: Json, query: string, before: Json, status: number, after: Json]>([
  ['refuses a patch of it that asks to be told', BOTH, '?fieldValidation=Strict', {}, 422, {}],
  ['drops it from a patch that does not', BOTH, '', {}, 200, { observedGeneration: 1 }],
  [
    'stores what else is patched',
    { observedGeneration: 1 },
    '?fieldValidation=Strict',
    {},
    200,
    { observedGeneration: 1 },
  ],
  [
    'drops what was stored of it',
    { observedGeneration: 1 },
    '',
    { updateRevision: 'r0' },
    200,
    { observedGeneration: 1 },
  ],
])('it %s', ([, sent, query, before, status, after]) => {
  expect(patched(sent, query, before)).toEqual([status, after]);
});
