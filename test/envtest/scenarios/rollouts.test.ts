// Scenarios 4 and 20: rollouts that meet broken images and pods that do not go.
import { describe, expect, onTestFinished, test } from 'vitest';

import { POD, SERVICE } from '../../../src/kube/kinds.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { condition, fleet, toImage } from '../support/fleets.ts';
import { startOperator } from '../support/operator.ts';
import { handOff, imagesOf, phasesOf, readyFleet, untilAllRun } from '../support/stage.ts';
import { findOverdrafts, storyOf } from '../support/story.ts';
import { findDoubleUse } from '../support/truth.ts';

describe('scenario 4: a broken image', () => {
  test.for([
    { name: 'corrected', image: 'web:2' },
    { name: 'reverted', image: 'web:1' },
  ])(
    'stops the wave at the first member, is reported after the progress deadline, and is $name (kubernetes#67250)',
    async ({ image }) => {
      const rollout = { progressDeadlineSeconds: 2 };
      const { cluster, truth, volumes, since } = await readyFleet({ replicas: 2, rollout, storage: {} });
      await cluster.patch('web', toImage('web:broken'));
      await eventually(async () => {
        const stuck = await cluster.nd('web');
        const reason = 'ProgressDeadlineExceeded';
        expect(condition(stuck, 'Stalled')).toMatchObject({ status: 'True', reason });
        expect(condition(stuck, 'Progressing')).toMatchObject({ status: 'False', reason });
        expect(stuck.status?.members).toMatchObject([
          { name: 'web-0', phase: 'Running' },
          { name: 'web-1', phase: 'Failed', reason: 'ImagePullBackOff' },
        ]);
      });
      expect(await imagesOf(cluster)).toEqual(['web:1', 'web:broken']);

      await cluster.patch('web', toImage(image));
      const fixed = await untilAllRun(cluster, image);
      expect(condition(fixed, 'Stalled')).toMatchObject({ status: 'False' });
      await truth.caughtUp();
      const ofFirst = storyOf(truth, volumes, since).filter((line) => line.startsWith('web-0'));
      expect(ofFirst).toEqual(image === 'web:1' ? [] : handOff('web-0', image));
      expect(findDoubleUse(truth, volumes)).toEqual([]);
    },
  );

  test('in the very first revision is corrected by a new template too (kubernetes#137409)', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.apply(fleet({ image: 'web:broken', replicas: 2, storage: {} }));
    await eventually(async () =>
      expect((await cluster.nd('web')).status?.members).toMatchObject([{ phase: 'Failed' }, { phase: 'Failed' }]),
    );
    await cluster.patch('web', toImage('web:2'));
    await untilAllRun(cluster, 'web:2');
  });
});

interface Stuck {
  readonly name: string;
  /** Keeps a pod from going. */
  readonly hold: (cluster: Cluster, pod: string) => Promise<unknown>;
  readonly release: (cluster: Cluster, pod: string) => Promise<unknown>;
}

const setFinalizers =
  (finalizers: readonly string[] | null): Stuck['hold'] =>
  ({ kubectl }, pod) =>
    kubectl(['patch', `pod/${pod}`, '--type=merge', `--patch=${JSON.stringify({ metadata: { finalizers } })}`]);
const TERMINATE = 'sim.nodefleet.dev/terminate';

const STUCK: readonly Stuck[] = [
  { name: 'on a finalizer', hold: setFinalizers(['example.com/hold']), release: setFinalizers(null) },
  {
    name: 'because its process does not end',
    hold: ({ kubectl }, pod) => kubectl(['annotate', `pod/${pod}`, `${TERMINATE}=never`]),
    release: ({ kubectl }, pod) => kubectl(['annotate', `pod/${pod}`, `${TERMINATE}-`]),
  },
];

describe('scenario 20: a pod that is stuck', () => {
  test.for(STUCK)(
    '$name blocks only its own member: the others move, heal and scale within the budget (kruise PR#2109)',
    async ({ hold, release }) => {
      const rollout = { maxUnavailable: 2 };
      const { cluster, truth, volumes, since } = await readyFleet({ replicas: 3, rollout, storage: {} });
      const { metadata } = await cluster.read(POD, 'web-2-0');
      await hold(cluster, 'web-2-0');
      onTestFinished(async () => void (await release(cluster, 'web-2-0').catch(() => {})));
      await cluster.patch('web', toImage('web:2'));
      await eventually(async () => {
        expect((await imagesOf(cluster)).slice(0, 2)).toEqual(['web:2', 'web:2']);
        expect((await cluster.nd('web')).status).toMatchObject({ availableReplicas: 2 });
      });
      await cluster.kubectl(['delete', 'service/web-0']);
      await cluster.kubectl(['scale', 'nd/web', '--replicas=4']);
      await eventually(async () => {
        expect((await phasesOf(cluster)).map((phase) => phase === 'Running')).toEqual([true, true, false, true]);
        await cluster.read(SERVICE, 'web-0');
      });
      expect((await cluster.read(POD, 'web-2-0')).metadata.uid).toBe(metadata.uid);

      await release(cluster, 'web-2-0');
      await untilAllRun(cluster, 'web:2');
      await truth.caughtUp();
      expect(findDoubleUse(truth, volumes)).toEqual([]);
      expect(findOverdrafts(truth, since, { replicas: 3, maxUnavailable: 2 })).toEqual([]);
    },
  );

  // Its containers have ended, so nothing waits for it; but its name is not free, and no StatefulSet controller can go on.
  test('on a finalizer is named in the status, with its finalizer', async () => {
    const { cluster } = await readyFleet({});
    await setFinalizers(['example.com/hold'])(cluster, 'web-0-0');
    onTestFinished(async () => void (await setFinalizers(null)(cluster, 'web-0-0').catch(() => {})));
    await cluster.kubectl(['delete', 'pod/web-0-0', '--wait=false']);
    await eventually(
      async () => {
        const [member] = (await cluster.nd('web')).status?.members ?? [];
        expect(member).toMatchObject({ phase: 'AwaitingTermination' });
        expect(member?.message).toContain('example.com/hold');
      },
      { timeoutMs: 3_000 },
    );
  });
});
