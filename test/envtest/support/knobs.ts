// What a test does to the simulated storage and to machines, and undoes when it is over.
import { onTestFinished } from 'vitest';

import { kubectlFor } from '../start.ts';
import type { Cluster } from './cluster.ts';

/** How long a step with the volume of a claim takes: `3s`, `never` (until it is told otherwise), or as always (undefined). */
export async function delay(
  { kubectl }: Cluster,
  claim: string,
  step: 'attach' | 'detach',
  time: string | undefined,
): Promise<void> {
  const annotation = `sim.nodefleet.dev/${step}`;
  await kubectl([
    'annotate',
    '--overwrite',
    `pvc/${claim}`,
    time === undefined ? `${annotation}-` : `${annotation}=${time}`,
  ]);
}

/** No pod is scheduled to the machine any more until the test is over. One test at a time may do that on a control plane. */
export async function cordon({ plane }: Cluster, machine: string): Promise<void> {
  const kubectl = kubectlFor(plane);
  onTestFinished(async () => void (await kubectl(['uncordon', machine])));
  await kubectl(['cordon', machine]);
}
