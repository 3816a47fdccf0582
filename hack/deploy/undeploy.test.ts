import { describe, expect, test } from 'vitest';

import { FINALIZER } from '../../src/api/v1alpha1/names.ts';
import type { MemberPhase } from '../../src/api/v1alpha1/conditions.ts';
import { deployment } from '../../src/domain/testing/build.ts';
import { needOf, remainder } from './undeploy.ts';

const fleet = (metadata: object, ...phases: readonly MemberPhase[]) => {
  const base = deployment();
  const members = phases.map((phase, index) => ({ name: `web-${index}`, ordinal: index, phase }));
  return { ...base, metadata: { ...base.metadata, namespace: 'shop', name: 'web', ...metadata }, status: { members } };
};
const deletionTimestamp = '2026-11-21T10:00:00Z';

describe('a fleet that needs the operator', () => {
  test.for([
    { name: 'runs', fleet: fleet({}, 'Running', 'Starting', 'Stopped', 'Failed'), need: undefined },
    { name: 'is being deleted, and keeps its claims', fleet: fleet({ deletionTimestamp }), need: undefined },
    {
      name: 'is being deleted, and waits for somebody else',
      fleet: fleet({ deletionTimestamp, finalizers: ['example.dev/audit'] }),
      need: undefined,
    },
    {
      name: 'is being deleted with its claims',
      fleet: fleet({ deletionTimestamp, finalizers: [FINALIZER] }),
      need: 'shop/web is being deleted, and only the operator deletes its claims and lets it go',
    },
    {
      name: 'has a member between two pods',
      fleet: fleet({}, 'Running', 'AwaitingDetach'),
      need: 'shop/web: web-1 is stopped for a hand-off, and only the operator starts it again',
    },
    {
      name: 'has two members between two pods',
      fleet: fleet({}, 'Quiescing', 'AwaitingTermination'),
      need: 'shop/web: web-0, web-1 are stopped for a hand-off, and only the operator starts it again',
    },
  ])('one that $name: $need', ({ fleet, need }) => {
    expect(needOf(fleet)).toBe(need);
  });
});

test('how to delete claims is told only when no fleet is left that uses them', () => {
  const claims = [{ kind: 'PersistentVolumeClaim', metadata: { name: 'web-0', namespace: 'shop' } }];
  expect(remainder([fleet({})], claims).join('\n')).not.toContain('delete pvc');
  expect(remainder([], claims)).toEqual([
    '1 claim left, with their data: shop (1)',
    'to delete them and their data: kubectl delete pvc --all-namespaces --selector app.kubernetes.io/managed-by=nodefleet',
  ]);
});
