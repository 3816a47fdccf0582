import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { elect, leaseKeyOf } from './election.ts';
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
  expect(leaseKeyOf(undefined, namespaceFile('ops\n'))).toEqual({ namespace: 'ops', name: 'nodefleet-operator' });
  expect(leaseKeyOf('other', namespaceFile('ops\n'))).toEqual({ namespace: 'other', name: 'nodefleet-operator' });
});

test.for(['', '/no/such/file'])('outside of a cluster the user is told what to give (%j)', (text) => {
  const file = text === '' ? namespaceFile(text) : text;
  expect(() => leaseKeyOf(undefined, file)).toThrow(
    new UsageError(
      'leader election needs a namespace for its Lease, and this is not a pod with a service account: give --leader-election-namespace NAMESPACE, or --leader-elect=false if no other replica runs',
    ),
  );
});

const electorate = {
  leaseKey: { namespace: 'ops', name: 'nodefleet-operator' },
  leaseTimings: { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
  clock: new FakeClock(),
  random: () => 0,
  log: new RecordingLogger(),
};

test('a replica that has not been elected may read, and not write', async () => {
  const inner = createScriptedTransport({ request: () => ({}) });
  const { transport, election } = elect(inner, electorate);
  expect(election?.name).toBe('leader election');
  await transport.request({ method: 'GET', path: '/api/v1/pods' });
  const refused = await transport.request({ method: 'DELETE', path: '/api/v1/pods' }).catch((error: unknown) => error);
  expect(isNotLeading(refused)).toBe(true);
});

test('without an election everything goes over the transport as it is', () => {
  const inner = createScriptedTransport({});
  expect(elect(inner, { ...electorate, leaseKey: undefined })).toEqual({ transport: inner });
});
