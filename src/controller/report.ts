// Step 7 of a reconcile: one locked status patch, its last write, also after an error. Nothing is sent at rest, and
// what can wait is held back until a while after the last one.
import {
  NODE_DEPLOYMENT,
  type NodeDeploymentStatus,
  type StoredNodeDeployment,
} from '../api/v1alpha1/node-deployment.ts';
import { isTerminating, keyOf } from '../kube/object.ts';
import { isNotFound, isUnknownOutcome } from '../runtime/client/api-error.ts';
import type { StatusWriter } from '../runtime/client/interfaces.ts';
import { isStatusOf, patchStatus } from '../runtime/client/status.ts';
import type { OwnWrites } from '../runtime/cache/own-writes.ts';
import type { StatusPace } from './status-pace.ts';

export interface Reported {
  /** Whether the API server has this status now: not for an object that is gone. */
  readonly isStored: boolean;
  /** The NodeDeployment as this write has stored it. */
  readonly stored?: StoredNodeDeployment;
  /** Set where the status is held back: milliseconds after which the object has to be reconciled again. */
  readonly afterMs?: number;
}

/** Whether a status may be held back: `longer` where other objects wait for a worker. */
export type Patience = 'none' | 'some' | 'longer';

/**
 * @param patience default: none
 * @throws ApiError 409 `Conflict` when `base` is not the newest version any more.
 */
export type Report = (
  base: StoredNodeDeployment,
  status: NodeDeploymentStatus,
  patience?: Patience,
) => Promise<Reported>;

/** How long a status that can wait has to. */
export type Pace = Pick<StatusPace, 'begin' | 'pauseMs' | 'wrote'>;

export function createReport(writer: StatusWriter, ownWrites: OwnWrites, pace: Pace): Report {
  return async (base, status, patience = 'none') => {
    if (base.status === undefined || isTerminating(base)) pace.begin(keyOf(base), isTerminating(base));
    const members = status.members?.length ?? 0;
    const afterMs = patience === 'none' ? 0 : pace.pauseMs(keyOf(base), members, patience === 'longer');
    if (afterMs > 0 && !isStatusOf(base, status)) return { isStored: false, afterMs };
    try {
      const { written, object } = await patchStatus(writer, NODE_DEPLOYMENT, base, status);
      if (!written) return { isStored: true };
      ownWrites.expect(keyOf(base), NODE_DEPLOYMENT, object);
      pace.wrote(keyOf(base));
      return { isStored: true, stored: object };
    } catch (error) {
      if (isUnknownOutcome(error)) ownWrites.doubt(keyOf(base));
      if (!isNotFound(error)) throw error;
      return { isStored: false };
    }
  };
}
