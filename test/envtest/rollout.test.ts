// Rollouts on the real controllers and scheduler, judged by what the API server stored and not by what the operator says.
import { describe, expect, test } from 'vitest';

import { CLAIM, POD, SERVICE, STATEFUL_SET } from '../../src/kube/kinds.ts';
import { eventually } from './support/eventually.ts';
import { isChildWrite, isStatefulSetWrite, isStatusWrite } from './support/exchanges.ts';
import { condition, toImage } from './support/fleets.ts';
import { handOff, imagesOf, readyFleet, untilAllRun } from './support/stage.ts';
import { fewestReady, storyOf } from './support/story.ts';
import { findDoubleUse } from './support/truth.ts';

describe('an image change of three members with volumes of their own', () => {
  test('moves one member at a time, highest ordinal first, each through a complete hand-off', async () => {
    const { cluster, truth, volumes, since } = await readyFleet({ replicas: 3, storage: {} });
    await cluster.patch('web', toImage('web:2'));
    const { status } = await untilAllRun(cluster, 'web:2');
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(
      ['web-2', 'web-1', 'web-0'].flatMap((member) => handOff(member, 'web:2')),
    );
    expect(findDoubleUse(truth, volumes)).toEqual([]);
    expect(fewestReady(truth, since)).toBe(2);
    expect(status?.plan).toMatchObject({ phase: 'Completed', targetRevision: status?.currentRevision });
  });

  test('stores the plan before the first write of a StatefulSet', async () => {
    const { cluster, operator } = await readyFleet({ replicas: 2, storage: {} });
    await cluster.patch('web', toImage('web:2'));
    await untilAllRun(cluster, 'web:2');
    const writes = operator.recording.writes();
    const stored = writes.findIndex(
      (write) =>
        isStatusWrite(write) && write.status === 200 && JSON.parse(write.responseBody).status.plan?.phase === 'Active',
    );
    const acted = writes.findIndex((write) => isStatefulSetWrite(write));
    expect(stored).toBeGreaterThanOrEqual(0);
    expect(acted).toBeGreaterThan(stored);
  });
});

describe('pausing', () => {
  test('paused changes no child, not even one that is missing, until it is lifted', async () => {
    const { cluster, operator } = await readyFleet({ rollout: { strategy: 'Recreate' } });
    await cluster.patch('web', { spec: { ...toImage('web:2').spec, paused: true } });
    await eventually(async () => {
      expect(condition(await cluster.nd('web'), 'Paused')).toMatchObject({ status: 'True', reason: 'Paused' });
    });
    await cluster.kubectl(['delete', 'service/web-0']);
    await operator.quiet();
    expect(operator.recording.writes().filter(isChildWrite)).toEqual([]);
    await cluster.patch('web', { spec: { paused: false } });
    await untilAllRun(cluster, 'web:2');
    await cluster.read(SERVICE, 'web-0');
  });

  test('suspend stops every member and keeps its claim; a resume waits for the volume like any start', async () => {
    const { cluster, truth, volumes, since } = await readyFleet({ storage: {} });
    const claim = await cluster.read(CLAIM, 'web-0');
    await cluster.patch('web', { spec: { suspend: true } });
    await eventually(async () => {
      const deployment = await cluster.nd('web');
      expect(deployment.status).toMatchObject({ replicas: 0, members: [{ name: 'web-0', phase: 'Stopped' }] });
      expect(condition(deployment, 'Ready')).toMatchObject({ status: 'False', reason: 'Suspended' });
    });
    expect(await cluster.client.list(POD, { namespace: cluster.namespace })).toEqual([]);
    await cluster.patch('web', { spec: { suspend: false } });
    await untilAllRun(cluster, 'web:1');

    // Once more, and this time nobody waits for the volume but the operator.
    await cluster.patch('web', { spec: { suspend: true } });
    await eventually(async () => expect((await cluster.read(STATEFUL_SET, 'web-0')).spec?.replicas).toBe(0));
    await cluster.patch('web', { spec: { suspend: false } });
    await untilAllRun(cluster, 'web:1');
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual([...handOff('web-0', 'web:1'), ...handOff('web-0', 'web:1')]);
    expect((await cluster.read(CLAIM, 'web-0')).metadata.uid).toBe(claim.metadata.uid);
  });
});

describe('a RollingUpdate of members without storage', () => {
  test('never has fewer Ready members than replicas, and leaves no surge behind', async () => {
    const rollout = { strategy: 'RollingUpdate', maxSurge: 1, maxUnavailable: 0 };
    const { cluster, truth, since } = await readyFleet({ replicas: 3, rollout });
    await cluster.patch('web', toImage('web:2'));
    await untilAllRun(cluster, 'web:2');
    await eventually(async () => expect(await imagesOf(cluster)).toEqual(['web:2', 'web:2', 'web:2']));
    await truth.caughtUp();
    expect(fewestReady(truth, since)).toBe(3);
  });
});
