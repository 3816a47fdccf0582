// make deploy and make undeploy: what one installation granted the next one takes back, and removing the operator harms
// nobody: it is refused while a fleet needs it, and leaves fleets, pods and claims.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import type { StartedControlPlane } from '../../../hack/control-plane/control-plane.ts';
import { POD } from '../../../src/kube/kinds.ts';
import { newCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { expectReady, fleet } from '../support/fleets.ts';
import { startOperator } from '../support/operator.ts';
import { claimUids, namesOf } from '../support/stage.ts';
import { administrator, CONFIG, SYSTEM_NAMESPACE } from './plane.ts';

const run = promisify(execFile);

/** What the targets of the Makefile run. @throws Error with what it said on standard error */
async function make({ kubeconfigPath }: StartedControlPlane, ...args: readonly string[]): Promise<string> {
  const program = join(CONFIG, '..', 'hack', 'deploy.ts');
  const { stdout } = await run(process.execPath, [program, ...args, `--kubeconfig=${kubeconfigPath}`]);
  return stdout;
}

export function testMake(planeOf: () => StartedControlPlane): void {
  const rolesOf = async (plane: StartedControlPlane): Promise<readonly string[]> => {
    const selector = '--selector=app.kubernetes.io/component=operator';
    const columns = '-o=custom-columns=:.kind,:.metadata.namespace,:.metadata.name';
    const said = await administrator(plane)(['get', 'role,clusterrole', '-A', selector, columns, '--no-headers']);
    return said
      .split('\n')
      .map((line) => line.replaceAll(/\s+/g, ' '))
      .toSorted();
  };
  const ELECTION = `Role ${SYSTEM_NAMESPACE} nodefleet-operator-leader-election`;

  test('an installation for one namespace takes back what one for all had granted', async () => {
    const plane = planeOf();
    const { namespace } = await newCluster(plane);
    expect(await make(plane, 'deploy')).toContain('the operator is ready and serves all namespaces\n');
    expect(await rolesOf(plane)).toEqual(['ClusterRole <none> nodefleet-operator', ELECTION]);
    await make(plane, 'deploy', `--namespaces=${namespace}`, '--image=nodefleet:next');
    const roles = ['ClusterRole <none> nodefleet-operator-reads', ELECTION, `Role ${namespace} nodefleet-operator`];
    expect(await rolesOf(plane)).toEqual(roles.toSorted());
    await expect(make(plane, 'deploy', '--namespaces=nowhere')).rejects.toThrow(
      'make deploy: NAMESPACES: there is no namespace nowhere; create it first\n',
    );
  });

  test('the operator is not removed while a fleet that is being deleted waits for it', async () => {
    const plane = planeOf();
    const cluster = await newCluster(plane);
    const operator = await startOperator(cluster);
    await cluster.apply(fleet({ storage: { retention: { onDelete: 'Delete' } } }));
    await eventually(async () => expectReady(await cluster.nd('web')));
    await operator.stop();
    await cluster.kubectl(['delete', 'nodedeployment', 'web', '--wait=false']);
    await expect(make(plane, 'undeploy')).rejects.toThrow(
      `make undeploy: nothing was removed. ${cluster.namespace}/web is being deleted, and only the operator deletes its claims`,
    );
    await administrator(plane)(['get', 'deployment', 'nodefleet-operator', `--namespace=${SYSTEM_NAMESPACE}`]);
    const next = await startOperator(cluster);
    await cluster.kubectl(['wait', '--for=delete', 'nodedeployment/web', '--timeout=30s']);
    await next.quiet();
  });

  test('removing the operator leaves fleets, pods and claims; with the last fleet the CRD goes too, and claims stay', async () => {
    const plane = planeOf();
    const kubectl = administrator(plane);
    const cluster = await newCluster(plane);
    const operator = await startOperator(cluster);
    await cluster.apply(fleet({ storage: {} }));
    await eventually(async () => expectReady(await cluster.nd('web')));
    const before = await claimUids(cluster);
    await operator.stop();

    const said = await make(plane, 'undeploy');
    expect(said).toContain(`1 fleet and the CRD are left: ${cluster.namespace} (1). Their pods run on`);
    expect(await namesOf(cluster, POD)).toEqual(['web-0-0']);
    const left = await kubectl([
      'get',
      'namespace,clusterrole,clusterrolebinding,validatingadmissionpolicy',
      '-o=name',
    ]);
    expect(left.split('\n').filter((name) => name.includes('nodefleet'))).toEqual([]);

    await make(plane, 'deploy');
    await cluster.kubectl(['delete', 'nodedeployment', 'web', '--timeout=30s']);
    const last = await make(plane, 'undeploy');
    expect(last).toContain(`customresourcedefinition.apiextensions.k8s.io "nodedeployments.nodefleet.dev" deleted`);
    expect(last).toMatch(new RegExp(`left, with their data: .*${cluster.namespace} \\(1\\)`));
    expect(last).toContain('kubectl delete pvc --all-namespaces --selector app.kubernetes.io/managed-by=nodefleet\n');
    expect(await claimUids(cluster)).toEqual(before);
  });
}
