// A control plane without anything of ours, for installing on it, and what an installation test does there.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import type { StartedControlPlane } from '../../../hack/control-plane/control-plane.ts';
import { writeKubeconfig } from '../../../hack/control-plane/kubeconfig.ts';
import type { Transport } from '../../../src/runtime/client/transport.ts';
import { type Kubectl, kubectlFor } from '../start.ts';
import { connectTo } from '../support/cluster.ts';

export const CONFIG = join(import.meta.dirname, '..', '..', '..', 'config');
export const SYSTEM_NAMESPACE = 'nodefleet-system';
const OPERATOR = 'nodefleet-operator';

/** kubectl as the administrator. */
export function administrator(plane: StartedControlPlane): Kubectl {
  return kubectlFor(plane);
}

/** kubectl as a user without any rights but those that are bound to the name. */
export function kubectlAs(plane: StartedControlPlane, user: string): Kubectl {
  return kubectlFor(plane, plane.userKubeconfig(user));
}

/** What the operator's pods reach the API server with: the token of their ServiceAccount, and its rights alone. */
export async function asServiceAccount(plane: StartedControlPlane): Promise<Transport> {
  const token = await administrator(plane)(['create', 'token', OPERATOR, `--namespace=${SYSTEM_NAMESPACE}`]);
  const kubeconfigPath = join(plane.dir, `operator-${randomBytes(4).toString('hex')}.kubeconfig`);
  const authority = Buffer.from(plane.caData, 'base64').toString();
  writeKubeconfig(kubeconfigPath, { server: plane.server, authority, user: OPERATOR, credentials: { token } });
  return connectTo({ ...plane, kubeconfigPath });
}

/** The Deployment has all its pods: nothing, such as Pod Security, has refused them. The machines only pretend to run them. */
export async function untilRolledOut(kubectl: Kubectl): Promise<void> {
  await kubectl(['rollout', 'status', `deployment/${OPERATOR}`, `--namespace=${SYSTEM_NAMESPACE}`, '--timeout=60s']);
}
