// Step 7 of a reconcile: one locked status patch, its last write, also after an error. Nothing is sent at rest.
import {
  NODE_DEPLOYMENT,
  type NodeDeploymentStatus,
  type StoredNodeDeployment,
} from '../api/v1alpha1/node-deployment.ts';
import { keyOf } from '../kube/object.ts';
import { isNotFound, isUnknownOutcome } from '../runtime/client/api-error.ts';
import type { StatusWriter } from '../runtime/client/interfaces.ts';
import { patchStatus } from '../runtime/client/status.ts';
import type { OwnWrites } from '../runtime/cache/own-writes.ts';

/** Resolves to whether the API server has this status now: not for an object that is gone. @throws ApiError 409 `Conflict` when `base` is not the newest version any more. */
export type Report = (base: StoredNodeDeployment, status: NodeDeploymentStatus) => Promise<boolean>;

export function createReport(writer: StatusWriter, ownWrites: OwnWrites): Report {
  return async (base, status) => {
    try {
      const { written, object } = await patchStatus(writer, NODE_DEPLOYMENT, base, status);
      if (written) ownWrites.expect(keyOf(base), NODE_DEPLOYMENT, object);
      return true;
    } catch (error) {
      if (isUnknownOutcome(error)) ownWrites.doubt(keyOf(base));
      if (!isNotFound(error)) throw error;
      return false;
    }
  };
}
