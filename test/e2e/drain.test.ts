// A machine is drained, as before its maintenance, with everything on it: members, and maybe the operator's leader.
import { expect, onTestFinished, test } from 'vitest';

import { POD } from '../../src/kube/kinds.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { volumesOf } from '../envtest/support/stage.ts';
import { expectOneByOne, PATIENCE, untilReady } from './support/fleets.ts';
import { sessionsOn, writers } from './support/member.ts';
import { untilWell } from './support/operator.ts';
import { openCluster, site, worker } from './site.ts';

test('a drain empties the machine; a member on its disk waits for it and comes back to its data', async () => {
  const cluster = await openCluster();
  const machine = worker();
  await untilWell(cluster);
  // No selector: what keeps it is the volume alone, so the pod may go where the volume's machine is only.
  await cluster.apply(writers({ machine }));
  await untilReady(cluster);
  const volumes = await volumesOf(cluster);

  onTestFinished(async () => void (await cluster.kubectl(['uncordon', machine])));
  await cluster.kubectl(['drain', machine, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s']);
  const onMachine = (await cluster.client.list(POD)).filter(
    ({ spec, metadata }) => spec?.nodeName === machine && metadata.ownerReferences?.[0]?.kind !== 'DaemonSet',
  );
  expect(onMachine.map(({ metadata }) => metadata.name)).toEqual([]);
  await untilWell(cluster);
  await eventually(async () => {
    const { status } = await cluster.nd('web');
    expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
  }, PATIENCE);

  await cluster.kubectl(['uncordon', machine]);
  await untilReady(cluster);
  await eventually(async () => expect(await sessionsOn(cluster, 'web-0')).toHaveLength(2), PATIENCE);
  await expectOneByOne(cluster, 'web-0');
  expect(await volumesOf(cluster)).toEqual(volumes);
});

test('a member without storage moves to another machine', async () => {
  const cluster = await openCluster();
  const machine = worker();
  const sleeper = { name: 'sleeper', image: site().image, command: ['node', '-e', 'setInterval(() => {}, 1e6)'] };
  const spec = { terminationGracePeriodSeconds: 1, containers: [sleeper] };
  await cluster.apply({
    apiVersion: 'nodefleet.dev/v1alpha1',
    kind: 'NodeDeployment',
    metadata: { name: 'web' },
    spec: { replicas: 3, template: { spec } },
  });
  await untilReady(cluster);
  onTestFinished(async () => void (await cluster.kubectl(['uncordon', machine])));
  await cluster.kubectl(['drain', machine, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s']);
  await untilReady(cluster);
  const pods = await cluster.client.list(POD, { namespace: cluster.namespace });
  expect(new Set(pods.map(({ spec }) => spec?.nodeName))).toEqual(new Set([site().machines[0]]));
  await cluster.kubectl(['uncordon', machine]);
});
