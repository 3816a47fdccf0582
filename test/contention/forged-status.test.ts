// Somebody who may write `nodedeployments/status`, and nothing else, on the real API server: whatever they make up, the
// operator writes no child because of it, comes to rest, and tells the truth again. More of it, generated:
// forged-status.property.test.ts.
import { afterAll, expect, test } from 'vitest';

import { writeEvidence } from '../../hack/evidence.ts';
import { CONDITION } from '../../src/api/v1alpha1/conditions.ts';
import type { StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { CLAIM, POD, SERVICE, STATEFUL_SET, type Kind } from '../../src/kube/kinds.ts';
import { type KubeObject, type Stored, isTerminating } from '../../src/kube/object.ts';
import { readySinceMs } from '../../src/kube/pods.ts';
import type { Transport } from '../../src/runtime/client/transport.ts';
import { sleep, systemClock } from '../../src/runtime/clock.ts';
import { newCluster, type Cluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { isStatusWrite, lineOf } from '../envtest/support/exchanges.ts';
import { expectReady, fleet, toImage } from '../envtest/support/fleets.ts';
import { startOperator, type OperatorUnderTest } from '../envtest/support/operator.ts';
import { claimUids, imagesOf, untilReady } from '../envtest/support/stage.ts';
import { newUser } from '../envtest/support/users.ts';
import { FORGERIES } from './forgeries.ts';

/** Status writes that one forgery may cost: the truth, and what it takes to end a plan. */
const MOST_WRITES = 5;
/** Forgeries while members move: as long as the rollout takes, and longer. */
const ROUNDS = 60;
const STORAGE = { storage: { existingClaims: 'AdoptOwn' } };

const evidence = { forgeries: FORGERIES.length, refused: 0, childWrites: 0, mostStatusWrites: 0, restored: 0 };
afterAll(() => writeEvidence('forged-status-real', evidence));

/** Patches statuses as a user with that right alone. Resolves to the answer. */
async function newForger(
  cluster: Cluster,
): Promise<(name: string, status: object) => ReturnType<Transport['request']>> {
  const user = await newUser(cluster);
  const resources = ['nodedeployments/status'];
  await user.grant('namespace', [{ apiGroups: ['nodefleet.dev'], resources, verbs: ['patch'] }]);
  return (name, status) =>
    user.transport.request({
      method: 'PATCH',
      path: `/apis/nodefleet.dev/v1alpha1/namespaces/${cluster.namespace}/nodedeployments/${name}/status`,
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ status }),
    });
}

/** What a status says of the fleet as it is: without the past, times, and conditions of others. */
function truthOf({ status = {} }: StoredNodeDeployment): object {
  const { members, conditions, plan: _plan, history: _history, largestCapacity: _largest, ...rest } = status;
  const own = new Set<string>(Object.values(CONDITION));
  return {
    ...rest,
    members: members?.map(({ handoff: _handoff, ...member }) => member),
    conditions: conditions
      ?.filter(({ type }) => own.has(type))
      .map(({ type, status: value, reason, message }) => `${type}=${value}/${reason}: ${message}`),
  };
}

/** Of every child: nobody has replaced it or given it another spec. */
async function childrenOf({ client, namespace }: Cluster): Promise<readonly string[]> {
  const list = <T extends KubeObject>(kind: Kind<T>): Promise<readonly Stored[]> => client.list(kind, { namespace });
  const lists = await Promise.all([list(STATEFUL_SET), list(SERVICE), list(CLAIM), list(POD)]);
  return lists
    .flat()
    .map(({ metadata: { name, uid, generation = 0 } }) => `${name} ${uid} ${generation}`)
    .toSorted();
}

const writesOf = ({ recording }: OperatorUnderTest, name: string): readonly string[] =>
  recording
    .writes()
    .filter((exchange) => isStatusWrite(exchange) && exchange.path.includes(`/nodedeployments/${name}/`))
    .map(lineOf);

test('a forged status has no child written, and is the truth again after a few writes', async () => {
  const cluster = await newCluster();
  const operator = await startOperator(cluster);
  const names = FORGERIES.map(({ name }) => name);
  const items = [...names, 'bystander'].map((name) => fleet({ name, ...STORAGE }));
  await cluster.kubectl(['create', '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
  await eventually(
    async () => {
      for (const name of [...names, 'bystander']) expectReady(await cluster.nd(name));
    },
    { timeoutMs: 120_000 },
  );
  const forge = await newForger(cluster);
  await operator.quiet();
  const claim = await cluster.read(CLAIM, 'bystander-0');
  const { uid: podUID } = (await cluster.read(POD, 'bystander-0-0')).metadata;
  const others = { claim: { name: claim.metadata.name, uid: claim.metadata.uid }, podUID };
  const before = await childrenOf(cluster);
  const truths = new Map<string, object>();
  operator.recording.clear();
  for (const { name, what, status, refused } of FORGERIES) {
    const deployment = await cluster.nd(name);
    truths.set(name, truthOf(deployment));
    const answer = await forge(name, status(deployment, others));
    expect(`${what}: ${answer.status}`).toBe(`${what}: ${refused === undefined ? 200 : 422}`);
    if (refused !== undefined) expect(answer.body).toContain(JSON.stringify(refused).slice(1, -1));
    if (refused !== undefined) evidence.refused += 1;
  }
  await eventually(async () => {
    for (const { name, what } of FORGERIES) {
      const deployment = await cluster.nd(name);
      expect({ what, truth: truthOf(deployment) }).toEqual({ what, truth: truths.get(name) });
      expect(`${what}: ${deployment.status?.plan?.phase}`).not.toBe(`${what}: Active`);
    }
  });
  await operator.quiet();
  evidence.restored = FORGERIES.length;
  const children = operator.recording.writes().filter((one) => !isStatusWrite(one) && !/\/events/.test(one.path));
  evidence.childWrites = children.length;
  expect(children.map(lineOf)).toEqual([]);
  expect(await childrenOf(cluster)).toEqual(before);
  for (const { name, what } of FORGERIES) {
    const writes = writesOf(operator, name);
    evidence.mostStatusWrites = Math.max(evidence.mostStatusWrites, writes.length);
    expect(writes.length, `${what}: ${writes.join(', ')}`).toBeLessThanOrEqual(MOST_WRITES);
  }
});

test('a rollout whose plan is forged all the while comes to its end, one pod at a time, with every claim', async () => {
  const cluster = await newCluster();
  await startOperator(cluster);
  await cluster.apply(fleet({ replicas: 3, ...STORAGE }));
  await untilReady(cluster);
  const forge = await newForger(cluster);
  const claims = await claimUids(cluster);
  await cluster.patch('web', toImage('web:2'));
  let least = 3;
  for (let round = 0; round < ROUNDS; round += 1) {
    const deployment = await cluster.nd('web');
    const others = { claim: { name: 'web-1', uid: claims['web-1'] ?? '' }, podUID: 'nobody' };
    await forge('web', FORGERIES[round % FORGERIES.length]?.status(deployment, others) ?? {});
    least = Math.min(least, await readyPods(cluster));
    await sleep(systemClock, 100);
  }
  await eventually(
    async () => {
      least = Math.min(least, await readyPods(cluster));
      expectReady(await cluster.nd('web'));
      expect(new Set(await imagesOf(cluster))).toEqual(new Set(['web:2']));
    },
    { timeoutMs: 120_000 },
  );
  expect(least).toBeGreaterThanOrEqual(2);
  expect(await claimUids(cluster)).toEqual(claims);
});

async function readyPods({ client, namespace }: Cluster): Promise<number> {
  const pods = await client.list(POD, { namespace });
  return pods.filter((pod) => readySinceMs(pod) !== undefined && !isTerminating(pod)).length;
}
