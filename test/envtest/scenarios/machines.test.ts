// Scenario 6 and the machines' side of 8: a machine dies with members on it. On a control plane of its own, where a
// machine counts as dead after 10 s.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startControlPlane, type StartedControlPlane } from '../../../hack/control-plane/control-plane.ts';
import { NODE_DEPLOYMENT, type MemberStatus } from '../../../src/api/v1alpha1/node-deployment.ts';
import { POD, STATEFUL_SET } from '../../../src/kube/kinds.ts';
import { newPool, type Pool } from '../pools.ts';
import { installCrds, kubectlFor } from '../start.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { lineOf } from '../support/exchanges.ts';
import { condition, expectReady, fleet, toImage, type FleetOptions } from '../support/fleets.ts';
import type { OperatorUnderTest } from '../support/operator.ts';
import { handOff, readyFleet, untilReady, volumesOf, type Stage } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import { findDoubleUse, type Truth } from '../support/truth.ts';

let plane: StartedControlPlane;
beforeAll(async () => {
  plane = await startControlPlane({
    with: ['controller-manager', 'scheduler', 'kwok', 'storage'],
    machines: 1,
    machineGraceSeconds: 10,
    storage: { attachDelayMs: 0, detachDelayMs: 0 },
    log: () => {},
  });
  await installCrds(plane);
});
afterAll(() => plane?.stop());

/** It takes 10 to 15 s until a machine counts as dead, and up to 20 s until kube-controller-manager cleans up after it. */
const PATIENCE = { timeoutMs: 60_000 };

/** Pods that run on the first machine of the pool, or if that takes none, on another one. */
function onFirst({ machines, spec }: Pool): { readonly template: object } {
  const isFirst = [{ key: 'kubernetes.io/hostname', operator: 'In', values: machines.slice(0, 1) }];
  const preference = { weight: 100, preference: { matchExpressions: isFirst } };
  const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [preference] } };
  return { template: { spec: { ...spec, affinity, containers: [{ name: 'web', image: 'web:1' }] } } };
}

interface Scene extends Stage {
  /** Where the pods are. */
  readonly doomed: string;
  readonly other: string;
}

/** Ready fleets, `web` and these, on one machine of two. */
async function fleetsOnOneMachine(more: Readonly<Record<string, FleetOptions>>): Promise<Scene> {
  const { machines, ...pool } = await newPool(kubectlFor(plane), ['zone-x', 'zone-x']);
  const [doomed = '', other = ''] = machines;
  const spec = onFirst({ ...pool, machines });
  const cluster = await newCluster(plane);
  const { operator, truth } = await readyFleet({ storage: {}, spec }, cluster);
  for (const [name, options] of Object.entries(more)) await cluster.apply(fleet({ name, spec, ...options }));
  for (const name of ['web', ...Object.keys(more)]) {
    expect((await untilReady(cluster, name)).status?.members).toMatchObject([{ nodeName: doomed }]);
  }
  await operator.quiet();
  operator.recording.clear();
  const fleets = await cluster.client.list(NODE_DEPLOYMENT, { namespace: cluster.namespace });
  const since = Math.max(...fleets.map(({ metadata }) => Number(metadata.resourceVersion)));
  return { cluster, operator, truth, volumes: await volumesOf(cluster), since, doomed, other };
}

/** The fleet says that the machine is dead; resolves to the message. */
async function untilUnreachable(cluster: Cluster, name: string): Promise<string> {
  return eventually(async () => {
    const stalled = condition(await cluster.nd(name), 'Stalled');
    expect(stalled).toMatchObject({ status: 'True', reason: 'NodeUnreachable' });
    return stalled?.message ?? '';
  }, PATIENCE);
}

async function memberOf(cluster: Cluster, name: string): Promise<MemberStatus | undefined> {
  return (await cluster.nd(name)).status?.members?.[0];
}

/** The user changes the image; resolves when the member has been told to stop and its pod to end. */
async function untilStopping(cluster: Cluster, name: string): Promise<void> {
  await cluster.patch(name, toImage('web:2'));
  await eventually(async () => {
    expect((await cluster.read(STATEFUL_SET, `${name}-0`)).spec?.replicas).toBe(0);
    expect((await cluster.read(POD, `${name}-0-0`)).metadata).toHaveProperty('deletionTimestamp');
  });
}

async function untilRuns(cluster: Cluster, name: string, machine: string, image: string): Promise<void> {
  await eventually(async () => {
    expectReady(await cluster.nd(name));
    const { spec } = await cluster.read(POD, `${name}-0-0`);
    expect([spec?.nodeName, spec?.containers[0]?.image]).toEqual([machine, image]);
  }, PATIENCE);
}

const storyOfMember = ({ truth, volumes, since }: Scene, member: string): readonly string[] =>
  storyOf(truth, volumes, since).filter((line) => line.startsWith(`${member} `));

/** What the operator has deleted. */
const deletionsBy = ({ recording }: OperatorUnderTest): readonly string[] =>
  recording
    .writes()
    .filter(({ method }) => method === 'DELETE')
    .map(lineOf);

/** Pods and attachments that are gone. */
const goneOf = ({ pods, attachments }: Truth): readonly string[] =>
  [...pods.moments, ...attachments.moments]
    .filter(({ type }) => type === 'DELETED')
    .map(({ object }) => object.metadata.name);

describe('scenario 6: a machine dies with members on it (kubernetes#65392)', { timeout: 120_000 }, () => {
  test('the status has the command that helps, nothing is deleted by force, and the command lets the members start elsewhere', async () => {
    const noAttach = { storage: { storageClassName: 'no-attach' } };
    const scene = await fleetsOnOneMachine({ idle: { storage: {} }, nfs: noAttach });
    const { cluster, operator, truth, volumes, doomed, other } = scene;
    await plane.cutPower(doomed);
    for (const name of ['web', 'idle', 'nfs']) {
      await untilUnreachable(cluster, name);
      expect(await memberOf(cluster, name)).toMatchObject({ phase: 'Unreachable', reason: 'NodeUnreachable' });
      const safety = condition(await cluster.nd(name), 'VolumesSafe');
      expect(safety).toMatchObject({ status: 'Unknown', reason: 'NodeUnreachable' });
    }
    for (const name of ['web', 'nfs']) await untilStopping(cluster, name);
    await operator.quiet();
    await truth.caughtUp();
    expect(goneOf(truth)).toEqual([]);
    // Somebody loses patience with a pod (scenario 8): nobody can tell what it has left running.
    await cluster.kubectl(['delete', 'pod/nfs-0-0', '--force', '--grace-period=0']);
    await eventually(async () =>
      expect(await memberOf(cluster, 'nfs')).toMatchObject({ handoff: { removedBy: 'Other' } }),
    );
    await operator.quiet();
    await truth.caughtUp();
    expect(goneOf(truth)).toEqual(['nfs-0-0']);
    expect(storyOfMember(scene, 'nfs-0')).toEqual(['nfs-0 stop', 'nfs-0 pod gone']);

    const remedy = `kubectl taint nodes ${doomed} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute`;
    for (const name of ['web', 'idle', 'nfs']) {
      expect((await untilUnreachable(cluster, name)).split(': ').at(-1)).toBe(remedy);
    }
    await kubectlFor(plane)(remedy.split(' ').slice(1));
    await untilRuns(cluster, 'nfs', other, 'web:2');
    await untilRuns(cluster, 'web', other, 'web:2');
    await untilRuns(cluster, 'idle', other, 'web:1');
    await truth.caughtUp();
    expect(storyOfMember(scene, 'web-0')).toEqual(handOff('web-0', 'web:2'));
    expect(findDoubleUse(truth, new Map([...volumes].filter(([claim]) => claim !== 'idle-0')))).toEqual([]);
    expect(deletionsBy(operator)).toEqual([]);
  });

  test('it returns instead: the member at rest goes on with the pod it had, a hand-off is made as ever', async () => {
    const scene = await fleetsOnOneMachine({ idle: { storage: {} } });
    const { cluster, operator, truth, volumes, doomed } = scene;
    const { metadata } = await cluster.read(POD, 'idle-0-0');
    await plane.cutPower(doomed);
    for (const name of ['web', 'idle']) await untilUnreachable(cluster, name);
    await untilStopping(cluster, 'web');
    await operator.quiet();

    await plane.restorePower(doomed);
    await untilRuns(cluster, 'web', doomed, 'web:2');
    await untilRuns(cluster, 'idle', doomed, 'web:1');
    for (const name of ['web', 'idle']) {
      expect(condition(await cluster.nd(name), 'Stalled')?.status).toBe('False');
      expect(condition(await cluster.nd(name), 'VolumesSafe')?.status).toBe('True');
    }
    expect((await cluster.read(POD, 'idle-0-0')).metadata.uid).toBe(metadata.uid);
    await truth.caughtUp();
    expect(storyOfMember(scene, 'web-0')).toEqual(handOff('web-0', 'web:2'));
    expect(findDoubleUse(truth, volumes)).toEqual([]);
    expect(deletionsBy(operator)).toEqual([]);
  });
});
