// The rules of attempted writes are red for a history that breaks them.
import { expect, test } from 'vitest';

import { Attempts } from './attempts.ts';

const STATUS = '/apis/nodefleet.dev/v1alpha1/namespaces/default/nodedeployments/web/status';
const SET = '/apis/apps/v1/namespaces/default/statefulsets/web-0';
const a = { by: 'a', atMs: 0, isHeard: true };
const b = { by: 'b', atMs: 0, isHeard: true };
const patch = (path: string, body: object) => ({ method: 'PATCH' as const, path, body: JSON.stringify(body) });

function plan(id: string, generation: number) {
  const content = { id, generation, purpose: 'Rollout', targetRevision: 'r' };
  return patch(STATUS, { metadata: { uid: 'u', resourceVersion: '5' }, status: { plan: content } });
}

/** The numbers of the rules that it breaks. */
const broken = (attempts: Attempts, attempt: Parameters<Attempts['judge']>[0]): readonly string[] =>
  attempts.judge(attempt).flatMap(([invariant, verdict]) => (typeof verdict === 'object' ? [invariant] : []));

test('I4 is red when two racing reconciles make two plans of one content, though one is not served', () => {
  const attempts = new Attempts();
  expect(broken(attempts, { ...a, request: plan('1', 1), outcome: 200 })).toEqual([]);
  expect(broken(attempts, { ...b, request: plan('1', 1), outcome: 409 })).toEqual([]);
  expect(broken(attempts, { ...b, request: plan('2', 2), outcome: 200 })).toEqual([]);
  expect(broken(attempts, { ...b, request: plan('3', 1), outcome: 503 })).toEqual(['I4']);
});

test.for([
  [500, 'I19'],
  [403, 'I19'],
  ['lost', 'I19'],
  [404, undefined],
] as const)('I19 judges an apply as absent after a read that came to %s', ([outcome, invariant]) => {
  const attempts = new Attempts();
  attempts.judge({ ...a, request: { method: 'GET', path: SET }, outcome });
  const request = patch(`${SET}?force=true`, { metadata: { name: 'web-0', resourceVersion: '1' } });
  expect(broken(attempts, { ...b, request, outcome: 409 })).toEqual([]);
  expect(broken(attempts, { ...a, atMs: 2000, request, outcome: 409 })).toEqual([]);
  expect(broken(attempts, { ...a, request, outcome: 409 })).toEqual(invariant === undefined ? [] : [invariant]);
  attempts.endReconcile('b');
  expect(broken(attempts, { ...a, request, outcome: 409 })).toEqual(invariant === undefined ? [] : [invariant]);
  attempts.endReconcile('a');
  expect(broken(attempts, { ...a, request, outcome: 409 })).toEqual([]);
});

test('I17 is red when a process patches a status twice on one version, and not when somebody else was faster', () => {
  const status = patch(STATUS, { metadata: { uid: 'u', resourceVersion: '5' }, status: { replicas: 1 } });
  const attempts = new Attempts();
  expect(broken(attempts, { ...a, request: status, outcome: 200 })).toEqual([]);
  expect(broken(attempts, { ...b, request: status, outcome: 409 })).toEqual([]);
  expect(broken(attempts, { ...a, request: status, outcome: 409 })).toEqual(['I17']);
  expect(broken(attempts, { ...a, atMs: 20_000, request: status, outcome: 409 })).toEqual([]);
});

test('I11 is red when something is made for a fleet that was read as terminating', () => {
  const served = (uid: string, deletionTimestamp?: string) => {
    const created = { name: 'web', uid, resourceVersion: '5', creationTimestamp: '2026-01-01T00:00:00Z' };
    const metadata = { ...created, ...(deletionTimestamp && { deletionTimestamp }) };
    return { apiVersion: 'nodefleet.dev/v1alpha1', kind: 'NodeDeployment', metadata };
  };
  const request = patch(SET, { metadata: { resourceVersion: '1', ownerReferences: [{ uid: 'u' }] } });
  const attempts = new Attempts();
  attempts.serve('a', served('u'));
  expect(broken(attempts, { ...a, request, outcome: 201 })).toEqual([]);
  attempts.serve('a', served('u', '2026-01-01T00:00:00Z'));
  expect(broken(attempts, { ...a, request, outcome: 201 })).toEqual(['I11']);
  attempts.serve('a', served('made anew'));
  expect(broken(attempts, { ...a, request, outcome: 201 })).toEqual([]);
});
