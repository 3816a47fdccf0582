import { expect, test } from 'vitest';

import { at, claim, deployment, pod, STORAGE } from '../../domain/testing/build.ts';
import { claimTable } from './lines.ts';
import { purgeObstacle, retainedClaims, type Namespace } from './retained.ts';
import { NO_COLOURS } from '../palette.ts';

const fleet = deployment({ replicas: 1, storage: STORAGE });
const [used, left] = [claim(fleet, 0), claim(fleet, 1)];
const foreign = {
  ...claim(fleet, 7),
  metadata: { ...claim(fleet, 7).metadata, name: 'db', uid: 'db-uid', labels: {} },
};
const namespace: Namespace = { fleets: [fleet], claims: [used, left, foreign], pods: [] };

test('retained are the claims of nodefleet that no member uses', () => {
  expect(retainedClaims(namespace)).toMatchObject([
    { name: 'web-1', size: '10Gi', owner: { name: 'web', uid: 'web-uid' }, mountedBy: [], isDeleting: false },
  ]);
});

test('without their fleet all of its claims are retained', () => {
  expect(retainedClaims({ ...namespace, fleets: [] }).map(({ name }) => name)).toEqual(['web-0', 'web-1']);
  expect(retainedClaims({ ...namespace, fleets: [] }, 'other')).toEqual([]);
});

test('a claim that a status lists is retained without our labels, since the time that is recorded', () => {
  const entry = { name: 'db', uid: 'db-uid', since: at(-60), reason: 'Orphaned' as const };
  const listing = { ...fleet, status: { retainedClaims: [entry] } };
  expect(retainedClaims({ ...namespace, fleets: [listing] })).toMatchObject([
    { name: 'web-1', retainedSince: undefined },
    { name: 'db', retainedSince: at(-60) },
  ]);
});

test('a fleet without storage wants no claim of its members’ names', () => {
  expect(retainedClaims({ ...namespace, fleets: [deployment({ replicas: 1 })] })).toHaveLength(2);
});

const mounting = pod(fleet, 1);
const terminal = pod(fleet, 1, { phase: 'Succeeded' });
const deleting = { ...left, metadata: { ...left.metadata, deletionTimestamp: at(-1) } };

test.for([
  { name: 'one that is left behind may go', of: left, change: {}, says: undefined },
  { name: 'one whose pod has ended may go', of: left, change: { pods: [terminal] }, says: undefined },
  { name: 'one that a member uses stays', of: used, change: {}, says: 'member web-0 of NodeDeployment web wants it' },
  {
    name: 'one that a new fleet would use stays, whoever had it before',
    of: left,
    change: { fleets: [deployment({ replicas: 2, storage: STORAGE }, { uid: 'new' })] },
    says: 'member web-1 of NodeDeployment web wants it',
  },
  { name: 'one that a pod mounts stays', of: left, change: { pods: [mounting] }, says: 'pod web-1-0 mounts it' },
  {
    name: 'nobody knows without the right to list pods',
    of: left,
    change: { pods: undefined },
    says: 'you may not list',
  },
  {
    name: 'one that is going stays alone',
    of: deleting,
    change: { claims: [deleting] },
    says: 'being deleted already',
  },
  { name: 'one that is not ours stays', of: foreign, change: {}, says: 'not a claim of nodefleet' },
])('$name', ({ of, change, says }) => {
  const obstacle = purgeObstacle(of, { ...namespace, ...change });
  if (says === undefined) expect(obstacle).toBeUndefined();
  else expect(obstacle).toContain(says);
});

test('one of another fleet stays where a fleet was named', () => {
  expect(purgeObstacle(left, namespace, 'cache')).toBe('it is not one of cache');
});

test('the table tells size, class, former owner and who mounts it', () => {
  const zoned = { ...left, spec: { ...left.spec, storageClassName: '' } };
  const claims = retainedClaims({ ...namespace, claims: [zoned], pods: [mounting] });
  expect(claimTable(claims, { palette: NO_COLOURS, now: Date.parse(at(0)) })).toEqual([
    'NAME    SIZE   CLASS   FORMER OWNER   MOUNTED BY   RETAINED   AGE   UID',
    `web-1   10Gi   ""      web            web-1-0      -          60m   ${left.metadata.uid}`,
  ]);
});
