// Takes the pod template's schema from a real API server into the snapshot.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { startControlPlane } from '../control-plane/control-plane.ts';
import { snapshotOf, writeSnapshot, type PodTemplateSnapshot } from './pod-template-snapshot.ts';

const run = promisify(execFile);

/** From the server of a kubeconfig, or from one that is started for it. */
export async function refreshPodTemplate(kubeconfigPath: string | undefined): Promise<void> {
  if (kubeconfigPath !== undefined) return writeSnapshot(await fetchSnapshot('kubectl', kubeconfigPath));
  await using plane = await startControlPlane();
  writeSnapshot(await fetchSnapshot(plane.kubectl, plane.kubeconfigPath));
}

/** What the server of the kubeconfig publishes today. */
export async function fetchSnapshot(kubectl: string, kubeconfigPath: string): Promise<PodTemplateSnapshot> {
  const get = async (path: string) => {
    const { stdout } = await run(kubectl, ['--kubeconfig', kubeconfigPath, 'get', '--raw', path], {
      maxBuffer: 2 ** 26,
    });
    return JSON.parse(stdout);
  };
  const { gitVersion } = await get('/version');
  return snapshotOf(await get('/openapi/v3/apis/apps/v1'), gitVersion);
}
