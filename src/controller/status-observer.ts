// What a reconciler tells of the statuses that it stores: the seam at which metrics attach.
import type { NodeDeploymentStatus } from '../api/v1alpha1/node-deployment.ts';

/** Told of each status that the API server has stored. Must not throw. */
export interface StatusObserver {
  onStatus(before: NodeDeploymentStatus | undefined, after: NodeDeploymentStatus): void;
}
