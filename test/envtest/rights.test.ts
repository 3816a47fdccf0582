// An operator with the rights of one namespace alone: it serves what it can, says what it cannot read, and goes on
// waiting for the right to read it.
import { describe, expect, onTestFinished, test } from 'vitest';

import { CSI_DRIVER, MACHINE } from '../../src/kube/kinds.ts';
import { Informer } from '../../src/runtime/cache/informer.ts';
import { createObjectClient } from '../../src/runtime/client/object-client.ts';
import type { Transport } from '../../src/runtime/client/transport.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { RecordingLogger } from '../../src/runtime/testing/recording-log.ts';
import { newCluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { lineOf } from './support/exchanges.ts';
import { condition, expectReady, fleet, toImage } from './support/fleets.ts';
import { startOperator } from './support/operator.ts';
import { IN_CLUSTER, IN_NAMESPACE, newUser } from './support/users.ts';

const CLUSTER_SCOPED = ['csidrivers', 'nodes', 'persistentvolumes', 'volumeattachments'];

/** The kinds of the lines that say `message`. */
function kindsThatSay(log: RecordingLogger, message: string): readonly string[] {
  const lines = log.lines.filter((line) => line.message === message);
  return lines.map(({ fields }) => String(fields['kind'])).toSorted();
}

describe('an operator with rights in one namespace alone', () => {
  test('brings a fleet without storage to Ready and rolls it, and says once what it cannot read', async () => {
    const cluster = await newCluster();
    const user = await newUser(cluster);
    await user.grant('namespace', IN_NAMESPACE);
    const operator = await startOperator(cluster, { over: user.transport });
    await cluster.apply(fleet({ replicas: 2 }));
    await eventually(async () => expectReady(await cluster.nd('web')));
    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => expectReady(await cluster.nd('web')));

    await operator.quiet();
    expect(kindsThatSay(operator.log, 'no right to read; going on without')).toEqual(CLUSTER_SCOPED);
    expect(operator.log.at('warn')).toHaveLength(CLUSTER_SCOPED.length);
    const refused = operator.requests().filter(({ status }) => status === 403);
    expect(refused.map(lineOf)).toEqual([]);
  });

  test('reads the cluster as soon as it may, and looks at all fleets again', async () => {
    const cluster = await newCluster();
    const user = await newUser(cluster);
    await user.grant('namespace', IN_NAMESPACE);
    const operator = await startOperator(cluster, { over: user.transport });
    await cluster.apply(fleet());
    await eventually(async () => expectReady(await cluster.nd('web')));
    await operator.quiet();

    const before = operator.tally.count();
    await user.grant('cluster', IN_CLUSTER);
    await eventually(() => expect(kindsThatSay(operator.log, 'the right to read is there')).toEqual(CLUSTER_SCOPED), {
      timeoutMs: 90_000,
    });
    await eventually(() => expect(operator.tally.count()).toBeGreaterThan(before));
  });
});

/** A server that cannot stream a list: it knows no `sendInitialEvents`. */
function withoutStreamedLists(inner: Transport): Transport {
  const refusal = { kind: 'Status', code: 422, reason: 'Invalid', message: 'sendInitialEvents is forbidden' };
  const lines = async function* () {
    yield JSON.stringify(refusal);
  };
  const stream: Transport['stream'] = async (request) =>
    request.path.includes('sendInitialEvents') ? { status: 422, headers: {}, lines: lines() } : inner.stream(request);
  return { ...inner, stream };
}

test('an operator whose server cannot stream lists may list all that it watches', async () => {
  const cluster = await newCluster();
  const user = await newUser(cluster);
  await user.grant('namespace', IN_NAMESPACE);
  await user.grant('cluster', IN_CLUSTER);
  const operator = await startOperator(cluster, { over: withoutStreamedLists(user.transport) });
  await cluster.apply(fleet({ storage: {} }));
  await eventually(async () => expectReady(await cluster.nd('web')));
  const answers = new Set(operator.recording.exchanges.map(({ status }) => status));
  expect([answers.has(422), answers.has(403)]).toEqual([true, false]);
});

describe('a fleet with storage whose attachments the operator may not read', () => {
  test('starts, calls the safety of its volumes unknown, and is moved only once they can be read', async () => {
    const cluster = await newCluster();
    const user = await newUser(cluster);
    await user.grant('namespace', IN_NAMESPACE);
    const operator = await startOperator(cluster, { over: user.transport });
    await cluster.apply(fleet({ storage: {} }));
    await eventually(async () => {
      const deployment = expectReady(await cluster.nd('web'));
      const safe = { status: 'Unknown', reason: 'CannotReadVolumeAttachments' };
      expect(condition(deployment, 'VolumesSafe')).toMatchObject(safe);
    });

    const [{ podUID } = {}] = (await cluster.nd('web')).status?.members ?? [];
    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => {
      const deployment = await cluster.nd('web');
      expect(condition(deployment, 'Stalled')).toMatchObject({ status: 'True', reason: 'Forbidden' });
      expect(deployment.status?.members).toMatchObject([{ podUID, phase: 'Running' }]);
    });
    await operator.quiet();
    expect((await cluster.nd('web')).status?.members).toMatchObject([{ podUID }]);

    await user.grant('cluster', IN_CLUSTER);
    await eventually(
      async () => {
        const deployment = expectReady(await cluster.nd('web'));
        expect(condition(deployment, 'VolumesSafe')).toMatchObject({ status: 'True', reason: 'ExclusiveAttach' });
      },
      { timeoutMs: 120_000 },
    );
  });
});

/** A transport whose streams a test can break. */
function createBreakable(inner: Transport) {
  let connections = new AbortController();
  const stream: Transport['stream'] = (request) => {
    const signal = AbortSignal.any([connections.signal, ...(request.signal ? [request.signal] : [])]);
    return inner.stream({ ...request, signal });
  };
  const breakAll = (): void => {
    connections.abort();
    connections = new AbortController();
  };
  return { ...inner, stream, breakAll };
}

describe('a cache of what may be read no longer', () => {
  test('goes on until its watch ends, then is empty and not readable, and has all of it again with the right', async () => {
    const user = await newUser(await newCluster());
    await user.grant('cluster', IN_CLUSTER);
    const { breakAll, ...transport } = createBreakable(user.transport);
    const log = new RecordingLogger();
    const watcher = createObjectClient(transport);
    const common = { watcher, clock: systemClock, random: seededRandom(1), log, isOptional: true };
    const machines = new Informer({ ...common, kind: MACHINE });
    const readability: boolean[] = [];
    machines.onReadabilityChange((isReadable) => readability.push(isReadable));
    const stop = new AbortController();
    const ended = machines.start(stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await ended;
    });
    await eventually(() => expect([machines.isReadable, machines.store.size > 0]).toEqual([true, true]));

    await user.revoke();
    await eventually(async () => {
      await expect(watcher.snapshot(CSI_DRIVER)).rejects.toThrow('403 Forbidden');
    });
    expect([machines.isReadable, machines.store.size > 0]).toEqual([true, true]);
    breakAll();
    await eventually(() => expect([machines.isReadable, machines.store.size]).toEqual([false, 0]));
    expect(String(machines.lastError())).toContain('403 Forbidden: nodes is forbidden');

    readability.length = 0;
    await user.grant('cluster', IN_CLUSTER);
    await eventually(() => expect([machines.isReadable, machines.store.size > 0]).toEqual([true, true]));
    expect(readability).toEqual([true]);
  });
});
