import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { elect, leaseNamespaceOf } from './election.ts';
import { UsageError } from './flags.ts';
import { isNotLeading } from './runtime/leader-election/fenced-transport.ts';
import { FakeClock } from './runtime/testing/fake-clock.ts';
import { RecordingLogger } from './runtime/testing/recording-log.ts';
import { createScriptedTransport } from './runtime/testing/scripted-transport.ts';

function namespaceFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodefleet-election-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'namespace');
  writeFileSync(file, text);
  return file;
}

test("the lease is in the pod's own namespace, or where the option says", () => {
  expect(leaseNamespaceOf(undefined, namespaceFile('ops\n'))).toBe('ops');
  expect(leaseNamespaceOf('other', namespaceFile('ops\n'))).toBe('other');
});

test.for(['', '/no/such/file'])('outside of a cluster the user is told what to give (%j)', (text) => {
  const file = text === '' ? namespaceFile(text) : text;
  expect(() => leaseNamespaceOf(undefined, file)).toThrow(
    new UsageError(
      'leader election needs a namespace for its Lease, and this is not a pod with a service account: give --leader-election-namespace NAMESPACE, or --leader-elect=false if no other replica runs',
    ),
  );
});

const NOT_FOUND = { kind: 'Status', code: 404, reason: 'NotFound', details: { name: 'x' } };

const electorate = {
  shards: ['default', 'canary'],
  leaseNamespace: 'ops',
  leaseTimings: { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
  clock: new FakeClock(),
  random: () => 0,
  log: new RecordingLogger(),
};

test('a replica that has not been elected may read, and not write', async () => {
  const inner = createScriptedTransport({ request: () => ({}) });
  const [candidacy] = elect(inner, electorate);
  const transport = candidacy?.transport ?? inner;
  expect(candidacy?.election?.name).toBe('leader election');
  await transport.request({ method: 'GET', path: '/api/v1/pods' });
  const refused = await transport.request({ method: 'DELETE', path: '/api/v1/pods' }).catch((error: unknown) => error);
  expect(isNotLeading(refused)).toBe(true);
});

test('a replica that leads one shard may write for it, and not for another', async () => {
  const taken = '/apis/coordination.k8s.io/v1/namespaces/ops/leases/nodefleet-operator';
  const inner = createScriptedTransport({
    request: ({ method, path, body }) => {
      if (!path.includes('/leases')) return {};
      const isTaken = path === taken;
      const spec =
        method === 'GET' ? { holderIdentity: 'somebody', leaseDurationSeconds: 15 } : JSON.parse(body ?? '').spec;
      if (method === 'GET' && !isTaken) return { status: 404, body: NOT_FOUND };
      return { body: { metadata: { namespace: 'ops', name: 'x', uid: '1', resourceVersion: '1' }, spec } };
    },
  });
  const [ours, theirs] = elect(inner, { ...electorate, shards: ['canary', 'default'] });
  const stop = new AbortController();
  const running = [ours, theirs].map(async (candidacy) => candidacy?.election?.start(stop.signal));
  await ours?.election?.whenReady(stop.signal);
  const write = { method: 'DELETE', path: '/api/v1/pods' } as const;
  await ours?.transport.request(write);
  const refused = await theirs?.transport.request(write).catch((error: unknown) => error);
  expect(isNotLeading(refused)).toBe(true);
  stop.abort();
  await Promise.all(running);
});

test('without an election everything goes over the transport as it is', () => {
  const inner = createScriptedTransport({});
  expect(elect(inner, { ...electorate, leaseNamespace: undefined })).toEqual([
    { shard: 'default', transport: inner },
    { shard: 'canary', transport: inner },
  ]);
});
