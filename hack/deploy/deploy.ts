// Installs the operator, or upgrades it: whatever the installation before granted and this one does not is taken back.
import { parseAllDocuments } from 'yaml';

import type { Kubectl } from './kubectl.ts';
import { type ManifestOptions, renderManifests } from './manifests.ts';
import { deploymentIn, nameOf, type Named, NAMESPACE, OPERATOR, rolesIn } from './objects.ts';

/** Resolves when the Deployment has all its pods. @throws Error in one line */
export async function deploy(kubectl: Kubectl, options: ManifestOptions, say: (line: string) => void): Promise<void> {
  const installed = await deploymentIn(kubectl);
  if (installed?.metadata.labels?.['app.kubernetes.io/managed-by'] === 'Helm') {
    throw new Error(
      'nodefleet has been installed with Helm: use helm upgrade, or helm uninstall it first (fleets survive)',
    );
  }
  for (const namespace of options.namespaces) {
    const found = await kubectl(['get', 'namespace', namespace, '--ignore-not-found', '-o=name']);
    if (found === '') throw new Error(`NAMESPACES: there is no namespace ${namespace}; create it first`);
  }
  const manifests = await renderManifests(kubectl, options);
  say(await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], manifests));
  try {
    await kubectl(['rollout', 'status', `deployment/${OPERATOR}`, `--namespace=${NAMESPACE}`, '--timeout=120s']);
  } catch (cause) {
    const look = `kubectl --namespace ${NAMESPACE} describe pods`;
    throw new Error(`the operator is installed and not ready after 120 s; see: ${look}`, { cause });
  }
  await revoke(kubectl, manifests, say);
  const where = options.namespaces.length === 0 ? 'all namespaces' : options.namespaces.join(', ');
  say(`the operator is ready and serves ${where}`);
}

/** Takes the roles of another mode, and those of namespaces that are served no more: once nobody needs them. */
async function revoke(kubectl: Kubectl, manifests: string, say: (line: string) => void): Promise<void> {
  const documents = parseAllDocuments(manifests).map((document): Named => document.toJS());
  const wanted = new Set(documents.map((object) => `${object.kind} ${nameOf(object)}`));
  for (const role of await rolesIn(kubectl)) {
    if (wanted.has(`${role.kind} ${nameOf(role)}`)) continue;
    const { name, namespace } = role.metadata;
    say(await kubectl(['delete', role.kind, name, ...(namespace === undefined ? [] : [`--namespace=${namespace}`])]));
  }
}
