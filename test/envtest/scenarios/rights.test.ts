// Scenario 22: everything may be read but VolumeAttachments, so that nobody can tell when a volume is detached.
import { expect, test } from 'vitest';

import type { StoredNodeDeployment } from '../../../src/api/v1alpha1/node-deployment.ts';
import { movableClock } from '../support/clocks.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { condition, toImage } from '../support/fleets.ts';
import { handOff, readyFleet, untilAllRun, untilReady, type Stage } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import { findDoubleUse } from '../support/truth.ts';
import { IN_CLUSTER, IN_NAMESPACE, newUser, type User } from '../support/users.ts';

const BLIND = IN_CLUSTER.map((rule) => ({
  ...rule,
  resources: rule.resources.filter((resource) => resource !== 'volumeattachments'),
}));

/** A Ready fleet on fresh claims, made by an operator that may not read attachments, whose clock the test may put forward. */
async function blindFleet(rollout: object) {
  const cluster = await newCluster();
  const user = await newUser(cluster);
  await user.grant('namespace', IN_NAMESPACE);
  await user.grant('cluster', BLIND);
  const clock = movableClock();
  const stage = await readyFleet({ storage: {}, rollout }, cluster, { over: user.transport, clock });
  return { ...stage, user, clock };
}

/** The fleet says which right is missing. */
async function untilForbidden(cluster: Cluster): Promise<StoredNodeDeployment> {
  return eventually(async () => {
    const deployment = await cluster.nd('web');
    const stalled = condition(deployment, 'Stalled');
    expect(stalled).toMatchObject({ status: 'True', reason: 'Forbidden' });
    expect(stalled?.message).toContain('Grant list and watch on volumeattachments.storage.k8s.io');
    return deployment;
  });
}

async function untilGranted({ cluster, user }: Stage & { readonly user: User }): Promise<void> {
  await user.grant('cluster', IN_CLUSTER);
  // It asks again after 0.8 s at first, and after a minute at last.
  await eventually(
    async () => expect(condition(await cluster.nd('web'), 'VolumesSafe')).toMatchObject({ status: 'True' }),
    { timeoutMs: 60_000 },
  );
}

const told = async ({ truth, volumes, since }: Stage): Promise<readonly string[]> => {
  await truth.caughtUp();
  return storyOf(truth, volumes, since);
};

test('scenario 22: without the right to read attachments a first start works, and no member is stopped for a move before the right is there', async () => {
  const stage = await blindFleet({});
  const { cluster, operator, truth, volumes } = stage;
  const before = await cluster.nd('web');
  const unknown = { status: 'Unknown', reason: 'CannotReadVolumeAttachments' };
  expect(condition(before, 'VolumesSafe')).toMatchObject(unknown);

  await cluster.patch('web', toImage('web:2'));
  const podUID = before.status?.members?.[0]?.podUID;
  const { status } = await untilForbidden(cluster);
  expect(status?.members).toMatchObject([{ phase: 'Running', reason: 'CannotReadVolumeAttachments', podUID }]);
  await operator.quiet();
  expect(await told(stage)).toEqual([]);

  await untilGranted(stage);
  await untilAllRun(cluster, 'web:2');
  expect(await told(stage)).toEqual(handOff('web-0', 'web:2'));
  expect(findDoubleUse(truth, volumes)).toEqual([]);
});

test('scenario 22: a suspended member is not started again before the right is there', async () => {
  const stage = await blindFleet({});
  const { cluster, operator, truth, volumes } = stage;
  await cluster.patch('web', { spec: { suspend: true } });
  await eventually(async () => expect((await cluster.nd('web')).status?.members).toMatchObject([{ phase: 'Stopped' }]));
  await cluster.patch('web', { spec: { suspend: false } });
  await untilForbidden(cluster);
  await operator.quiet();
  expect((await told(stage)).filter((line) => line !== 'web-0 detached')).toEqual(['web-0 stop', 'web-0 pod gone']);

  await untilGranted(stage);
  await untilReady(cluster);
  expect(await told(stage)).toEqual(handOff('web-0', 'web:1'));
  expect(findDoubleUse(truth, volumes)).toEqual([]);
});

test('scenario 22: BestEffort moves a member without the right, after the timeout', async () => {
  const stage = await blindFleet({ detach: 'BestEffort', detachTimeoutSeconds: 30 });
  const { cluster, operator, clock } = stage;
  await cluster.patch('web', toImage('web:2'));
  await untilForbidden(cluster);
  await operator.quiet();
  // Which the operator does not see.
  const detached = handOff('web-0', 'web:2').slice(0, 3);
  await eventually(async () => expect(await told(stage)).toEqual(detached));
  clock.putForward(30);
  await untilAllRun(cluster, 'web:2');
  expect(await told(stage)).toEqual(handOff('web-0', 'web:2'));
});
