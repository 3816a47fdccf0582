// Waiting for fleets on real machines, and what is asked of every rollout.
import { expect } from 'vitest';

import type { StoredNodeDeployment } from '../../../src/api/v1alpha1/node-deployment.ts';
import type { Cluster } from '../../envtest/support/cluster.ts';
import { eventually } from '../../envtest/support/eventually.ts';
import { expectReady } from '../../envtest/support/fleets.ts';
import { findOverlaps, sessionsOn, type Session } from './member.ts';

/** Real containers on few cores. */
export const PATIENCE = { timeoutMs: 120_000, intervalMs: 250 };

export async function untilReady(cluster: Cluster, name = 'web'): Promise<StoredNodeDeployment> {
  return eventually(async () => expectReady(await cluster.nd(name)), PATIENCE);
}

/** Ready, and each member writes as that release. */
export async function untilReleased(cluster: Cluster, release: number, name = 'web'): Promise<void> {
  const { spec } = await untilReady(cluster, name);
  for (let ordinal = 0; ordinal < (spec.replicas ?? 1); ordinal += 1) {
    await eventually(async () => {
      expect((await sessionsOn(cluster, `${name}-${ordinal}`)).at(-1)).toMatchObject({ release });
    }, PATIENCE);
  }
}

/** Who wrote as what, one after the other; each but the last ended by itself. @throws AssertionError */
export async function expectOneByOne(cluster: Cluster, claim: string): Promise<readonly Session[]> {
  const sessions = await sessionsOn(cluster, claim);
  expect(findOverlaps(sessions)).toEqual([]);
  for (const writer of new Set(sessions.map(({ writer }) => writer))) {
    const runs = sessions.filter((session) => session.writer === writer);
    expect(runs.slice(0, -1).filter(({ hasEnded }) => !hasEnded)).toEqual([]);
  }
  return sessions;
}
