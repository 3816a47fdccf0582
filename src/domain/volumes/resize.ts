// How far the growth of a claim has come, as the claim itself tells (KEP-284, KEP-1790).
import type { StoredClaim } from '../../kube/kinds.ts';
import { compareQuantities } from '../../kube/quantity.ts';

/**
 * Unbound: no volume yet, and the API server forbids a change. InProgress: the storage grows it. FileSystemPending: grown,
 * the file system follows when a pod mounts it. Infeasible: the storage has refused; it is tried again, more slowly.
 */
export type Resize = 'None' | 'Unbound' | 'InProgress' | 'FileSystemPending' | 'Infeasible';

export function requestedOf(claim: StoredClaim): string | undefined {
  return claim.spec?.resources?.requests?.['storage'];
}

export function capacityOf(claim: StoredClaim): string | undefined {
  return claim.status?.capacity?.['storage'];
}

/** Where the claim is on its way to what it requests. */
export function resizeOf(claim: StoredClaim): Resize {
  const requested = requestedOf(claim);
  const capacity = capacityOf(claim);
  if (claim.status?.phase !== 'Bound' || capacity === undefined) return 'Unbound';
  if (requested === undefined || compareQuantities(requested, capacity) <= 0) return 'None';
  const stage = claim.status.allocatedResourceStatuses?.['storage'] ?? '';
  if (stage.endsWith('Infeasible')) return 'Infeasible';
  const isPending = claim.status.conditions?.some(
    ({ type, status }) => type === 'FileSystemResizePending' && status === 'True',
  );
  return isPending === true || stage === 'NodeResizePending' ? 'FileSystemPending' : 'InProgress';
}

/** What the storage said when it refused, or had an error. */
export function resizeError(claim: StoredClaim): string | undefined {
  return claim.status?.conditions?.find(({ type }) => type === 'ControllerResizeError' || type === 'NodeResizeError')
    ?.message;
}
