// What a fleet goes through at each crash point: five operations, each with what a user does and how one sees that it
// is over.
import { expect } from 'vitest';

import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { CLAIM, POD, SERVICE, STATEFUL_SET } from '../../src/kube/kinds.ts';
import type { Scenario } from '../contention/report/report.ts';
import type { Cluster } from '../envtest/support/cluster.ts';
import { expectReady, fleet, toImage } from '../envtest/support/fleets.ts';
import { imagesOf, namesOf } from '../envtest/support/stage.ts';

export interface Operation extends Scenario {
  readonly begin: (cluster: Cluster) => Promise<unknown>;
  /** @throws AssertionError while it is not over */
  readonly expectEnd: (cluster: Cluster) => Promise<void>;
}

const expected = 'the end state of a run without a fault, each effect once';

async function expectMembers(cluster: Cluster, count: number): Promise<void> {
  const { status } = expectReady(await cluster.nd('web'));
  expect(status?.members).toHaveLength(count);
}

/** In the order in which a fleet goes through them. */
export const OPERATIONS: readonly Operation[] = [
  {
    id: 'create',
    name: 'a fleet of one member with a volume, and a finalizer',
    expected,
    begin: (cluster) => cluster.apply(fleet({ storage: { retention: { onDelete: 'Delete' } } })),
    expectEnd: (cluster) => expectMembers(cluster, 1),
  },
  {
    id: 'scale',
    name: 'a second member, and a disruption budget',
    expected,
    begin: (cluster) => cluster.patch('web', { spec: { replicas: 2 } }),
    expectEnd: (cluster) => expectMembers(cluster, 2),
  },
  {
    id: 'rollout',
    name: 'another image: two hand-offs',
    expected,
    begin: (cluster) => cluster.patch('web', toImage('web:2')),
    expectEnd: async (cluster) => {
      await expectMembers(cluster, 2);
      expect(await imagesOf(cluster)).toEqual(['web:2', 'web:2']);
    },
  },
  {
    id: 'resize',
    name: 'two claims grow',
    expected,
    begin: (cluster) => cluster.patch('web', { spec: { storage: { size: '2Gi' } } }),
    expectEnd: async (cluster) => {
      const { status } = expectReady(await cluster.nd('web'));
      const sizes = status?.members?.map(({ claim }) => `${claim?.requested}/${claim?.capacity}`);
      expect(sizes).toEqual(['2Gi/2Gi', '2Gi/2Gi']);
    },
  },
  {
    id: 'delete',
    name: 'the claims first, then the fleet',
    expected,
    begin: ({ kubectl }) => kubectl(['delete', 'nd/web', '--wait=false']),
    expectEnd: async (cluster) => {
      for (const kind of [NODE_DEPLOYMENT, STATEFUL_SET, POD, SERVICE, CLAIM]) {
        expect(await namesOf(cluster, kind)).toEqual([]);
      }
    },
  },
];
