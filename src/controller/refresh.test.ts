import { expect, test } from 'vitest';

import type { Condition } from '../api/v1alpha1/node-deployment.ts';
import { at, deployment } from '../domain/testing/build.ts';
import { createObjectClient } from '../runtime/client/object-client.ts';
import { type Answer, createScriptedTransport } from '../runtime/testing/scripted-transport.ts';
import { createRefresh } from './refresh.ts';

const condition = (type: string, status: 'True' | 'False'): Condition => ({
  ...{ type, status, reason: 'R', message: '', lastTransitionTime: at(0) },
});
const status = { observedGeneration: 1, conditions: [condition('Ready', 'True'), condition('theirs/Synced', 'True')] };
const cached = deployment({}, { resourceVersion: '5' }, status);
const metadata = { ...cached.metadata, resourceVersion: '9' };
const said = { ...status, conditions: [condition('Ready', 'True'), condition('theirs/Synced', 'False')] };

const refreshed = (answer: Answer, from = cached) =>
  createRefresh(createObjectClient(createScriptedTransport({ request: () => answer })))(from);

test('a version in which only others have said something is taken, with what they say', async () => {
  const managedFields = [{ manager: 'theirs' }];
  const body = structuredClone({ ...cached, metadata: { ...metadata, managedFields }, status: said });
  const taken = await refreshed({ body });
  expect(taken).toEqual({ ...cached, metadata, status: said });
  expect(taken.spec).toBe(cached.spec);
});

test('so is one in which they say something for the first time, or nothing any more', async () => {
  for (const conditions of [[condition('Ready', 'True')], [...status.conditions, condition('other/Seen', 'True')]]) {
    const { status: taken } = await refreshed({ body: { ...cached, metadata, status: { ...status, conditions } } });
    expect(taken?.conditions).toEqual(conditions);
  }
});

const NOT_FOUND = { kind: 'Status', reason: 'NotFound', details: { name: 'web' } };

test.for<[string, Answer]>([
  ['has gone', { status: 404, body: NOT_FOUND }],
  ['was made anew', { body: { ...cached, metadata: { ...metadata, uid: 'another' } } }],
  [
    'belongs to another shard',
    { body: { ...cached, metadata: { ...metadata, labels: { 'nodefleet.dev/shard': 'b' } } } },
  ],
  ['is being deleted', { body: { ...cached, metadata: { ...metadata, deletionTimestamp: at(1) } } }],
  ['has another spec', { body: { ...cached, metadata, spec: { ...cached.spec, replicas: 2 } } }],
  ['was told of by another operator', { body: { ...cached, metadata, status: { ...said, observedGeneration: 2 } } }],
  [
    'has a condition of ours that the cache has not',
    { body: { ...cached, metadata, status: { ...status, conditions: [condition('Ready', 'False')] } } },
  ],
  ['has lost its status', { body: { ...cached, metadata, status: undefined } }],
])('one that %s stays as the cache has it', async ([, answer]) => {
  expect(await refreshed(answer)).toBe(cached);
});

test('one of which nobody has said anything stays as the cache has it too', async () => {
  const { status: _, ...untold } = cached;
  expect(await refreshed({ body: { ...untold, metadata } }, untold)).toBe(untold);
});

test('what cannot be read is an error', async () => {
  await expect(refreshed({ status: 503 })).rejects.toThrow('503');
});
