// Users with few rights, which a test gives and takes.
import { randomBytes } from 'node:crypto';

import { onTestFinished } from 'vitest';

import { rulesOf, type Rule } from '../../../hack/config/roles.ts';
import { writeUserKubeconfig } from '../../../hack/control-plane/credentials.ts';
import * as rights from '../../../src/rights.ts';
import type { Transport } from '../../../src/runtime/client/transport.ts';
import { kubectlFor, sharedControlPlane } from '../start.ts';
import { connectTo, type Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';

/** What the generated roles say. */
export const IN_NAMESPACE = rulesOf(rights.IN_NAMESPACE);
export const IN_CLUSTER = rulesOf(rights.IN_CLUSTER);

export interface User {
  readonly name: string;
  readonly kubeconfigPath: string;
  readonly transport: Transport;
  /** Lets the user do this, and in that scope nothing else. */
  grant(scope: 'namespace' | 'cluster', rules: readonly Rule[]): Promise<void>;
  /** Takes the rights in the cluster. */
  revoke(): Promise<void>;
}

/** `kubectl auth can-i`, of one of the things that the rule allows. */
function questionOf({ apiGroups: [group = ''], resources: [resource = ''], verbs: [verb = ''] }: Rule): string[] {
  const [plural = '', subresource] = resource.split('/');
  const type = group === '' ? plural : `${plural}.${group}`;
  return ['auth', 'can-i', verb, type, ...(subresource === undefined ? [] : [`--subresource=${subresource}`])];
}

/** Somebody on the shared control plane without any rights, until they are granted. Gone, with them, when the test is over. */
export async function newUser({ namespace }: Cluster): Promise<User> {
  const plane = sharedControlPlane();
  const name = `operator-${randomBytes(4).toString('hex')}`;
  const kubectl = kubectlFor(plane);
  const kubeconfigPath = writeUserKubeconfig({ dir: plane.dir, server: plane.server, user: name });
  const grant: User['grant'] = async (scope, rules) => {
    const prefix = scope === 'cluster' ? 'Cluster' : '';
    const where = scope === 'cluster' ? ['--all-namespaces'] : ['--namespace', namespace];
    const metadata = { name, ...(scope === 'namespace' && { namespace }) };
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const apiGroup = 'rbac.authorization.k8s.io';
    const roleRef = { apiGroup, kind: `${prefix}Role`, name };
    const subjects = [{ apiGroup, kind: 'User', name }];
    await kubectl(['apply', '-f', '-'], { apiVersion, kind: `${prefix}Role`, metadata, rules });
    await kubectl(['apply', '-f', '-'], { apiVersion, kind: `${prefix}RoleBinding`, metadata, roleRef, subjects });
    const rule = rules.find(({ resourceNames }) => resourceNames === undefined);
    // The API server judges by a cache of roles and bindings, which is a moment behind.
    if (rule !== undefined) await eventually(() => kubectl([...questionOf(rule), ...where, '--as', name]));
  };
  const revoke = async (): Promise<void> => {
    await kubectl(['delete', 'clusterrole,clusterrolebinding', name, '--ignore-not-found']);
  };
  onTestFinished(revoke);
  return { name, kubeconfigPath, transport: await connectTo({ ...plane, kubeconfigPath }), grant, revoke };
}
