// What a user reads of a fleet, once it is so.
import { expect } from 'vitest';

import type { StoredNodeDeployment } from '../../../src/api/v1alpha1/node-deployment.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { condition } from './fleets.ts';

/**
 * Resolves once the condition of the fleet `web`, for its spec as it is now, has the verdict, such as `False/ClaimsPending`,
 * and a message in which the pattern `says` is found.
 */
export async function untilSays(
  cluster: Cluster,
  type: string,
  verdict: string,
  says = '',
): Promise<StoredNodeDeployment> {
  return eventually(async () => {
    const deployment = await cluster.nd('web');
    const { metadata, status } = deployment;
    expect(status?.observedGeneration).toBe(metadata.generation);
    const found = condition(deployment, type);
    expect(`${found?.status}/${found?.reason}: ${found?.message}`).toMatch(new RegExp(`^${verdict}: .*${says}`));
    return deployment;
  });
}

/** Resolves once the members of the fleet `web` are so. */
export async function untilMembers(cluster: Cluster, members: readonly object[]): Promise<void> {
  await eventually(async () => expect((await cluster.nd('web')).status?.members).toMatchObject(members));
}
