import { describe, expect, test } from 'vitest';

import type { StoredClaim } from '../../../src/kube/kinds.ts';
import { expand } from './expand.ts';
import { KNOB_PREFIX } from './knobs.ts';
import { always, boundClaim, machine, meta, never, pendingClaim, pod, volume, world } from './world.builders.ts';

const PATH = '/api/v1/namespaces/default/persistentvolumeclaims/data/status';
const RESIZING = { type: 'Resizing', status: 'True' };
const FOREIGN = { type: 'ModifyingVolume', status: 'True' };

/** A claim of 1Gi that asks for more, and for which the resizer is at a stage. */
function growing(storageClassName: string, stage: string, size: string, request = size): StoredClaim {
  const claim = boundClaim(storageClassName, request);
  const allocated = { allocatedResources: { storage: size }, allocatedResourceStatuses: { storage: stage } };
  return { ...claim, status: { ...claim.status, ...allocated, conditions: [FOREIGN, RESIZING] } };
}

function volumeOf(storage: string): ReturnType<typeof volume> {
  return { ...volume(), spec: { ...volume().spec, capacity: { storage } } };
}

function patch(status: object): object {
  return { method: 'PATCH', path: PATH, body: { metadata: { resourceVersion: '7' }, status } };
}

describe('growth', () => {
  test('begins by saying so', () => {
    expect(expand(world({ claims: [boundClaim('standard', '2Gi')] }), always)).toEqual([
      patch({
        allocatedResources: { storage: '2Gi' },
        allocatedResourceStatuses: { storage: 'ControllerResizeInProgress' },
        conditions: [RESIZING],
      }),
    ]);
  });

  const inProgress = growing('standard', 'ControllerResizeInProgress', '2Gi');

  test('then reaches the volume', () => {
    expect(expand(world({ claims: [inProgress], volumes: [volumeOf('1Gi')] }), always)).toEqual([
      {
        method: 'PATCH',
        path: '/api/v1/persistentvolumes/pvc-uid-of-data',
        body: { spec: { capacity: { storage: '2Gi' } } },
      },
    ]);
  });

  test('then the claim, whose other conditions stay', () => {
    expect(expand(world({ claims: [inProgress], volumes: [volumeOf('2Gi')] }), always)).toEqual([
      patch({ capacity: { storage: '2Gi' }, allocatedResourceStatuses: null, conditions: [FOREIGN] }),
    ]);
  });

  test('takes as long as the claim says, and otherwise no time', () => {
    const annotations = { [`${KNOB_PREFIX}expand`]: '3s' };
    const slow = { ...inProgress, metadata: { ...inProgress.metadata, annotations } };
    const delays: number[] = [];
    const record = (_key: string, delayMs: number): boolean => delays.push(delayMs) < 0;
    for (const claim of [inProgress, slow]) expect(expand(world({ claims: [claim] }), record)).toEqual([]);
    expect(delays).toEqual([0, 3_000]);
  });

  test.for([
    { name: 'that has what it asks for', claim: boundClaim() },
    { name: 'that has it by another spelling', claim: boundClaim('standard', '1024Mi') },
    { name: 'that is not bound', claim: pendingClaim() },
    { name: 'of a class that we do not serve', claim: boundClaim('foreign', '2Gi') },
  ])('leaves a claim $name alone', ({ claim }) => {
    expect(expand(world({ claims: [claim], volumes: [volumeOf('1Gi')] }), always)).toEqual([]);
  });
});

describe('infeasible growth', () => {
  test.for([
    { storageClass: 'full', size: '2Gi', isFeasible: false },
    { storageClass: 'limited', size: '4Gi', isFeasible: true },
    { storageClass: 'limited', size: '5Gi', isFeasible: false },
  ])('to $size of class $storageClass: feasible is $isFeasible', ({ storageClass, size, isFeasible }) => {
    const claims = [growing(storageClass, 'ControllerResizeInProgress', size)];
    const [write] = expand(world({ claims, volumes: [volumeOf('1Gi')] }), always);
    if (isFeasible) expect(write?.path).toContain('persistentvolumes');
    else {
      expect(write?.body).toMatchObject({
        status: {
          allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' },
          conditions: [FOREIGN, RESIZING, { type: 'ControllerResizeError', status: 'True' }],
        },
      });
    }
  });

  test('is not tried again, but another size is', () => {
    const refused = (request: string): StoredClaim => growing('limited', 'ControllerResizeInfeasible', '5Gi', request);
    expect(expand(world({ claims: [refused('5Gi')] }), always)).toEqual([]);
    const [write] = expand(world({ claims: [refused('3Gi')] }), always);
    expect(write?.body).toMatchObject({
      status: {
        allocatedResources: { storage: '3Gi' },
        allocatedResourceStatuses: { storage: 'ControllerResizeInProgress' },
        conditions: [FOREIGN, RESIZING],
      },
    });
  });
});

describe('growth of a file system', () => {
  test('is left to the machine once the volume has grown', () => {
    const claims = [growing('staged', 'ControllerResizeInProgress', '2Gi')];
    const [write] = expand(world({ claims, volumes: [volumeOf('2Gi')] }), always);
    expect(write?.body).toMatchObject({
      status: {
        allocatedResourceStatuses: { storage: 'NodeResizePending' },
        conditions: [FOREIGN, RESIZING, { type: 'FileSystemResizePending', status: 'True' }],
      },
    });
  });

  const claims = [growing('staged', 'NodeResizePending', '2Gi', '3Gi')];
  const mounted = [{ type: 'PodReadyToStartContainers', status: 'True' }];

  test('follows where a pod has mounted the volume, up to what the volume has', () => {
    const pods = [pod({ phase: 'Running', conditions: mounted })];
    expect(expand(world({ claims, pods }), never)).toEqual([
      patch({ capacity: { storage: '2Gi' }, allocatedResourceStatuses: null, conditions: [FOREIGN] }),
    ]);
  });

  test.for([
    { name: 'no pod', objects: { pods: [] } },
    { name: 'a pod that has not mounted it yet', objects: { pods: [pod()] } },
    { name: 'a pod that has ended', objects: { pods: [pod({ phase: 'Succeeded', conditions: mounted })] } },
    {
      name: 'a pod in another namespace',
      objects: {
        pods: [
          { ...pod({ phase: 'Running', conditions: mounted }), metadata: meta('web-0', { namespace: 'elsewhere' }) },
        ],
      },
    },
    {
      name: 'a pod on a machine that is not Ready',
      objects: {
        pods: [pod({ phase: 'Running', conditions: mounted })],
        machines: [machine({ conditions: [{ type: 'Ready', status: 'Unknown' }] })],
      },
    },
  ])('waits while there is $name', ({ objects }) => {
    expect(expand(world({ claims, ...objects }), always)).toEqual([]);
  });
});
