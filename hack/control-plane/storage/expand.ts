// The external resizer's part, and the kubelet's in growing a file system: a bound claim's capacity follows its request.
//
// True to life, as kube v1.36 and the external resizer with RecoverVolumeExpansionFailure (KEP-1790), one write at a time:
//   growing      allocatedResources, allocatedResourceStatuses ControllerResizeInProgress, condition Resizing
//   infeasible   where the class says so: ControllerResizeInfeasible, condition ControllerResizeError. The same size is not
//                tried again; another one is: a smaller request recovers
//   volume       the PersistentVolume's capacity
//   file system  where the class says so: NodeResizePending, condition FileSystemResizePending, until a pod mounts the volume
//   grown        the claim's capacity, no status and no condition of the above
// An annotation delays the second step, see knobs.ts. Lies: conditions have no times, and there are no events.
import type { StoredClaim, StoredPod } from '../../../src/kube/kinds.ts';
import { keyOf } from '../../../src/kube/object.ts';
import { compareQuantities } from '../../../src/kube/quantity.ts';
import type { ApiRequest } from '../api-client.ts';
import { EXPANSION_LIMIT, FILE_SYSTEM_STAGE, type StorageClass } from './classes.ts';
import { claimDelayOf } from './knobs.ts';
import { isMountedBy } from './mount.ts';
import { isOurs, type IsDue, type Rule, type World } from './world.ts';

type Condition = NonNullable<NonNullable<StoredClaim['status']>['conditions']>[number];

/** What both programs own of a claim's conditions. */
const RESIZE_CONDITIONS = new Set(['Resizing', 'FileSystemResizePending', 'ControllerResizeError', 'NodeResizeError']);

export const expand: Rule = (world, isDue) => world.claims.flatMap((claim) => next(claim, world, isDue) ?? []);

function next(claim: StoredClaim, world: World, isDue: IsDue): ApiRequest | undefined {
  const storageClass = world.storageClass(claim.spec?.storageClassName ?? '');
  const request = claim.spec?.resources?.requests?.['storage'] ?? '';
  const { phase, capacity, allocatedResources, allocatedResourceStatuses } = claim.status ?? {};
  if (!isOurs(storageClass?.provisioner) || phase !== 'Bound') return undefined;
  if (compareQuantities(request, capacity?.['storage'] ?? '') <= 0) return undefined;
  const size = allocatedResources?.['storage'] ?? '';
  switch (allocatedResourceStatuses?.['storage'] ?? '') {
    case 'ControllerResizeInProgress':
      return isDue(`expand ${claim.metadata.uid} ${size}`, claimDelayOf('expand', claim, 0))
        ? growVolume(claim, size, storageClass, world)
        : undefined;
    case 'NodeResizePending':
      return isMounted(claim, world) ? finish(claim, size) : undefined;
    case 'ControllerResizeInfeasible':
      return size === request ? undefined : begin(claim, request);
    default:
      return begin(claim, request);
  }
}

function begin(claim: StoredClaim, storage: string): ApiRequest {
  return patchStatus(claim, {
    allocatedResources: { storage },
    allocatedResourceStatuses: { storage: 'ControllerResizeInProgress' },
    conditions: [...otherConditions(claim), { type: 'Resizing', status: 'True' }],
  });
}

function growVolume(
  claim: StoredClaim,
  storage: string,
  storageClass: StorageClass | undefined,
  world: World,
): ApiRequest {
  const { [EXPANSION_LIMIT]: limit, [FILE_SYSTEM_STAGE]: hasFileSystemStage } = storageClass?.parameters ?? {};
  if (limit !== undefined && compareQuantities(storage, limit) > 0) return refuse(claim, storage);
  const volume = claim.spec?.volumeName ?? '';
  if (compareQuantities(world.volume(volume)?.spec?.capacity?.['storage'] ?? '', storage) < 0) {
    return { method: 'PATCH', path: `/api/v1/persistentvolumes/${volume}`, body: { spec: { capacity: { storage } } } };
  }
  return hasFileSystemStage === 'true' ? awaitMount(claim) : finish(claim, storage);
}

function refuse(claim: StoredClaim, storage: string): ApiRequest {
  const message = `failed to expand pvc with rpc error: code = OutOfRange desc = the simulated driver has no room for ${storage}`;
  return patchStatus(claim, {
    allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' },
    conditions: withCondition(claim, { type: 'ControllerResizeError', status: 'True', message }),
  });
}

function awaitMount(claim: StoredClaim): ApiRequest {
  const message = 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.';
  return patchStatus(claim, {
    allocatedResourceStatuses: { storage: 'NodeResizePending' },
    conditions: withCondition(claim, { type: 'FileSystemResizePending', status: 'True', message }),
  });
}

function finish(claim: StoredClaim, storage: string): ApiRequest {
  const conditions = otherConditions(claim);
  return patchStatus(claim, { capacity: { storage }, allocatedResourceStatuses: null, conditions });
}

function isMounted({ metadata }: StoredClaim, world: World): boolean {
  const { namespace, name } = keyOf({ metadata });
  const isIn = (pod: StoredPod): boolean => keyOf(pod).namespace === namespace;
  return world.pods.some((pod) => isIn(pod) && isMountedBy(pod, name, world));
}

function otherConditions({ status }: StoredClaim): readonly Condition[] {
  return (status?.conditions ?? []).filter(({ type }) => !RESIZE_CONDITIONS.has(type));
}

/** A later stage leaves the conditions of the earlier ones. */
function withCondition({ status }: StoredClaim, condition: Condition): readonly Condition[] {
  return [...(status?.conditions ?? []).filter(({ type }) => type !== condition.type), condition];
}

function patchStatus({ metadata }: StoredClaim, status: object): ApiRequest {
  const path = `/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims/${metadata.name}/status`;
  return { method: 'PATCH', path, body: { metadata: { resourceVersion: metadata.resourceVersion }, status } };
}
