// What deploy and undeploy look at in a cluster.
import type { StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { LABEL, MANAGED_BY } from '../../src/api/v1alpha1/names.ts';
import type { Kubectl } from './kubectl.ts';

export const OPERATOR = 'nodefleet-operator';
export const NAMESPACE = 'nodefleet-system';
export const CRD = 'nodedeployments.nodefleet.dev';
/** On all that is the operator's own. */
const SELECTOR = 'app.kubernetes.io/name=nodefleet,app.kubernetes.io/component=operator';

export interface Named {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

/** What `kubectl get` finds; none where it knows no such kind or finds nothing. */
async function find<T>(kubectl: Kubectl, args: readonly string[]): Promise<readonly T[]> {
  const text = await kubectl(['get', ...args, '--ignore-not-found', '-o=json']);
  if (text === '') return [];
  const { items, ...single }: { readonly items?: readonly T[] } & T = JSON.parse(text);
  return items ?? [single as T];
}

export async function hasCrd(kubectl: Kubectl): Promise<boolean> {
  return (await find(kubectl, ['crd', CRD])).length > 0;
}

export async function fleetsIn(kubectl: Kubectl): Promise<readonly StoredNodeDeployment[]> {
  return (await hasCrd(kubectl)) ? find(kubectl, [CRD, '--all-namespaces']) : [];
}

export function claimsIn(kubectl: Kubectl): Promise<readonly Named[]> {
  return find(kubectl, ['pvc', '--all-namespaces', `--selector=${LABEL.managedBy}=${MANAGED_BY}`]);
}

export function rolesIn(kubectl: Kubectl): Promise<readonly Named[]> {
  const kinds = 'roles,rolebindings,clusterroles,clusterrolebindings';
  return find(kubectl, [kinds, '--all-namespaces', `--selector=${SELECTOR}`]);
}

export async function deploymentIn(kubectl: Kubectl): Promise<Named | undefined> {
  const [deployment] = await find<Named>(kubectl, ['deployment', OPERATOR, `--namespace=${NAMESPACE}`]);
  return deployment;
}

/** What else is in the operator's namespace: deleting that would take it along. */
export async function strangersIn(kubectl: Kubectl): Promise<readonly string[]> {
  const kinds = [
    ...((await hasCrd(kubectl)) ? [CRD] : []),
    'pods',
    'statefulsets',
    'deployments',
    'services',
    'persistentvolumeclaims',
    'configmaps',
    'secrets',
  ];
  const all = await find<Named>(kubectl, [kinds.join(','), `--namespace=${NAMESPACE}`]);
  return all
    .filter(({ kind, metadata }) => kind !== 'ConfigMap' || metadata.name !== 'kube-root-ca.crt')
    .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] !== 'operator')
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

export function nameOf({ metadata }: Pick<Named, 'metadata'>): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}
