// Scenario 18: waves within their budget, while members flap and people have second thoughts.
import { describe, expect, test } from 'vitest';

import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import { SERVICE } from '../../../src/kube/kinds.ts';
import type { Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { condition, expectReady, toImage } from '../support/fleets.ts';
import { delay } from '../support/knobs.ts';
import { handOff, imagesOf, phasesOf, readyFleet, untilAllRun } from '../support/stage.ts';
import { fewestReady, findOverdrafts, storyOf } from '../support/story.ts';
import { findDoubleUse, recordHistory } from '../support/truth.ts';

/** What the kubelet says when a probe fails or passes again. */
async function setReady({ kubectl }: Cluster, pod: string, isReady: boolean): Promise<void> {
  const lastTransitionTime = new Date().toISOString();
  const status = isReady ? 'True' : 'False';
  const conditions = ['ContainersReady', 'Ready'].map((type) => ({ type, status, lastTransitionTime }));
  const patch = JSON.stringify({ status: { conditions } });
  await kubectl(['patch', `pod/${pod}`, '--subresource=status', `--patch=${patch}`]);
}

const recreate = (rollout: object): object => ({ strategy: 'Recreate', ...rollout });

describe('scenario 18: the budget', () => {
  test.for([{ maxUnavailable: 2 }, { maxUnavailable: '50%' }])(
    'of maxUnavailable $maxUnavailable of 4 is used and never overdrawn',
    async ({ maxUnavailable }) => {
      const { cluster, truth, volumes, since } = await readyFleet({
        replicas: 4,
        rollout: recreate({ maxUnavailable }),
      });
      await cluster.patch('web', toImage('web:2'));
      await untilAllRun(cluster, 'web:2');
      await truth.caughtUp();
      const story = storyOf(truth, volumes, since);
      const before = story.slice(
        0,
        story.findIndex((line) => line.includes('start')),
      );
      expect(before.filter((line) => line.endsWith('stop')).toSorted()).toEqual(['web-2 stop', 'web-3 stop']);
      expect(fewestReady(truth, since)).toBe(2);
    },
  );

  test('holds while members flap: an updated one that is not Ready stops the wave, an outdated one is moved first (cosmos-operator#339)', async () => {
    const rollout = recreate({ partition: 2 });
    const { cluster, operator, truth, volumes, since } = await readyFleet({ replicas: 3, rollout });
    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => {
      expectReady(await cluster.nd('web'));
      expect(await imagesOf(cluster)).toEqual(['web:1', 'web:1', 'web:2']);
    });
    await setReady(cluster, 'web-2-0', false);
    await eventually(async () => expect((await cluster.nd('web')).status).toMatchObject({ readyReplicas: 2 }));
    await cluster.patch('web', { spec: { rollout: { partition: 0 } } });
    await eventually(async () =>
      expect(condition(await cluster.nd('web'), 'Ready')).toMatchObject({ status: 'False', reason: 'RollingOut' }),
    );
    await operator.quiet();
    expect(await imagesOf(cluster)).toEqual(['web:1', 'web:1', 'web:2']);

    // Moving a broken one costs nothing.
    await setReady(cluster, 'web-0-0', false);
    await eventually(async () => expect(await imagesOf(cluster)).toEqual(['web:2', 'web:1', 'web:2']));
    await setReady(cluster, 'web-2-0', true);
    await untilAllRun(cluster, 'web:2');
    await truth.caughtUp();
    const stops = storyOf(truth, volumes, since).filter((line) => line.endsWith('stop'));
    expect(stops).toEqual(['web-2 stop', 'web-0 stop', 'web-1 stop']);
    expect(findOverdrafts(truth, since, { replicas: 3, maxUnavailable: 1 })).toEqual([]);
  });
});

describe('scenario 18: a wave', () => {
  test('that meets an edit is superseded: members that had not moved go straight to the newest template', async () => {
    const { cluster, truth, volumes, since } = await readyFleet({ replicas: 3, storage: {} });
    const history = await recordHistory(cluster, NODE_DEPLOYMENT);
    await delay(cluster, 'web-2', 'detach', 'never');
    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => expect(await phasesOf(cluster)).toEqual(['Running', 'Running', 'AwaitingDetach']));
    await cluster.patch('web', toImage('web:3'));
    await delay(cluster, 'web-2', 'detach', undefined);
    const { status } = await untilAllRun(cluster, 'web:3');
    await Promise.all([truth.caughtUp(), history.caughtUp()]);
    expect(storyOf(truth, volumes, since)).toEqual(
      ['web-2', 'web-1', 'web-0'].flatMap((member) => handOff(member, 'web:3')),
    );
    expect(findDoubleUse(truth, volumes)).toEqual([]);
    const plans = history.moments.flatMap(({ object }) => object.status?.plan ?? []);
    const steps = [...new Set(plans.map(({ id, phase }) => `${id} ${phase}`))];
    const [first, second] = [...new Set(plans.map(({ id }) => id))];
    expect(steps).toEqual([`${first} Active`, `${first} Superseded`, `${second} Active`, `${second} Completed`]);
    expect(status?.history).toMatchObject([
      { id: second, phase: 'Completed' },
      { id: first, phase: 'Superseded' },
    ]);
  });

  test('that is rolled back leaves alone the members that it had not reached', async () => {
    const { cluster, truth, volumes, since } = await readyFleet({ replicas: 3, storage: {} });
    await delay(cluster, 'web-2', 'detach', 'never');
    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => expect(await phasesOf(cluster)).toEqual(['Running', 'Running', 'AwaitingDetach']));
    await cluster.patch('web', toImage('web:1'));
    await delay(cluster, 'web-2', 'detach', undefined);
    await untilAllRun(cluster, 'web:1');
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(handOff('web-2', 'web:1'));
  });

  test('that is paused ends the hand-off under way, heals and scales, and moves nobody else until it goes on (kruise#376)', async () => {
    const { cluster, operator, truth, volumes, since } = await readyFleet({ replicas: 2, storage: {} });
    await delay(cluster, 'web-1', 'detach', 'never');
    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => expect(await phasesOf(cluster)).toEqual(['Running', 'AwaitingDetach']));
    await cluster.patch('web', { spec: { replicas: 3, rollout: { paused: true } } });
    await cluster.kubectl(['delete', 'service/web-0']);
    await delay(cluster, 'web-1', 'detach', undefined);
    await eventually(async () => {
      const deployment = await cluster.nd('web');
      expect(condition(deployment, 'Paused')).toMatchObject({ status: 'True', reason: 'RolloutPaused' });
      expect(await phasesOf(cluster)).toEqual(['Running', 'Running', 'Running']);
      await cluster.read(SERVICE, 'web-0');
    });
    await operator.quiet();
    expect(await imagesOf(cluster)).toEqual(['web:1', 'web:2', 'web:2']);
    await cluster.patch('web', { spec: { rollout: { paused: false } } });
    await untilAllRun(cluster, 'web:2');
    await truth.caughtUp();
    const story = storyOf(truth, volumes, since).filter((line) => !line.startsWith('web-2'));
    expect(story).toEqual(['web-1', 'web-0'].flatMap((member) => handOff(member, 'web:2')));
  });
});
