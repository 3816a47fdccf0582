// The claim of a member. It has no owner reference, ever: the garbage collector deletes what has a dead owner.
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { Storage, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { CLAIM, apiVersionOf, type Claim, type StoredClaim } from '../../kube/kinds.ts';
import { childLabels } from './labels.ts';

/**
 * The claim as it is to be applied. An existing one keeps its request unless `resized` says another.
 *
 * What is immutable is sent as it is on an existing claim: leaving it out would remove it, and the API server would
 * refuse. `volumeName` is the binder's and is never sent.
 */
export function claim(
  deployment: StoredNodeDeployment,
  storage: Storage,
  member: string,
  existing: StoredClaim | undefined,
  resized?: string,
): Claim {
  const request = resized ?? existing?.spec?.resources?.requests?.['storage'] ?? storage.size;
  const storageClassName = existing === undefined ? storage.storageClassName : existing.spec?.storageClassName;
  return {
    apiVersion: apiVersionOf(CLAIM),
    kind: CLAIM.kind,
    metadata: {
      name: member,
      ...(deployment.metadata.namespace === undefined ? {} : { namespace: deployment.metadata.namespace }),
      labels: childLabels(deployment, member),
      annotations: { [ANNOTATION.deploymentUid]: deployment.metadata.uid },
    },
    spec: {
      accessModes: existing?.spec?.accessModes ?? [storage.accessMode],
      ...(storageClassName === undefined ? {} : { storageClassName }),
      resources: { requests: { storage: request } },
    },
  };
}
