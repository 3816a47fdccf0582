import { describe, expect, test } from 'vitest';

import { ANNOTATION, FINALIZER } from '../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { Action } from './actions.ts';
import { desire } from './desired/desire.ts';
import type { Readings } from './observed.ts';
import { plan } from './plan.ts';
import {
  STORAGE,
  at,
  claim,
  deployment,
  observe,
  pod,
  service,
  settled,
  statefulSet,
  surgeSet,
} from './testing/build.ts';

const names = (actions: readonly Action[]): readonly string[] =>
  actions.map((action) => {
    if (action.type === 'Delete') return `Delete ${action.kind.kind} ${action.key.name}`;
    return action.type === 'Wait' ? `Wait ${action.reason}` : action.type;
  });
const decide = (owner: StoredNodeDeployment, read: Partial<Readings>): readonly string[] =>
  names(plan(desire(owner), observe(owner, read)).actions);
const storage = (onDelete: 'Retain' | 'Delete', onScaleDown: 'Retain' | 'Delete') => ({
  ...STORAGE,
  retention: { onDelete, onScaleDown },
});
const FORMER = { annotations: { [ANNOTATION.deploymentUid]: 'former-uid' } };

describe('a member that is scaled away', () => {
  const owner = (onScaleDown: 'Retain' | 'Delete') =>
    deployment({ replicas: 0, storage: storage('Retain', onScaleDown) });
  const children = ['Delete StatefulSet web-0', 'Delete Service web-0'];

  test('goes, and its claim stays under Retain', () => {
    const fleet = owner('Retain');
    expect(decide(fleet, { ...settled(fleet, [0]), pods: [] })).toEqual(children);
  });

  test('goes with its claim under Delete', () => {
    const fleet = owner('Delete');
    expect(decide(fleet, { ...settled(fleet, [0]), pods: [] })).toEqual([
      ...children,
      'Delete PersistentVolumeClaim web-0',
    ]);
  });

  test('keeps its claim until no pod mounts it', () => {
    const fleet = owner('Delete');
    expect(decide(fleet, settled(fleet, [0]))).toEqual([...children, 'Wait PodTerminating']);
  });

  test('goes with its surge', () => {
    const fleet = deployment({ replicas: 0 });
    expect(decide(fleet, { statefulSets: [surgeSet(fleet, 0)] })).toEqual(['Delete StatefulSet web-0-surge']);
  });

  test.for([
    ['a claim of a former fleet of this name', { claims: [claim(owner('Delete'), 0, { metadata: FORMER })] }],
    [
      'a StatefulSet that another uid controls',
      { statefulSets: [statefulSet(deployment({}, { uid: 'former-uid' }), 0)] },
    ],
    ['a Service that nobody controls', { services: [service(deployment(), 0, { ownerReferences: [] })] }],
    [
      'a StatefulSet that is being deleted',
      { statefulSets: [statefulSet(deployment(), 0, { metadata: { deletionTimestamp: at(-1) } })] },
    ],
  ] as const)('leaves alone %s', ([, read]) => {
    expect(decide(owner('Delete'), read)).toEqual([]);
  });

  test('is deleted by the uid that was read', () => {
    const fleet = owner('Delete');
    const observed = observe(fleet, { claims: [claim(fleet, 0, { metadata: { uid: 'this-very-claim' } })] });
    expect(plan(desire(fleet), observed).actions).toMatchObject([{ type: 'Delete', uid: 'this-very-claim' }]);
  });

  test('is waited for when it is wanted again while its claim still goes', () => {
    const fleet = deployment({ replicas: 1, storage: storage('Retain', 'Delete') });
    const going = claim(fleet, 0, { metadata: { deletionTimestamp: at(-1) } });
    expect(decide(fleet, { claims: [going], services: [service(fleet, 0)] })).toEqual(['Wait ClaimTerminating']);
  });
});

describe('a fleet that is deleted', () => {
  const gone = (onDelete: 'Retain' | 'Delete', finalizers: readonly string[] = [FINALIZER]) =>
    deployment({ replicas: 2, storage: storage(onDelete, 'Retain') }, { deletionTimestamp: at(-1), finalizers });

  test('leaves its children to the garbage collector and its claims alone without our finalizer', () => {
    const fleet = gone('Delete', ['foreign/finalizer']);
    expect(decide(fleet, settled(fleet, [0, 1]))).toEqual([]);
  });

  test('gives up a finalizer that Retain does not need, and does nothing else', () => {
    const fleet = gone('Retain');
    expect(decide(fleet, settled(fleet, [0, 1]))).toEqual(['RemoveFinalizer']);
  });

  test('deletes what uses the claims, then the claims', () => {
    const fleet = gone('Delete');
    expect(decide(fleet, { ...settled(fleet, [0]) })).toEqual(['Delete StatefulSet web-0', 'Wait PodTerminating']);
    expect(decide(fleet, { claims: [claim(fleet, 0)] })).toEqual(['Delete PersistentVolumeClaim web-0']);
  });

  test('keeps the finalizer until the last claim is gone', () => {
    const fleet = gone('Delete');
    expect(decide(fleet, { claims: [claim(fleet, 1, { metadata: { deletionTimestamp: at(-1) } })] })).toEqual([
      'Wait ClaimTerminating',
    ]);
    expect(decide(fleet, {})).toEqual(['RemoveFinalizer']);
  });

  test('does not wait for a claim of a former fleet of this name', () => {
    const fleet = gone('Delete');
    expect(decide(fleet, { claims: [claim(fleet, 0, { metadata: FORMER })] })).toEqual(['RemoveFinalizer']);
  });

  test('makes nothing, whatever is missing', () => {
    const fleet = gone('Delete');
    expect(decide(fleet, { claims: [claim(fleet, 0)], pods: [pod(fleet, 0)] })).toEqual(['Wait PodTerminating']);
  });
});

describe('the finalizer of a fleet that lives', () => {
  test.for([
    ['is taken before anything is made', 'Delete', [], 'AddFinalizer'],
    ['is given back once Retain asks for none', 'Retain', [FINALIZER], 'RemoveFinalizer'],
  ] as const)('%s', ([, onDelete, finalizers, action]) => {
    const fleet = deployment({ storage: storage(onDelete, 'Retain') }, { finalizers });
    expect(decide(fleet, {})[0]).toBe(action);
  });

  test('is not taken where claims are retained', () => {
    expect(decide(deployment({ storage: storage('Retain', 'Delete') }), {})).not.toContain('AddFinalizer');
  });
});

describe('a fleet that is deleted with --cascade=orphan, under Delete', () => {
  const going = (finalizers: readonly string[]) =>
    deployment({ storage: storage('Delete', 'Retain') }, { deletionTimestamp: at(-1), finalizers });

  test('is let go at once, with its claims', () => {
    const fleet = going([FINALIZER, 'orphan']);
    expect(decide(fleet, settled(fleet, [0]))).toEqual(['RemoveFinalizer']);
  });

  test('keeps the claims of a StatefulSet that nobody owns any more', () => {
    const fleet = going([FINALIZER]);
    const statefulSets = [statefulSet(fleet, 0, { metadata: { ownerReferences: [] } })];
    expect(decide(fleet, { ...settled(fleet, [0]), statefulSets, pods: [] })).toEqual(['RemoveFinalizer']);
  });
});
