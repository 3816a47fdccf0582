// Somebody who counts in a fleet's status, with the lock, whatever becomes of the servers: what they have acknowledged
// is in a ledger, and is never to be missing.
import {
  NODE_DEPLOYMENT,
  type Condition,
  type StoredNodeDeployment,
} from '../../../src/api/v1alpha1/node-deployment.ts';
import { isConflict } from '../../../src/runtime/client/api-error.ts';
import { patchStatus } from '../../../src/runtime/client/status.ts';
import { sleep, systemClock } from '../../../src/runtime/clock.ts';
import type { Cluster } from '../../envtest/support/cluster.ts';
import { condition } from '../../envtest/support/fleets.ts';

const TICK = 'example.com/Tick';

/** What the fleet's status says has been counted. */
export function counted(deployment: StoredNodeDeployment): number {
  return Number(condition(deployment, TICK)?.message ?? 0);
}

/** The status with that count in a condition of its own, and everything else as it was. */
export function withCount(base: StoredNodeDeployment, count: number): NonNullable<StoredNodeDeployment['status']> {
  const others = (base.status?.conditions ?? []).filter(({ type }) => type !== TICK);
  const lastTransitionTime = new Date().toISOString();
  const tick: Condition = { type: TICK, status: 'True', reason: 'Ticked', message: String(count), lastTransitionTime };
  return { ...base.status, conditions: [...others, tick] };
}

export interface Ledger {
  /** The last number that the API server has answered with 200. */
  readonly acknowledged: number;
  /** One line for each time that less was found than was acknowledged. */
  readonly losses: readonly string[];
}

/** Counts in the fleet `web` until it is over. Requests that fail are followed by others: the servers are down at times. */
export async function keepLedger({ client, nd }: Cluster, over: AbortSignal): Promise<Ledger> {
  let acknowledged = 0;
  const losses: string[] = [];
  while (!over.aborted) {
    try {
      const base = await nd('web');
      if (counted(base) < acknowledged) losses.push(`acknowledged ${acknowledged}, found ${counted(base)}`);
      const next = counted(base) + 1;
      await patchStatus(client, NODE_DEPLOYMENT, base, withCount(base, next));
      acknowledged = next;
      await sleep(systemClock, 20);
    } catch (error) {
      if (!isConflict(error)) await sleep(systemClock, 50);
    }
  }
  return { acknowledged, losses };
}
