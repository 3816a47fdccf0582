// What evictions may take from a fleet: the PodDisruptionBudget before the real eviction API and kubectl drain.
import { describe, expect, test } from 'vitest';

import { DISRUPTION_BUDGET, POD } from '../../../src/kube/kinds.ts';
import { isWatch, lineOf } from '../support/exchanges.ts';
import { newPool, type Pool } from '../pools.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { condition, expectReady, fleet, toImage } from '../support/fleets.ts';
import { delay } from '../support/knobs.ts';
import { startOperator, type OperatorUnderTest } from '../support/operator.ts';
import { namesOf, readyFleet, untilReady } from '../support/stage.ts';
import { fewestReady } from '../support/story.ts';
import { untilMembers } from '../support/verdicts.ts';

/** Evicts a pod as a drain does. */
async function evict({ kubectl, namespace }: Cluster, name: string): Promise<string> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  return kubectl(['create', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, '-f', '-'], eviction);
}

/** The budget says that so many Ready pods are left. */
async function untilHealthy(cluster: Cluster, currentHealthy: number): Promise<void> {
  await eventually(async () =>
    expect((await cluster.read(DISRUPTION_BUDGET, 'web')).status).toMatchObject({ currentHealthy }),
  );
}

/** A container of the pod runs and is not Ready, as after a failed probe. */
async function breakPod({ kubectl }: Cluster, name: string): Promise<void> {
  const conditions = ['ContainersReady', 'Ready'].map((type) => ({ type, status: 'False' }));
  const body = JSON.stringify({ status: { conditions } });
  await kubectl(['patch', `pod/${name}`, '--subresource=status', '--type=strategic', `--patch=${body}`]);
}

const inPool = ({ spec }: Pool): object => ({
  template: { spec: { ...spec, containers: [{ name: 'web', image: 'web:1' }] } },
});
const drain = async ({ kubectl }: Cluster, machine: string): Promise<void> =>
  void (await kubectl(['drain', machine, '--delete-emptydir-data', '--timeout=60s']));

describe('kubectl drain', () => {
  test('takes a single member at once, as there is no budget that could block it', async () => {
    const cluster = await newCluster();
    const pool = await newPool(cluster.kubectl, ['zone-d', 'zone-d']);
    await readyFleet({ spec: inPool(pool) }, cluster);
    expect(await namesOf(cluster, DISRUPTION_BUDGET)).toEqual([]);
    const { nodeName = '' } = (await cluster.read(POD, 'web-0-0')).spec ?? {};
    await drain(cluster, nodeName);
    await untilReady(cluster);
    expect((await cluster.read(POD, 'web-0-0')).spec?.nodeName).not.toBe(nodeName);
  });

  test('takes three members that are on one machine one after the other', async () => {
    const cluster = await newCluster();
    const pool = await newPool(cluster.kubectl, ['zone-d', 'zone-d']);
    const [first = '', second = ''] = pool.machines;
    await cluster.kubectl(['cordon', second]);
    const { truth, since } = await readyFleet({ replicas: 3, spec: inPool(pool) }, cluster);
    await cluster.kubectl(['uncordon', second]);
    await drain(cluster, first);
    await untilReady(cluster);
    await truth.caughtUp();
    const { members } = (await cluster.nd('web')).status ?? {};
    expect(members?.map(({ nodeName }) => nodeName)).toEqual([second, second, second]);
    expect(fewestReady(truth, since)).toBe(2);
  });
});

test('while a member is in a hand-off no other one is evicted, unless it is broken', async () => {
  const { cluster } = await readyFleet({ replicas: 3, storage: {}, rollout: { partition: 2 } });
  await delay(cluster, 'web-2', 'detach', 'never');
  await cluster.patch('web', toImage('web:2'));
  await untilMembers(cluster, [{}, {}, { phase: 'AwaitingDetach' }]);
  await untilHealthy(cluster, 2);
  await expect(evict(cluster, 'web-0-0')).rejects.toThrow("would violate the pod's disruption budget");

  const before = await cluster.read(POD, 'web-1-0');
  await breakPod(cluster, 'web-1-0');
  await evict(cluster, 'web-1-0');
  await eventually(async () => {
    const after = await cluster.read(POD, 'web-1-0');
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
  });
  await delay(cluster, 'web-2', 'detach', undefined);
  await untilReady(cluster);
});

describe('the budget of a fleet', () => {
  const written = (operator: OperatorUnderTest): readonly string[] =>
    operator.recording.exchanges
      .filter((exchange) => !isWatch(exchange) && exchange.path.includes('/poddisruptionbudgets'))
      .map(lineOf);

  test('costs one request, follows the members, is repaired, and goes with the second one', async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    await cluster.apply(fleet({ replicas: 3 }));
    await untilReady(cluster);
    await operator.quiet();
    expect(written(operator)).toEqual(['PATCH poddisruptionbudgets/web 201']);

    const untilLeaves = (minAvailable: number): Promise<void> =>
      eventually(async () =>
        expect(await cluster.read(DISRUPTION_BUDGET, 'web')).toMatchObject({ spec: { minAvailable } }),
      );
    await untilLeaves(2);
    await cluster.kubectl(['patch', 'pdb/web', '--type=merge', '--patch={"spec":{"minAvailable":1}}']);
    await untilLeaves(2);
    await cluster.kubectl(['label', 'pdb/web', 'app.kubernetes.io/managed-by-']);
    await cluster.kubectl(['scale', 'nd/web', '--replicas=2']);
    await untilLeaves(1);
    await cluster.kubectl(['scale', 'nd/web', '--replicas=1']);
    await eventually(async () => expect(await namesOf(cluster, DISRUPTION_BUDGET)).toEqual([]));
  });

  test("is not somebody else's of its name: the fleet says so, is Ready without, and takes the name once it is free", async () => {
    const cluster = await newCluster();
    await startOperator(cluster);
    await cluster.kubectl(['create', 'poddisruptionbudget', 'web', '--selector=app=other', '--min-available=1']);
    await cluster.apply(fleet({ replicas: 2 }));
    await eventually(async () => {
      const deployment = expectReady(await cluster.nd('web'));
      const stalled = condition(deployment, 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason: 'ForeignOwner' });
      expect(stalled?.message).toContain('set spec.disruptionBudget to None');
    });
    expect((await cluster.read(DISRUPTION_BUDGET, 'web')).metadata.labels).toBeUndefined();
    await cluster.kubectl(['delete', 'pdb/web']);
    await eventually(async () => {
      expect((await cluster.read(DISRUPTION_BUDGET, 'web')).metadata.ownerReferences).toHaveLength(1);
      expect(condition(await cluster.nd('web'), 'Stalled')).toMatchObject({ status: 'False' });
    });
  });
});
