// Scenarios 9 and 13: the machine that a volume is attached to, or that alone can use it, is gone. On machines of a
// test's own.
import { randomBytes } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { csiNodeOf, machineOf } from '../../../hack/control-plane/machines.ts';
import type { Condition } from '../../../src/api/v1alpha1/node-deployment.ts';
import { ATTACHMENT, POD, VOLUME } from '../../../src/kube/kinds.ts';
import { newPool, POOL_LABEL, type Pool } from '../pools.ts';
import { turn } from '../pods.ts';
import { kubectlFor, sharedControlPlane } from '../start.ts';
import { deletedClaims } from '../support/claims.ts';
import { movableClock } from '../support/clocks.ts';
import type { Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { condition, toImage, type FleetOptions } from '../support/fleets.ts';
import type { OperatorOptions } from '../support/operator.ts';
import { handOff, readyFleet, untilAllRun, type Stage } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import { findDoubleUse } from '../support/truth.ts';

/** In any namespace. */
const kubectl = kubectlFor(sharedControlPlane());

interface Scene extends Stage {
  readonly pool: Pool;
  /** Where the member runs. */
  readonly machine: string;
  readonly zone: string;
}

/** A Ready fleet of one member on a pool of two machines, each in a zone of its own. */
async function fleetOnAPool(options: FleetOptions, operatorOptions: OperatorOptions = {}): Promise<Scene> {
  const zones = ['a', 'b'].map((zone) => `zone-${randomBytes(4).toString('hex')}-${zone}`);
  const pool = await newPool(kubectl, zones);
  const spec = { template: { spec: { ...pool.spec, containers: [{ name: 'web', image: 'web:1' }] } } };
  const stage = await readyFleet({ ...options, spec }, undefined, operatorOptions);
  const machine = await machineOfMember(stage.cluster);
  return { ...stage, pool, machine, zone: zones[pool.machines.indexOf(machine)] ?? '' };
}

async function machineOfMember(cluster: Cluster): Promise<string> {
  return (await cluster.read(POD, 'web-0-0')).spec?.nodeName ?? '';
}

/** A machine of the pool joins: another one, or one that was there before. */
async function join({ spec }: Pool, name: string, zone: string): Promise<void> {
  const label = spec.nodeSelector[POOL_LABEL] ?? '';
  const taints = [{ key: POOL_LABEL, value: label, effect: 'NoSchedule' }];
  const machine = machineOf({ name, zone, labels: { [POOL_LABEL]: label }, taints });
  const uid = await kubectl(['create', '-f', '-', '-o=jsonpath={.metadata.uid}'], machine);
  // The drivers of the machine that was there before may not be garbage yet.
  await kubectl(['apply', '-f', '-'], csiNodeOf(name, uid));
}

const told = async ({ truth, volumes, since }: Stage): Promise<readonly string[]> => {
  await truth.caughtUp();
  return storyOf(truth, volumes, since);
};

test('scenario 9: an attachment that outlives its machine is waited for, and the status names it and the driver whose attacher is stuck (external-attacher#215)', async () => {
  const clock = movableClock();
  const stage = await fleetOnAPool({ storage: {} }, { clock });
  const { cluster, operator, truth, volumes, machine, pool } = stage;
  await turn(cluster.kubectl, 'pvc/web-0', 'detach', 'never');
  await cluster.patch('web', toImage('web:2'));
  await eventually(async () => {
    const { status } = await cluster.nd('web');
    expect(status?.members).toMatchObject([{ phase: 'AwaitingDetach', attachment: { state: 'Detaching' } }]);
  });
  await kubectl(['delete', `node/${machine}`]);
  const attachments = await cluster.client.list(ATTACHMENT);
  const name = attachments.find(({ spec }) => spec.nodeName === machine)?.metadata.name;
  const where = `volume ${volumes.get('web-0')} is attached to machine ${machine} (VolumeAttachment ${name})`;
  const hint = 'That machine is gone: the CSI driver sim.nodefleet.dev still has to detach the volume';
  await eventually(async () => {
    const deployment = await cluster.nd('web');
    expect(deployment.status?.members?.[0]?.message).toContain(`${where}. ${hint}`);
    expect(condition(deployment, 'VolumesSafe')).toMatchObject({ status: 'Unknown', reason: 'NodeUnreachable' });
  });
  clock.putForward(420);
  await eventually(async () => {
    const stalled = condition(await cluster.nd('web'), 'Stalled');
    expect(stalled).toMatchObject({ status: 'True', reason: 'DetachTimeout' });
    expect(stalled?.message).toContain(`${where} for more than 420 s. ${hint}`);
  });
  await operator.quiet();
  expect(await told(stage)).toEqual(['web-0 stop', 'web-0 pod gone']);

  await turn(cluster.kubectl, 'pvc/web-0', 'detach', null);
  const { status } = await untilAllRun(cluster, 'web:2');
  expect(pool.machines).toContain(status?.members?.[0]?.nodeName);
  expect(status?.members?.[0]?.nodeName).not.toBe(machine);
  expect(await told(stage)).toEqual(handOff('web-0', 'web:2'));
  expect(findDoubleUse(truth, volumes)).toEqual([]);
});

/** The fleet says that no machine can use the volume, and this of the machines that could. */
async function untilConflict(cluster: Cluster, state: string): Promise<Condition> {
  return eventually(async () => {
    const stalled = condition(await cluster.nd('web'), 'Stalled');
    expect(stalled).toMatchObject({ status: 'True', reason: 'VolumeTopologyConflict' });
    expect(stalled?.message).toContain(state);
    return stalled ?? expect.fail('no condition');
  });
}

interface Loss {
  readonly name: string;
  readonly storageClassName: string;
  /** The label by which the volume is tied. */
  readonly key: string;
  readonly value: (scene: Scene) => string;
  /** The machine that joins, in the volume's zone. */
  readonly heir: (scene: Scene) => string;
}

const LOSSES: readonly Loss[] = [
  {
    name: 'the machine of a local volume, until it is back',
    storageClassName: 'local',
    key: 'kubernetes.io/hostname',
    value: ({ machine }) => machine,
    heir: ({ machine }) => machine,
  },
  {
    name: 'the last machine in the zone of a zonal volume, until there is another one',
    storageClassName: 'zonal',
    key: 'topology.kubernetes.io/zone',
    value: ({ zone }) => zone,
    heir: ({ machine }) => `${machine}-heir`,
  },
];

describe('scenario 13: VolumeTopologyConflict, and nothing is deleted, in the absence of', () => {
  test.for(LOSSES)('$name', async ({ storageClassName, key, value, heir }) => {
    const scene = await fleetOnAPool({ storage: { storageClassName } });
    const { cluster, operator, truth, volumes, pool, machine, zone } = scene;
    const volume = volumes.get('web-0') ?? '';
    const { uid } = (await cluster.read(VOLUME, volume)).metadata;
    await kubectl(['cordon', machine]);
    await cluster.patch('web', toImage('web:2'));
    await untilConflict(cluster, `${machine} is cordoned`);
    await kubectl(['delete', `node/${machine}`]);
    const { message } = await untilConflict(cluster, 'there is none');
    expect(message).toContain(`web-0: volume ${volume} can only be used on machines with ${key} in (${value(scene)})`);

    // Another image does not help, and costs nothing.
    await cluster.patch('web', toImage('web:3'));
    await eventually(async () =>
      expect((await cluster.read(POD, 'web-0-0')).spec?.containers).toMatchObject([{ image: 'web:3' }]),
    );
    await untilConflict(cluster, 'there is none');
    await operator.quiet();
    expect((await cluster.read(VOLUME, volume)).metadata.uid).toBe(uid);

    await join(pool, heir(scene), zone);
    await untilAllRun(cluster, 'web:3');
    expect(condition(await cluster.nd('web'), 'Stalled')?.status).toBe('False');
    expect(await machineOfMember(cluster)).toBe(heir(scene));
    await truth.caughtUp();
    expect(deletedClaims(truth)).toEqual([]);
    expect(findDoubleUse(truth, volumes)).toEqual([]);
  });
});
