// Users with few rights, which a test gives and takes.
import { randomBytes } from 'node:crypto';

import { onTestFinished } from 'vitest';

import { writeUserKubeconfig } from '../../../hack/control-plane/credentials.ts';
import type { Transport } from '../../../src/runtime/client/transport.ts';
import { kubectlFor, sharedControlPlane } from '../start.ts';
import { connectTo, type Cluster } from './cluster.ts';

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const FOLLOW = ['get', 'list', 'watch'];
const OWN = [...FOLLOW, 'create', 'patch', 'delete'];

/** All that the operator needs in a namespace that it serves. */
export const IN_NAMESPACE: readonly Rule[] = [
  { apiGroups: ['nodefleet.dev'], resources: ['nodedeployments'], verbs: [...FOLLOW, 'patch'] },
  { apiGroups: ['nodefleet.dev'], resources: ['nodedeployments/status'], verbs: ['patch'] },
  { apiGroups: ['apps'], resources: ['statefulsets', 'controllerrevisions'], verbs: OWN },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: OWN },
  { apiGroups: [''], resources: ['services', 'persistentvolumeclaims'], verbs: OWN },
  { apiGroups: [''], resources: ['pods'], verbs: FOLLOW },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];

/** What it reads of the cluster, if it may. */
export const IN_CLUSTER: readonly Rule[] = [
  { apiGroups: [''], resources: ['nodes', 'persistentvolumes'], verbs: FOLLOW },
  { apiGroups: ['storage.k8s.io'], resources: ['volumeattachments', 'csidrivers'], verbs: FOLLOW },
];

export interface User {
  readonly transport: Transport;
  /** Lets the user do this, and in that scope nothing else. */
  grant(scope: 'namespace' | 'cluster', rules: readonly Rule[]): Promise<void>;
  /** Takes the rights in the cluster. */
  revoke(): Promise<void>;
}

/** Somebody on the shared control plane without any rights, until they are granted. Gone, with them, when the test is over. */
export async function newUser({ namespace }: Cluster): Promise<User> {
  const plane = sharedControlPlane();
  const name = `operator-${randomBytes(4).toString('hex')}`;
  const kubectl = kubectlFor(plane);
  const kubeconfigPath = writeUserKubeconfig({ dir: plane.dir, server: plane.server, user: name });
  const grant: User['grant'] = async (scope, rules) => {
    const prefix = scope === 'cluster' ? 'Cluster' : '';
    const metadata = { name, ...(scope === 'namespace' && { namespace }) };
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const apiGroup = 'rbac.authorization.k8s.io';
    const roleRef = { apiGroup, kind: `${prefix}Role`, name };
    const subjects = [{ apiGroup, kind: 'User', name }];
    await kubectl(['apply', '-f', '-'], { apiVersion, kind: `${prefix}Role`, metadata, rules });
    await kubectl(['apply', '-f', '-'], { apiVersion, kind: `${prefix}RoleBinding`, metadata, roleRef, subjects });
  };
  const revoke = async (): Promise<void> => {
    await kubectl(['delete', 'clusterrole,clusterrolebinding', name, '--ignore-not-found']);
  };
  onTestFinished(revoke);
  return { transport: await connectTo({ ...plane, kubeconfigPath }), grant, revoke };
}
