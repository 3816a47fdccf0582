import { expect, test } from 'vitest';

import type { StoredMachine } from '../../kube/kinds.ts';
import type { Readings } from '../observed.ts';
import { STORAGE, at, claim, deployment, machine, observe, pod, settled, volumeOf } from '../testing/build.ts';
import { troubles } from './trouble.ts';

const ZONE = 'topology.kubernetes.io/zone';
const fleet = deployment({ storage: STORAGE });
const zonal = volumeOf(claim(fleet, 0));
const volume = {
  ...zonal,
  spec: {
    ...zonal.spec,
    nodeAffinity: {
      required: { nodeSelectorTerms: [{ matchExpressions: [{ key: ZONE, operator: 'In', values: ['zone-a'] }] }] },
    },
  },
};
const inZone = (zone: string, ready = 'True', unschedulable = false): ReadonlyMap<string, StoredMachine> => {
  const one = machine('m9', ready);
  return new Map([
    ['m9', { ...one, metadata: { ...one.metadata, labels: { [ZONE]: zone } }, spec: { unschedulable } }],
  ]);
};
const running = pod(fleet, 0);
const unscheduled = {
  ...running,
  spec: { containers: [] },
  status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
};

function reasons(read: Partial<Readings>): readonly string[] {
  const observed = observe(fleet, { ...settled(fleet, [0]), ...read });
  return observed.members.flatMap((member) => troubles(observed, member)).map(({ reason }) => reason);
}

test('a member at rest has none', () => {
  expect(reasons({})).toEqual([]);
});

test.for<[name: string, machines: ReadonlyMap<string, StoredMachine>, expected: readonly string[]]>([
  ['none is left in the zone', inZone('zone-b'), ['VolumeTopologyConflict']],
  ['the only one is silent', inZone('zone-a', 'Unknown'), ['VolumeTopologyConflict']],
  ['the only one is cordoned', inZone('zone-a', 'True', true), ['VolumeTopologyConflict']],
  ['there is one: the scheduler waits for something else', inZone('zone-a'), []],
])('a pod that cannot be scheduled, and of the machines that its volume admits %s', ([, machines, expected]) => {
  expect(reasons({ machines, volumes: [volume], pods: [unscheduled] })).toEqual(expected);
});

test('no conflict is claimed without knowing the machines, nor for a pod that runs', () => {
  const read = { volumes: [volume], pods: [unscheduled], machines: new Map() };
  expect(reasons({ ...read, unreadable: new Set(['machines']) })).toEqual([]);
  expect(reasons({ machines: inZone('zone-b'), volumes: [volume] })).toEqual([]);
});

test('the conflict names the volume, what it asks for, and what is there', () => {
  const observed = observe(fleet, {
    ...settled(fleet, [0]),
    machines: inZone('zone-a', 'Unknown'),
    volumes: [volume],
    pods: [unscheduled],
  });
  const [wait] = observed.members.flatMap((member) => troubles(observed, member));
  expect(wait?.message).toMatch(
    /^volume pv-web-0 .*topology.kubernetes.io\/zone in \(zone-a\), and m9 is not Ready;.*Nothing is deleted$/,
  );
});

test('a running pod on a silent machine is trouble, before anybody deletes it', () => {
  expect(reasons({ machines: new Map([['m1', machine('m1', 'Unknown')]]) })).toEqual(['NodeUnreachable']);
});

test('a pod that ends in its time is none, one that does not is', () => {
  const ending = (deletionTimestamp: string) => pod(fleet, 0, { metadata: { deletionTimestamp } });
  expect(reasons({ pods: [ending(at(20))] })).toEqual(['PodTerminating']);
  expect(reasons({ pods: [ending(at(-60))] })).toEqual(['PodTerminatingTooLong']);
});

test('a pod that has ended and is held by a finalizer is named at once: it keeps the name that the next one needs', () => {
  const ended = pod(fleet, 0, {
    phase: 'Succeeded',
    metadata: { deletionTimestamp: at(20), finalizers: ['example.com/hold'] },
  });
  const observed = observe(fleet, { ...settled(fleet, [0]), pods: [ended] });
  const [wait] = observed.members.flatMap((member) => troubles(observed, member));
  expect(wait).toMatchObject({ reason: 'PodTerminating', message: expect.stringContaining('example.com/hold') });
  expect(wait?.stalled).toBeUndefined();
});
