// Followers on the real scheduler and StatefulSet controller: where they land, and what comes before what. (A drain of the
// whole group: scenarios/placement.test.ts.)
import { describe, expect, test } from 'vitest';

import { CLAIM, POD, STATEFUL_SET } from '../../src/kube/kinds.ts';
import { kubectlFor } from './start.ts';
import { newCluster, type Cluster } from './support/cluster.ts';
import { eventually } from './support/eventually.ts';
import { condition, fleet, toImage } from './support/fleets.ts';
import { startOperator } from './support/operator.ts';
import { namesOf, readyFleet, untilReady } from './support/stage.ts';
import { storyOf } from './support/story.ts';

const worker = (image = 'worker:1') => ({
  name: 'worker',
  kind: 'Follower',
  template: { spec: { containers: [{ name: 'worker', image, volumeMounts: [{ name: 'data', mountPath: '/data' }] }] } },
});
const group = { consumers: [worker()] };

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
      ...['web-0-worker stop', 'web-0-worker pod gone', 'web-0 stop', 'web-0 pod gone', 'web-0 detached'],
      ...['web-0 start web:2', 'web-0 pod made', 'web-0-worker start worker:1', 'web-0-worker ready'],
    ]);

    const suspended = Number((await cluster.nd('web')).metadata.resourceVersion);
    await cluster.patch('web', { spec: { suspend: true } });
    await eventually(async () => {
      const member = (await cluster.nd('web')).status?.members?.[0];
      expect(member).toMatchObject({ phase: 'Stopped', consumers: [{ phase: 'Stopped' }] });
    });
    expectInOrder(await tell(suspended), [
      'web-0-worker stop',
      'web-0-worker pod gone',
      'web-0 stop',
      'web-0 pod gone',
    ]);
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
    expectInOrder(await tell(shrunk), ['web-0-worker pod gone', 'web-0 pod gone']);
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
    const { uid } = (await cluster.read(POD, 'web-0-0')).metadata;
    await cluster.patch('web', { spec: { consumers: null } });
    await eventually(async () => expect(await namesOf(cluster, STATEFUL_SET)).toEqual(['web-0']));
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
