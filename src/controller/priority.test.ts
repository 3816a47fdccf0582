import { describe, expect, test } from 'vitest';

import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { at, deployment, pod } from '../domain/testing/build.ts';
import { priorityOf, priorityOfChange, priorityOfChild } from './priority.ts';

const web = deployment();
/** The fleet with a spec of one generation, and a status that answers another. */
const of = (generation: number, observedGeneration?: number): StoredNodeDeployment => ({
  ...web,
  metadata: { ...web.metadata, generation },
  status: observedGeneration === undefined ? {} : { ...web.status, observedGeneration },
});
const withMeta = (meta: object): StoredNodeDeployment => ({ ...of(2, 2), metadata: { ...web.metadata, ...meta } });

describe('the priority of a NodeDeployment', () => {
  test.for([
    ['that has no status yet is normal', of(1), 'normal'],
    ['whose status answers an older spec is normal', of(3, 2), 'normal'],
    ['whose status answers its spec is low', of(2, 2), 'low'],
    ['that is not there is low', undefined, 'low'],
  ] as const)('%s', ([, object, priority]) => {
    expect(priorityOf(object)).toBe(priority);
  });
});

describe('a change of a NodeDeployment', () => {
  const previous = of(2, 2);
  test.for([
    ['is normal when it is deleted at last', { type: 'deleted', object: previous, isFinal: true }, 'normal'],
    [
      'is normal when it is to be deleted',
      { type: 'updated', previous, object: withMeta({ deletionTimestamp: at(0) }) },
      'normal',
    ],
    [
      'is normal when it has a new label',
      { type: 'updated', previous, object: withMeta({ labels: { team: 'a' } }) },
      'normal',
    ],
    ['says nothing when it is our own status', { type: 'updated', previous, object: of(2, 2) }, undefined],
    ['says nothing when it is in a first list', { type: 'added', object: previous }, undefined],
  ] as const)('%s', ([, change, priority]) => {
    expect(priorityOfChange(change)).toBe(priority);
  });
});

test('what goes on with a child is normal, and that it is there says nothing', () => {
  const object = pod(web, 0);
  expect(priorityOfChild({ type: 'added', object })).toBeUndefined();
  expect(priorityOfChild({ type: 'updated', object, previous: object })).toBe('normal');
  expect(priorityOfChild({ type: 'deleted', object, isFinal: true })).toBe('normal');
});
