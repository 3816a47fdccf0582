// Followers and CronJobs on the real scheduler and controllers: where they land, and what comes before what. (A drain
// of the whole group: scenarios/placement.test.ts.)
import { describe, expect, test } from 'vitest';

import { isPinnedTo } from '../../src/domain/desired/pin.ts';
import { CLAIM, CRON_JOB, JOB, POD, STATEFUL_SET } from '../../src/kube/kinds.ts';
import { kubectlFor } from './start.ts';
import { movableClock } from './support/clocks.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { condition, fleet, toImage } from './support/fleets.ts';
import { delay } from './support/knobs.ts';
import { startOperator } from './support/operator.ts';
import { namesOf, readyFleet, untilReady } from './support/stage.ts';
import { storyOf } from './support/story.ts';

const worker = (image = 'worker:1') => ({
  name: 'worker',
  kind: 'Follower',
  template: { spec: { containers: [{ name: 'worker', image, volumeMounts: [{ name: 'data', mountPath: '/data' }] }] } },
});
const group = { consumers: [worker()] };

/** Its runs go on until the annotation is taken from their pods. */
const cleanUp = (schedule: string, more: object = { 'sim.nodefleet.dev/complete': 'never' }) => ({
  ...{ name: 'clean-up', kind: 'CronJob', schedule },
  template: { ...worker().template, metadata: { annotations: more } },
});

/** Every consumer of the fleet runs, as its status says, and its pod is where its member's is. */
async function untilTogether(cluster: Cluster, name = 'web'): Promise<readonly string[]> {
  return eventually(async () => {
    const members = (await cluster.nd(name)).status?.members ?? [];
    const machines = [];
    for (const member of members) {
      expect(member.consumers).toMatchObject([{ name: 'worker', phase: 'Running', nodeName: member.nodeName }]);
      const pods = [`${member.name}-0`, `${member.name}-worker-0`];
      const where = await Promise.all(pods.map(async (pod) => (await cluster.read(POD, pod)).spec?.nodeName));
      expect(where).toEqual([member.nodeName, member.nodeName]);
      machines.push(member.nodeName ?? '');
    }
    return machines;
  });
}

/** Of each line, whether it comes before the next one of `order`. */
function expectInOrder(story: readonly string[], order: readonly string[]): void {
  expect(story.filter((line) => order.includes(line))).toEqual(order);
}

describe('a follower', () => {
  test.for(['local', 'zonal', 'standard'])(
    'is on the machine of its member, with a volume of class %s',
    async (storageClassName) => {
      const cluster = await newCluster();
      await startOperator(cluster);
      await cluster.apply(fleet({ replicas: 2, storage: { storageClassName }, spec: group }));
      await untilReady(cluster);
      await untilTogether(cluster);
    },
  );

  test('stops before its member does and comes back after it; the group stops, shrinks and changes as one', async () => {
    const storage = { retention: { onScaleDown: 'Delete' } };
    const { cluster, truth, volumes } = await readyFleet({ storage, spec: group });
    await untilTogether(cluster);
    const since = Number((await cluster.nd('web')).metadata.resourceVersion);
    const tell = async (from = since) => {
      await truth.caughtUp();
      return storyOf(truth, volumes, from);
    };
    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => expect(await tell()).toContain('web-0 start web:2'));
    await untilReady(cluster);
    await untilTogether(cluster);
    expectInOrder(await tell(), [
      ...['web-0-worker stop', 'web-0-worker ended', 'web-0 stop', 'web-0 pod gone', 'web-0 detached'],
      ...['web-0 start web:2', 'web-0 pod made', 'web-0-worker start worker:1', 'web-0-worker ready'],
    ]);

    const suspended = Number((await cluster.nd('web')).metadata.resourceVersion);
    await cluster.patch('web', { spec: { suspend: true } });
    await eventually(async () => {
      const member = (await cluster.nd('web')).status?.members?.[0];
      expect(member).toMatchObject({ phase: 'Stopped', consumers: [{ phase: 'Stopped' }] });
    });
    expectInOrder(await tell(suspended), ['web-0-worker stop', 'web-0-worker ended', 'web-0 stop', 'web-0 pod gone']);
    await cluster.patch('web', { spec: { suspend: false } });
    await untilReady(cluster);
    await untilTogether(cluster);

    await cluster.patch('web', { spec: { consumers: [worker('worker:2')] } });
    await eventually(async () => {
      const pod = await cluster.read(POD, 'web-0-worker-0');
      expect(pod.spec?.containers[0]?.image).toBe('worker:2');
    });
    await untilTogether(cluster);
    expect((await tell(suspended)).filter((line) => line === 'web-0 stop')).toHaveLength(1);

    const shrunk = Number((await cluster.nd('web')).metadata.resourceVersion);
    await cluster.kubectl(['scale', 'nd/web', '--replicas=0']);
    await eventually(async () => {
      expect(await namesOf(cluster, CLAIM)).toEqual([]);
      expect(await namesOf(cluster, STATEFUL_SET)).toEqual([]);
    });
    expectInOrder(await tell(shrunk), ['web-0-worker ended', 'web-0 pod gone']);
  });

  test('waits with its member for a machine; fleets with pools of their own never meet', async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    const pools = { east: `example.com/${cluster.namespace}-east`, west: `example.com/${cluster.namespace}-west` };
    for (const [name, pool] of Object.entries(pools)) {
      const pod = { nodeSelector: { [pool]: 'yes' }, containers: [{ name: 'web', image: 'web:1' }] };
      await cluster.apply(fleet({ name, storage: {}, spec: { ...group, template: { spec: pod } } }));
    }
    await eventually(async () => {
      for (const name of Object.keys(pools)) {
        const member = (await cluster.nd(name)).status?.members?.[0];
        expect(member).toMatchObject({ reason: 'Unschedulable', consumers: [{ phase: 'Waiting' }] });
        expect(condition(await cluster.nd(name), 'Stalled')).toMatchObject({ status: 'False' });
      }
    });
    const kubectl = kubectlFor(cluster.plane);
    await kubectl(['label', 'node', 'machine-1', `${pools.east}=yes`]);
    await kubectl(['label', 'node', 'machine-2', `${pools.west}=yes`]);
    expect(await untilTogether(cluster, 'east')).toEqual(['machine-1']);
    expect(await untilTogether(cluster, 'west')).toEqual(['machine-2']);
  });

  test('that is removed from the spec goes alone; a StatefulSet of somebody else under its name is left alone', async () => {
    const { cluster } = await readyFleet({ storage: {}, spec: group });
    await untilTogether(cluster);
    await cluster.patch('web', { spec: { consumers: [worker(), cleanUp('0 0 29 2 *')] } });
    await untilDue(cluster);
    const { uid } = (await cluster.read(POD, 'web-0-0')).metadata;
    await cluster.patch('web', { spec: { consumers: null } });
    await eventually(async () => {
      expect([...(await namesOf(cluster, STATEFUL_SET)), ...(await namesOf(cluster, CRON_JOB))]).toEqual(['web-0']);
    });
    const labels = { app: 'theirs' };
    await cluster.apply({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'web-0-worker' },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a:1' }] } },
      },
    });
    const theirs = (await cluster.read(STATEFUL_SET, 'web-0-worker')).metadata.generation;
    await cluster.patch('web', { spec: group });
    await eventually(async () => {
      const stalled = condition(await cluster.nd('web'), 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason: 'ForeignOwner' });
      expect(stalled?.message).toContain('web-0-worker exists and is owned by nobody');
    });
    expect((await cluster.read(STATEFUL_SET, 'web-0-worker')).metadata.generation).toBe(theirs);
    expect((await cluster.read(POD, 'web-0-0')).metadata.uid).toBe(uid);
  });
});

/** The reasons and notes of the fleet's Events of one reason. */
async function notesOf({ kubectl }: Cluster, reason: string): Promise<string> {
  return kubectl(['get', 'events', `--field-selector=reason=${reason}`, '-o=jsonpath={..message}']);
}

/** Starts a run of the CronJob by hand, as people do. */
async function runByHand(cluster: Cluster, name: string): Promise<string> {
  await cluster.kubectl(['create', 'job', name, '--from=cronjob/web-0-clean-up']);
  return eventually(async () => {
    const [pod] = await cluster.client.list(POD, { namespace: cluster.namespace, labelSelector: `job-name=${name}` });
    expect(pod?.status?.phase).toBe('Running');
    expect(pod?.spec?.nodeName).toBe((await cluster.read(POD, 'web-0-0')).spec?.nodeName);
    return pod?.metadata.name ?? '';
  });
}

/** The CronJob is due, and its next run goes to the machine of its member. */
async function untilDue(cluster: Cluster): Promise<void> {
  await eventually(async () => {
    const { nodeName = '' } = (await cluster.read(POD, 'web-0-0')).spec ?? {};
    const { spec } = await cluster.read(CRON_JOB, 'web-0-clean-up');
    const affinity = spec?.jobTemplate.spec?.template.spec?.affinity;
    expect([spec?.suspend, isPinnedTo(affinity, nodeName)]).toEqual([false, true]);
  });
}

describe('a CronJob', () => {
  test('keeps its member at work until its run has ended, and no longer than the deadline; it goes with its fleet', async () => {
    const clock = movableClock();
    const consumers = [worker(), cleanUp('0 0 29 2 *')];
    const stage = await readyFleet({ storage: {}, spec: { consumers } }, undefined, { clock });
    const { cluster, operator, truth, volumes, since } = stage;
    await untilDue(cluster);
    const pod = await runByHand(cluster, 'by-hand');
    const before = await cluster.read(POD, 'web-0-0');

    await cluster.patch('web', toImage('web:2'));
    const untilWaiting = (job: string) =>
      eventually(async () => {
        const member = (await cluster.nd('web')).status?.members?.[0];
        expect(member).toMatchObject({ phase: 'Running', reason: 'ConsumersStopping' });
        expect(member?.message).toContain(`its consumer clean-up stops first: its run ${job} may end by itself until`);
      });
    await untilWaiting('by-hand');
    await operator.quiet();
    const members = (await cluster.nd('web')).status?.members;
    expect(members).toMatchObject([{ consumers: [{ phase: 'Running' }, { phase: 'Stopping' }] }]);
    expect((await cluster.read(CRON_JOB, 'web-0-clean-up')).spec?.suspend).toBe(true);
    expect((await cluster.read(POD, 'web-0-0')).metadata.uid).toBe(before.metadata.uid);
    await cluster.kubectl(['annotate', `pod/${pod}`, 'sim.nodefleet.dev/complete-']);
    await eventually(async () =>
      expect((await cluster.read(POD, 'web-0-0')).metadata.uid).not.toBe(before.metadata.uid),
    );
    await untilReady(cluster);
    await untilDue(cluster);
    await truth.caughtUp();
    expectInOrder(storyOf(truth, volumes, since), [
      ...['web-0-worker stop', 'web-0-worker ended', 'web-0 stop', 'web-0 pod gone', 'web-0 detached'],
      ...['web-0 start web:2', 'web-0 pod made'],
    ]);

    await runByHand(cluster, 'too-long');
    await cluster.patch('web', { spec: { suspend: true } });
    await untilWaiting('too-long');
    // A reconcile that is under way would lose its status to the label's version, and its Event with it: Events are best effort.
    await operator.quiet();
    clock.putForward(600);
    await cluster.kubectl(['label', 'nd/web', 'time=over']);
    await eventually(async () => {
      expect((await cluster.nd('web')).status?.members).toMatchObject([{ phase: 'Stopped' }]);
      expect(await namesOf(cluster, JOB)).toEqual(['by-hand']);
      expect(await notesOf(cluster, 'RunEnded')).toContain('web-0: ends Job too-long, which has not ended by itself');
    });

    await cluster.kubectl(['delete', 'nd/web']);
    await eventually(async () => {
      for (const kind of [STATEFUL_SET, CRON_JOB, JOB, POD]) expect(await namesOf(cluster, kind)).toEqual([]);
    });
    expect(await namesOf(cluster, CLAIM)).toEqual(['web-0']);
  });

  test('runs by its schedule where its member is, and tells of the run that a hand-off has skipped', async () => {
    const clock = movableClock();
    const { cluster } = await readyFleet({ storage: {}, spec: { consumers: [cleanUp('* * * * *', {})] } }, undefined, {
      clock,
    });
    await untilDue(cluster);
    const jobs = async () => (await cluster.client.list(JOB, { namespace: cluster.namespace })).length;
    const { nodeName } = (await cluster.read(POD, 'web-0-0')).spec ?? {};
    await eventually(
      async () => {
        const pods = await cluster.client.list(POD, { namespace: cluster.namespace, labelSelector: 'job-name' });
        expect(pods).toMatchObject([{ spec: { nodeName }, status: { phase: 'Succeeded' } }]);
      },
      { timeoutMs: 75_000 },
    );

    await delay(cluster, 'web-0', 'detach', 'never');
    await cluster.patch('web', toImage('web:2'));
    await eventually(async () => {
      expect((await cluster.nd('web')).status?.members).toMatchObject([{ phase: 'AwaitingDetach' }]);
    });
    const ran = await jobs();
    clock.putForward(120);
    await cluster.kubectl(['label', 'nd/web', 'time=over']);
    await eventually(async () => {
      const consumer = (await cluster.nd('web')).status?.members?.[0]?.consumers?.[0];
      expect(consumer).toMatchObject({ phase: 'Stopped', skippedRunAt: expect.stringMatching(/:00Z$/) });
      expect(await notesOf(cluster, 'RunSkipped')).toBe(
        `web-0: the run of its consumer clean-up that was due at ${consumer?.skippedRunAt} is skipped: the member was in a hand-off or stopped`,
      );
    });
    expect(await jobs()).toBe(ran);
    await delay(cluster, 'web-0', 'detach', undefined);
    await untilReady(cluster);
    await untilDue(cluster);
    expect(await notesOf(cluster, 'ConsumerStarted')).toContain('web-0: its consumer clean-up starts on machine');
  }, 150_000);
});
