// Simulated machines of a test's own, beside the three that all tests share.
import { randomBytes } from 'node:crypto';

import { onTestFinished } from 'vitest';

import { csiNodeOf, machineOf } from '../../hack/control-plane/machines.ts';
import type { Kubectl } from './start.ts';

export const POOL_LABEL = 'test.nodefleet.dev/pool';

export interface Pool {
  /** Their names, in the order of the zones that were asked for. */
  readonly machines: readonly string[];
  /** Part of a pod's spec: with it a pod runs on one of these machines, and without it on none of them. */
  readonly spec: {
    readonly nodeSelector: Readonly<Record<string, string>>;
    readonly tolerations: readonly object[];
  };
}

/**
 * Lets a machine join for each zone; the same zone twice makes two machines in it. Zones need not exist. Resolves when they
 * are Ready. They leave when the test is over, if they have not left before.
 */
export async function newPool(kubectl: Kubectl, zones: readonly string[]): Promise<Pool> {
  const pool = `pool-${randomBytes(4).toString('hex')}`;
  const taints = [{ key: POOL_LABEL, value: pool, effect: 'NoSchedule' }];
  const machines = zones.map((_, index) => `${pool}-${index}`);
  onTestFinished(async () => void (await kubectl(['delete', 'nodes', `-l=${POOL_LABEL}=${pool}`, '--wait=false'])));
  await Promise.all(
    zones.map(async (zone, index) => {
      const name = machines[index] ?? '';
      const machine = machineOf({ name, zone, labels: { [POOL_LABEL]: pool }, taints });
      const uid = await kubectl(['create', '-f', '-', '-o=jsonpath={.metadata.uid}'], machine);
      await kubectl(['create', '-f', '-'], csiNodeOf(name, uid));
    }),
  );
  await kubectl(['wait', 'nodes', `-l=${POOL_LABEL}=${pool}`, '--for=condition=Ready', '--timeout=30s']);
  const tolerations = [{ key: POOL_LABEL, operator: 'Equal', value: pool, effect: 'NoSchedule' }];
  return { machines, spec: { nodeSelector: { [POOL_LABEL]: pool }, tolerations } };
}
