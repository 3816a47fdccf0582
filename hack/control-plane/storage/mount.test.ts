import { describe, expect, test } from 'vitest';

import { NO_ATTACH_DRIVER } from './classes.ts';
import { KNOB_PREFIX } from './knobs.ts';
import { mount, reportUse } from './mount.ts';
import {
  always,
  attachment,
  boundClaim,
  machine,
  meta,
  never,
  pendingClaim,
  pod,
  volume,
  world,
} from './world.builders.ts';

const bound = { claims: [boundClaim()], volumes: [volume()], pods: [pod()] };

describe('mount', () => {
  test('lets a pod start when its volume is attached to its machine, and keeps the other conditions', () => {
    const scheduled = { type: 'PodScheduled', status: 'True' };
    const pods = [pod({ phase: 'Pending', conditions: [scheduled] })];
    expect(mount(world({ ...bound, pods, attachments: [attachment(true)] }), always)).toEqual([
      {
        method: 'PATCH',
        path: '/api/v1/namespaces/default/pods/web-0/status',
        body: {
          metadata: { resourceVersion: '7' },
          status: { conditions: [scheduled, { type: 'PodReadyToStartContainers', status: 'True' }] },
        },
      },
    ]);
  });

  const elsewhere = attachment(true);
  test.for([
    { name: 'is not attached', objects: { ...bound, attachments: [attachment(false)] } },
    { name: 'has no attachment', objects: bound },
    {
      name: 'is attached to another machine',
      objects: { ...bound, attachments: [{ ...elsewhere, spec: { ...elsewhere.spec, nodeName: 'machine-1' } }] },
    },
    {
      name: 'is attached to its machine, which has no power',
      objects: { ...bound, attachments: [attachment(true)], machines: [{ ...machine(), metadata: meta('machine-0') }] },
    },
    { name: 'does not exist', objects: { ...bound, claims: [pendingClaim()], volumes: [] } },
  ])('holds a pod whose volume $name', ({ objects }) => {
    expect(mount(world(objects), always)).toEqual([]);
  });

  test('needs no attachment where the driver has none', () => {
    expect(mount(world({ ...bound, volumes: [volume('Bound', NO_ATTACH_DRIVER)] }), always)).toHaveLength(1);
  });

  test('says it once', () => {
    const conditions = [{ type: 'PodReadyToStartContainers', status: 'True' }];
    const pods = [pod({ phase: 'Pending', conditions })];
    expect(mount(world({ ...bound, pods, attachments: [attachment(true)] }), always)).toEqual([]);
  });

  test('leaves a pod without claims to kwok', () => {
    const pods = [{ metadata: meta('free'), spec: { containers: [] }, status: { phase: 'Pending' } }];
    expect(mount(world({ pods }), always)).toEqual([]);
  });
});

describe('reportUse', () => {
  const inUse = 'kubernetes.io/csi/sim.nodefleet.dev^uid-of-data';
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };

  test('reports the volumes of the pods on a machine', () => {
    expect(reportUse(world(bound), always)).toEqual([
      { method: 'PATCH', path: '/api/v1/nodes/machine-0/status', body: { status: { volumesInUse: [inUse] } } },
    ]);
  });

  test('says nothing when that is known', () => {
    expect(reportUse(world({ ...bound, machines: [machine({ ...ready, volumesInUse: [inUse] })] }), always)).toEqual(
      [],
    );
  });

  test.for([
    { name: 'is gone', pods: [] },
    { name: 'has succeeded', pods: [pod({ phase: 'Succeeded' })] },
    { name: 'has failed', pods: [pod({ phase: 'Failed' })] },
  ])('takes a volume back whose pod $name', ({ pods }) => {
    const machines = [machine({ ...ready, volumesInUse: [inUse] })];
    const [write] = reportUse(world({ ...bound, pods, machines }), always);
    expect(write?.body).toEqual({ status: { volumesInUse: [] } });
  });

  test('goes on naming a volume that is not unmounted yet, and one that is mounted again', () => {
    const machines = [machine({ ...ready, volumesInUse: [inUse] })];
    expect(reportUse(world({ ...bound, pods: [], machines }), never)).toEqual([]);
    expect(reportUse(world({ ...bound, machines }), never)).toEqual([]);
  });

  test('asks the claim how long unmounting takes, and takes no time by default', () => {
    const claim = boundClaim();
    const annotations = { [`${KNOB_PREFIX}unmount`]: '4s' };
    const slow = { ...claim, metadata: { ...claim.metadata, annotations } };
    const machines = [machine({ ...ready, volumesInUse: [inUse] })];
    const delays: number[] = [];
    const record = (_key: string, delayMs: number): boolean => delays.push(delayMs) > 0;
    reportUse(world({ ...bound, pods: [], machines }), record);
    reportUse(world({ ...bound, claims: [slow], pods: [], machines }), record);
    expect(delays).toEqual([0, 4_000]);
  });

  test('forgets a volume that does not exist any more', () => {
    const machines = [machine({ ...ready, volumesInUse: [inUse] })];
    expect(reportUse(world({ machines }), never)).toHaveLength(1);
  });

  test('lets a machine without power say nothing any more', () => {
    const dead = machine({ ...ready, volumesInUse: [inUse] });
    const machines = [{ ...dead, metadata: { ...dead.metadata, annotations: {} } }];
    expect(reportUse(world({ ...bound, pods: [], machines }), always)).toEqual([]);
  });

  test('lets a machine that is not Ready say nothing any more', () => {
    const machines = [machine({ conditions: [{ type: 'Ready', status: 'Unknown' }], volumesInUse: [inUse] })];
    expect(reportUse(world({ ...bound, pods: [], machines }), always)).toEqual([]);
  });
});
