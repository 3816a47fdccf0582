import { expect, test } from 'vitest';

import type { StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { specSchema } from '../../src/api/v1alpha1/spec.ts';
import type { Stored } from '../../src/kube/object.ts';
import { FakeClock } from '../../src/runtime/testing/fake-clock.ts';
import type { ApiClient } from '../control-plane/api-client.ts';
import { watchFleets } from './fleets.ts';

/** A collection that changes when a test says so. */
function collection() {
  const objects: StoredNodeDeployment[] = [];
  let changed = (): void => {};
  const client: Pick<ApiClient, 'mirror'> = {
    mirror: <T extends Stored>(_path: string, onChange: () => void) => {
      changed = onChange;
      // What the API server returns has the type that the caller names, there as here.
      return { objects: () => objects as unknown as readonly T[], isFilled: () => true, close: () => {} };
    },
  };
  const add = (namespace: string, name: string): void => {
    objects.push(fleet(namespace, name));
    changed();
  };
  return { client, add };
}

function fleet(namespace: string, name: string): StoredNodeDeployment {
  const metadata = { namespace, name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T12:00:00Z' };
  return { metadata, spec: specSchema.parse({ template: { spec: { containers: [{ name: 'a', image: 'a:1' }] } } }) };
}

const forever = (): AbortSignal => new AbortController().signal;

test('fleets are in the order of namespace and name', () => {
  const { client, add } = collection();
  const fleets = watchFleets(client);
  for (const name of ['b', 'a']) add('two', name);
  add('one', 'c');
  expect(fleets.all().map(({ metadata }) => metadata.name)).toEqual(['c', 'a', 'b']);
});

test('waiting ends with the change that was waited for', async () => {
  const { client, add } = collection();
  const fleets = watchFleets(client, new FakeClock());
  const wait = fleets.until(() => fleets.all().length === 2, { what: 'two', timeoutMs: 10, signal: forever() });
  add('one', 'a');
  add('one', 'b');
  await expect(wait).resolves.toBeUndefined();
});

test('waiting ends at once when there is nothing to wait for', async () => {
  const fleets = watchFleets(collection().client, new FakeClock());
  const options = { what: 'nothing', timeoutMs: 10, signal: forever() };
  await expect(fleets.until(() => true, options)).resolves.toBeUndefined();
});

test('waiting fails at the timeout with what was waited for', async () => {
  const clock = new FakeClock();
  const fleets = watchFleets(collection().client, clock);
  const wait = fleets.until(() => false, { what: 'every sample is Ready', timeoutMs: 120_000, signal: forever() });
  const failure = expect(wait).rejects.toThrow('waited 120 s in vain until every sample is Ready');
  await clock.advance(120_000);
  await failure;
});

test('waiting fails with why there is no point in it', async () => {
  const fleets = watchFleets(collection().client, new FakeClock());
  const failed = Promise.reject<never>(new Error('the operator ended by itself'));
  const wait = fleets.until(() => false, { what: 'x', timeoutMs: 10, signal: forever(), failed });
  await expect(wait).rejects.toThrow('the operator ended by itself');
});

test.for([
  { name: 'while it waits', before: false },
  { name: 'before it begins', before: true },
])('waiting fails with the reason of an abort $name', async ({ before }) => {
  const stop = new AbortController();
  const fleets = watchFleets(collection().client, new FakeClock());
  if (before) stop.abort(new Error('Ctrl-C'));
  const wait = fleets.until(() => false, { what: 'x', timeoutMs: 10, signal: stop.signal });
  stop.abort(new Error('Ctrl-C'));
  await expect(wait).rejects.toThrow('Ctrl-C');
});
