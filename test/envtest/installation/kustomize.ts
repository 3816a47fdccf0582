// Installing with kubectl: what config/ says is all that it takes, twice the same changes nothing, and the operator works
// with the rights of its ServiceAccount alone.
import { expect, test } from 'vitest';

import type { StartedControlPlane } from '../../../hack/control-plane/control-plane.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { lineOf } from '../support/exchanges.ts';
import { expectReady, fleet, toImage } from '../support/fleets.ts';
import { startOperator, type OperatorUnderTest } from '../support/operator.ts';
import { administrator, asServiceAccount, CONFIG, SYSTEM_NAMESPACE, untilRolledOut } from './plane.ts';

/** What kubectl says of objects that it did not leave as they were. */
function changed(said: string): readonly string[] {
  return said.split('\n').filter((line) => !line.endsWith(' unchanged'));
}

async function expectRollout(cluster: Cluster, operator: OperatorUnderTest): Promise<void> {
  await untilKindIsKnown(cluster);
  await cluster.apply(fleet({ replicas: 2, storage: {} }));
  await eventually(async () => expectReady(await cluster.nd('web')));
  await cluster.patch('web', toImage('web:2'));
  await eventually(async () => expectReady(await cluster.nd('web')));
  await cluster.kubectl(['delete', 'nodedeployment', 'web']);
  await operator.quiet();
  const refused = operator.recording.exchanges.filter(({ status }) => status === 403);
  expect(refused.map(lineOf)).toEqual([]);
  expect(operator.log.at('warn')).toEqual([]);
}

/** OwnerReferencesPermissionEnforcement knows a new kind after 30 s at most, and refuses its objects as owners until then. */
async function untilKindIsKnown({ kubectl }: Cluster): Promise<void> {
  const owner = { apiVersion: 'nodefleet.dev/v1alpha1', kind: 'NodeDeployment', name: 'web', uid: 'none' };
  const metadata = { name: 'owned', ownerReferences: [{ ...owner, blockOwnerDeletion: true }] };
  const service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: 'None' } };
  const asOperator = `--as=system:serviceaccount:${SYSTEM_NAMESPACE}:nodefleet-operator`;
  const create = (): Promise<string> => kubectl(['create', '-f', '-', '--dry-run=server', asOperator], service);
  await eventually(create, { timeoutMs: 60_000, intervalMs: 500 });
}

export function testKustomize(planeOf: () => StartedControlPlane): void {
  test('kubectl apply -k config/default installs all of it, and a second time changes nothing', async () => {
    const kubectl = administrator(planeOf());
    await kubectl(['apply', '-k', `${CONFIG}/default`]);
    await untilRolledOut(kubectl);
    expect(changed(await kubectl(['apply', '-k', `${CONFIG}/default`]))).toEqual([]);
  });

  test('kubectl apply --server-side takes over what the other apply has installed, without a conflict', async () => {
    const kubectl = administrator(planeOf());
    const said = await kubectl(['apply', '--server-side', '-k', `${CONFIG}/default`]);
    expect(said.split('\n').filter((line) => !line.endsWith(' serverside-applied'))).toEqual([]);
  });
}

export function testRights(planeOf: () => StartedControlPlane): void {
  test('the operator serves a fleet in any namespace with the rights of its ServiceAccount', async () => {
    const plane = planeOf();
    const cluster = await newCluster(plane);
    const operator = await startOperator(cluster, { over: await asServiceAccount(plane), namespaces: [] });
    await expectRollout(cluster, operator);
  });
}

export function testNamespaced(planeOf: () => StartedControlPlane): void {
  test('config/namespaced gives the operator a Role in each namespace, and nothing to write anywhere else', async () => {
    const plane = planeOf();
    const kubectl = administrator(plane);
    await kubectl(['delete', '--ignore-not-found', '-k', `${CONFIG}/rbac/cluster`]);
    for (const name of ['team-a', 'team-b']) await kubectl(['create', 'namespace', name]);
    await kubectl(['apply', '--server-side', '-k', `${CONFIG}/namespaced`]);
    await untilRolledOut(kubectl);

    const cluster = await newCluster(plane, 'team-a');
    const over = await asServiceAccount(plane);
    const operator = await startOperator(cluster, { over, namespaces: ['team-a', 'team-b'] });
    await expectRollout(cluster, operator);
    const path = '/api/v1/namespaces/default/persistentvolumeclaims';
    expect(await over.request({ method: 'GET', path })).toMatchObject({ status: 403 });
  });
}
