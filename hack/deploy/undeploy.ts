// Takes the operator away and nothing that belongs to people: fleets, their pods and their claims stay.
//
// The CustomResourceDefinition goes only when there is no fleet, since it would take all of them along; the operator's
// namespace only when nothing else is in it. While a fleet needs the operator, nothing at all is removed: a member that
// is stopped for a hand-off would stay stopped, and a fleet that waits for its finalizer would block its namespace for
// ever.
import { join } from 'node:path';

import { FINALIZER, LABEL, MANAGED_BY } from '../../src/api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import type { Kubectl } from './kubectl.ts';
import {
  claimsIn,
  CRD,
  deploymentIn,
  fleetsIn,
  hasCrd,
  nameOf,
  type Named,
  NAMESPACE,
  OPERATOR,
  rolesIn,
  strangersIn,
} from './objects.ts';

const OPERATOR_FOLDER = join(import.meta.dirname, '..', '..', 'config', 'operator');
const BETWEEN_PODS: ReadonlySet<string> = new Set(['Quiescing', 'AwaitingTermination', 'AwaitingDetach']);

/** Why a fleet cannot do without the operator now; undefined if it can. */
export function needOf(fleet: StoredNodeDeployment): string | undefined {
  const { metadata, status } = fleet;
  if (metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(FINALIZER)) {
    return `${nameOf(fleet)} is being deleted, and only the operator deletes its claims and lets it go`;
  }
  const stopped = status?.members?.filter(({ phase }) => BETWEEN_PODS.has(phase)).map(({ name }) => name) ?? [];
  if (stopped.length === 0) return undefined;
  return `${nameOf(fleet)}: ${stopped.join(', ')} ${stopped.length === 1 ? 'is' : 'are'} stopped for a hand-off, and only the operator starts it again`;
}

/** @throws Error if a fleet needs the operator, unless `isForced` */
export async function undeploy(kubectl: Kubectl, isForced: boolean, say: (line: string) => void): Promise<void> {
  const installed = await deploymentIn(kubectl);
  if (installed?.metadata.labels?.['app.kubernetes.io/managed-by'] === 'Helm') {
    throw new Error(
      `nodefleet has been installed with Helm: helm uninstall --namespace ${NAMESPACE} RELEASE (fleets survive)`,
    );
  }
  const needs = (await fleetsIn(kubectl)).flatMap((fleet) => needOf(fleet) ?? []);
  if (needs.length > 0 && !isForced) {
    const remedy = installed === undefined ? 'Install it first: make deploy' : 'Wait, and run it again';
    throw new Error(`nothing was removed. ${needs.join('; ')}. ${remedy}; ANYWAY=1 removes all the same`);
  }
  await removeOperator(kubectl, say);
  const fleets = await fleetsIn(kubectl);
  if (fleets.length === 0 && (await hasCrd(kubectl))) say(await kubectl(['delete', 'crd', CRD]));
  await removeNamespace(kubectl, say);
  for (const line of remainder(fleets, await claimsIn(kubectl))) say(line);
}

/** The Deployment first: while its rights are there, it ends its work and releases its Lease. */
async function removeOperator(kubectl: Kubectl, say: (line: string) => void): Promise<void> {
  const gone = ['--ignore-not-found', '--timeout=60s'];
  const here = `--namespace=${NAMESPACE}`;
  say(await kubectl(['delete', 'deployment', OPERATOR, here, '--cascade=foreground', ...gone]));
  for (const { kind, metadata } of await rolesIn(kubectl)) {
    const scope = metadata.namespace === undefined ? [] : [`--namespace=${metadata.namespace}`];
    say(await kubectl(['delete', kind, metadata.name, ...scope, ...gone]));
  }
  say(await kubectl(['delete', '-k', OPERATOR_FOLDER, ...gone]));
  say(await kubectl(['delete', 'lease', OPERATOR, here, ...gone]));
}

async function removeNamespace(kubectl: Kubectl, say: (line: string) => void): Promise<void> {
  const strangers = await strangersIn(kubectl);
  if (strangers.length === 0)
    return say(await kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--timeout=120s']));
  say(`the namespace ${NAMESPACE} stays: it holds ${strangers.join(', ')}`);
}

/** What is left, and how to remove it. */
export function remainder(fleets: readonly StoredNodeDeployment[], claims: readonly Named[]): readonly string[] {
  const lines: string[] = [];
  if (fleets.length > 0) {
    lines.push(
      `${counted(fleets, 'fleet')} and the CRD are left: ${byNamespace(fleets)}. Their pods run on; nobody moves or heals them. To remove them as well: make deploy, kubectl delete nodedeployments --all --all-namespaces, make undeploy`,
    );
  }
  if (claims.length > 0) {
    const selector = `--selector ${LABEL.managedBy}=${MANAGED_BY}`;
    lines.push(`${counted(claims, 'claim')} left, with their data: ${byNamespace(claims)}`);
    if (fleets.length === 0)
      lines.push(`to delete them and their data: kubectl delete pvc --all-namespaces ${selector}`);
  }
  return lines;
}

/** `bank (9), shop (3)`: short in a large cluster as well. */
function byNamespace(objects: readonly Pick<Named, 'metadata'>[]): string {
  const groups = Map.groupBy(objects, ({ metadata }) => metadata.namespace ?? '');
  return [...groups]
    .map(([namespace, all]) => `${namespace} (${all.length})`)
    .toSorted()
    .join(', ');
}

function counted(objects: readonly unknown[], noun: string): string {
  return `${objects.length} ${noun}${objects.length === 1 ? '' : 's'}`;
}
