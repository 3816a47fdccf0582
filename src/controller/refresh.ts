// The version of a NodeDeployment as it is now, for the try after a conflict on it. Where somebody writes its status several
// times a second, a watch tells of one version about when the next is written, and a try that rests on it conflicts again.
//
// Guarantees: only the version is newer, and what others say in the status: conditions of types that are not ours. Where
// anything else has changed, the fleet stays as the cache has it, and its writes conflict until the cache knows: what we
// decide never rests on a fleet that is newer than the cached children.
import { CONDITION } from '../api/v1alpha1/conditions.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { isSameJson } from '../kube/merge-patch.ts';
import { keyOf } from '../kube/object.ts';
import type { ObjectReader } from '../runtime/client/interfaces.ts';

/** @throws ApiError, TransportError */
export type Refresh = (cached: StoredNodeDeployment) => Promise<StoredNodeDeployment>;

export function createRefresh(reader: ObjectReader): Refresh {
  return async (cached) => {
    const live = await reader.get(NODE_DEPLOYMENT, keyOf(cached));
    if (live?.status === undefined || !isSameJson(restOf(cached), restOf(live))) return cached;
    const { resourceVersion } = live.metadata;
    return { ...cached, metadata: { ...cached.metadata, resourceVersion }, status: live.status };
  };
}

/** All but the version and what others say. */
function restOf({ metadata, spec, status }: StoredNodeDeployment): object {
  const { resourceVersion: _version, managedFields: _fields, ...identity } = metadata;
  const conditions = status?.conditions?.filter(({ type }) => type in CONDITION) ?? [];
  return { identity, spec, status: { ...status, conditions } };
}
