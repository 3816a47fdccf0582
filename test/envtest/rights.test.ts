// An operator with the rights of one namespace alone: it serves what it can, says what it cannot read, and goes on waiting
// for the right to read it.
import { randomBytes } from 'node:crypto';

import { describe, expect, onTestFinished, test } from 'vitest';

import { writeUserKubeconfig } from '../../hack/control-plane/credentials.ts';
import { CSI_DRIVER, MACHINE } from '../../src/kube/kinds.ts';
import { Informer } from '../../src/runtime/cache/informer.ts';
import { createObjectClient } from '../../src/runtime/client/object-client.ts';
import type { Transport } from '../../src/runtime/client/transport.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { RecordingLogger } from '../../src/runtime/testing/recording-log.ts';
import { kubectlFor, sharedControlPlane } from './start.ts';
import { connectTo, newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { lineOf } from './support/exchanges.ts';
import { condition, expectReady, fleet, toImage } from './support/fleets.ts';
import { startOperator } from './support/operator.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const FOLLOW = ['get', 'list', 'watch'];
const OWN = [...FOLLOW, 'create', 'patch', 'delete'];
/** All that the operator needs in a namespace that it serves. */
const IN_NAMESPACE: readonly Rule[] = [
  { apiGroups: ['nodefleet.dev'], resources: ['nodedeployments'], verbs: [...FOLLOW, 'patch'] },
  { apiGroups: ['nodefleet.dev'], resources: ['nodedeployments/status'], verbs: ['patch'] },
  { apiGroups: ['apps'], resources: ['statefulsets', 'controllerrevisions'], verbs: OWN },
  { apiGroups: [''], resources: ['services', 'persistentvolumeclaims'], verbs: OWN },
  { apiGroups: [''], resources: ['pods'], verbs: FOLLOW },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];
/** What it reads of the cluster, if it may. */
const IN_CLUSTER: readonly Rule[] = [
  { apiGroups: [''], resources: ['nodes', 'persistentvolumes'], verbs: FOLLOW },
  { apiGroups: ['storage.k8s.io'], resources: ['volumeattachments', 'csidrivers'], verbs: FOLLOW },
];
const CLUSTER_SCOPED = ['csidrivers', 'nodes', 'persistentvolumes', 'volumeattachments'];

/** Somebody without any rights, until they are granted. Gone, with them, when the test is over. */
async function newUser(cluster: Cluster) {
  const plane = sharedControlPlane();
  const name = `operator-${randomBytes(4).toString('hex')}`;
  const kubectl = kubectlFor(plane);
  const kubeconfigPath = writeUserKubeconfig({ dir: plane.dir, server: plane.server, user: name });
  const grant = async (scope: 'namespace' | 'cluster', rules: readonly Rule[]): Promise<void> => {
    const prefix = scope === 'cluster' ? 'Cluster' : '';
    const metadata = { name, ...(scope === 'namespace' && { namespace: cluster.namespace }) };
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const apiGroup = 'rbac.authorization.k8s.io';
    await kubectl(['create', '-f', '-'], { apiVersion, kind: `${prefix}Role`, metadata, rules });
    await kubectl(['create', '-f', '-'], {
      apiVersion,
      kind: `${prefix}RoleBinding`,
      metadata,
      roleRef: { apiGroup, kind: `${prefix}Role`, name },
      subjects: [{ apiGroup, kind: 'User', name }],
    });
  };
  const revoke = async (): Promise<void> => {
    await kubectl(['delete', 'clusterrole,clusterrolebinding', name, '--ignore-not-found']);
  };
  onTestFinished(revoke);
  return { transport: await connectTo({ ...plane, kubeconfigPath }), grant, revoke };
}

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
