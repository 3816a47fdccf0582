// What a test of the project `envtest` starts from: the shared control plane, kubectl, and a namespace of its own.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { inject, onTestFinished } from 'vitest';

import type { StartedControlPlane } from '../../hack/control-plane/control-plane.ts';

/** The part of a control plane that can be handed to other processes. */
export type SharedControlPlane = Pick<
  StartedControlPlane,
  'server' | 'caData' | 'token' | 'kubeconfigPath' | 'kubectl' | 'dir'
>;

declare module 'vitest' {
  interface ProvidedContext {
    controlPlane: SharedControlPlane;
  }
}

/** Whether global-setup.ts has started one: the project `docs` has its own. */
export function hasSharedControlPlane(): boolean {
  const given: unknown = inject('controlPlane');
  return given !== undefined;
}

/** The control plane that global-setup.ts has started. */
export function sharedControlPlane(): SharedControlPlane {
  return inject('controlPlane');
}

/** Bytes of kubectl's output. The CustomResourceDefinition, with its last-applied annotation, has more than one MiB. */
const MAX_OUTPUT = 16 * 2 ** 20;

/** Runs kubectl; resolves to its standard output. Rejects with its standard error. */
export type Kubectl = (args: readonly string[], input?: object) => Promise<string>;

/** kubectl as the administrator of a control plane, or as the user of another kubeconfig. `input` goes in as JSON. */
export function kubectlFor(
  controlPlane: Pick<SharedControlPlane, 'kubectl' | 'kubeconfigPath'>,
  kubeconfigPath = controlPlane.kubeconfigPath,
): Kubectl {
  return (args, input) =>
    new Promise((resolve, reject) => {
      const all = [`--kubeconfig=${kubeconfigPath}`, ...args];
      const child = execFile(controlPlane.kubectl, all, { maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout.trim());
        else reject(new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`, { cause: error }));
      });
      child.stdin?.on('error', () => {}); // it may have ended before it was given any input: its exit code says how
      child.stdin?.end(input === undefined ? '' : JSON.stringify(input));
    });
}

/** A new, empty namespace, deleted when the test is over. Resolves to its name. */
export async function newNamespace(kubectl: Kubectl): Promise<string> {
  const name = `test-${randomBytes(4).toString('hex')}`;
  await kubectl(['create', 'namespace', name]);
  onTestFinished(async () => void (await kubectl(['delete', 'namespace', name, '--wait=false'])));
  return name;
}

/** The folder of the manifests that install our kinds. */
export const CRDS = join(import.meta.dirname, '..', '..', 'crds');

/** Waits for a CRD of ours: first for its names, as its conditions are `null` until then, which kubectl's wait takes for a mistake. */
export async function untilServed(kubectl: Kubectl, ...crd: readonly string[]): Promise<void> {
  await kubectl(['wait', '--for=jsonpath={.status.acceptedNames.kind}=NodeDeployment', '--timeout=30s', ...crd]);
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...crd]);
}

/**
 * The garbage collector looks for new kinds when it starts, then every 30 seconds, and until it has found one it deletes
 * nothing that such an object owned. So it is started again once the kind is there.
 */
export async function installCrds(controlPlane: StartedControlPlane): Promise<void> {
  const kubectl = kubectlFor(controlPlane);
  await kubectl(['create', '-f', CRDS]);
  await untilServed(kubectl, '-f', CRDS);
  await controlPlane.restart('controller-manager');
}
