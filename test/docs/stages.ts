// What a page takes for granted: the fleets that its commands name, and files that a reader has.
import type { Cluster } from '../envtest/support/cluster.ts';
import { untilReady } from '../envtest/support/stage.ts';
import type { Shell } from './shell.ts';

type Stage = (cluster: Cluster, shell: Shell) => Promise<void>;

export function fleetOf(name: string, spec: object = {}): object {
  const template = { spec: { containers: [{ name, image: 'ethereum/client-go:v1.15.0' }] } };
  return {
    apiVersion: 'nodefleet.dev/v1alpha1',
    kind: 'NodeDeployment',
    metadata: { name },
    spec: { replicas: 3, template, storage: { size: '10Gi', mountPath: '/data' }, ...spec },
  };
}

/** The fleet of most pages, Ready. */
async function geth(cluster: Cluster): Promise<void> {
  await cluster.apply(fleetOf('geth'));
  await untilReady(cluster, 'geth');
}

/** It has been rolled out once, so that there is something to go back to. */
async function gethRolledOut(cluster: Cluster): Promise<void> {
  await geth(cluster);
  const template = { spec: { containers: [{ name: 'geth', image: 'ethereum/client-go:v1.16.0' }] } };
  await cluster.patch('geth', { spec: { template } });
}

export const STAGES: Readonly<Record<string, Stage>> = {
  'README.md': geth,
  'docs/events.md': geth,
  'docs/placement.md': geth,
  'docs/kubectl-plugin.md': gethRolledOut,
  'docs/operations.md': async (cluster, shell) => {
    await gethRolledOut(cluster);
    await shell.run('kubectl apply -k config/default');
  },
  'docs/storage.md': async (cluster, shell) => {
    await cluster.apply(fleetOf('scratch', { replicas: 1, storage: undefined }));
    await cluster.apply(fleetOf('workspace', { replicas: 0 }));
    await untilReady(cluster, 'scratch');
    shell.write('mainnet.yaml', JSON.stringify(fleetOf('mainnet', { replicas: 1 })));
  },
};
