// The external resizer's part, and the file system growth after it: a bound claim's capacity follows its request, unless
// its class says that the driver finds that infeasible.
import type { StoredClaim } from '../../../src/kube/kinds.ts';
import type { ApiRequest } from '../api-client.ts';
import { EXPANSION } from './classes.ts';
import { isOurs, type Rule, type World } from './world.ts';

export const expand: Rule = (world) => world.claims.flatMap((claim) => next(claim, world));

/** The API server writes quantities in their canonical form, so that equal ones are equal strings. */
function next(claim: StoredClaim, world: World): readonly ApiRequest[] {
  const storageClass = world.storageClass(claim.spec?.storageClassName ?? '');
  const storage = claim.spec?.resources?.requests?.['storage'];
  const { phase, capacity, allocatedResources } = claim.status ?? {};
  if (!isOurs(storageClass?.provisioner) || phase !== 'Bound' || storage === capacity?.['storage']) return [];
  if (storageClass?.parameters?.[EXPANSION] !== 'infeasible') return grow(claim, storage);
  return allocatedResources?.['storage'] === storage ? [] : [refuse(claim, storage)];
}

function grow(claim: StoredClaim, storage: string | undefined): readonly ApiRequest[] {
  const volume = `/api/v1/persistentvolumes/${claim.spec?.volumeName}`;
  return [
    { method: 'PATCH', path: volume, body: { spec: { capacity: { storage } } } },
    patchStatus(claim, { capacity: { storage }, conditions: null }),
  ];
}

/** As the external resizer v1.14 with recovery from failed expansion. */
function refuse(claim: StoredClaim, storage: string | undefined): ApiRequest {
  const message = `the simulated driver has no room for ${storage}`;
  return patchStatus(claim, {
    allocatedResources: { storage },
    allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' },
    conditions: [{ type: 'ControllerResizeError', status: 'True', reason: 'ControllerResizeError', message }],
  });
}

function patchStatus({ metadata }: StoredClaim, status: object): ApiRequest {
  const path = `/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims/${metadata.name}/status`;
  return { method: 'PATCH', path, body: { metadata: { resourceVersion: metadata.resourceVersion }, status } };
}
