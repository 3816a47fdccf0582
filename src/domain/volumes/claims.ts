// Claims: which one a member may use, how it is made, adopted and grown.
import { ANNOTATION, FIELD_MANAGER, LABEL, MANAGED_BY } from '../../api/v1alpha1/names.ts';
import type { Storage, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { isApplied } from '../../kube/applied.ts';
import { CLAIM, type StoredClaim } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { compareQuantities } from '../../kube/quantity.ts';
import { type Apply, type Wait, readAt } from '../actions.ts';
import { unlessSettled } from '../children.ts';
import { claim as desiredClaim } from '../desired/claim.ts';
import type { Observed, ObservedMember } from '../observed.ts';
import { capacityOf, requestedOf, resizeError, resizeOf } from './resize.ts';

/** Whether this very NodeDeployment used the claim last: by uid, because a name is used again. */
export function isClaimOf(deployment: StoredNodeDeployment, claim: StoredClaim): boolean {
  return claim.metadata.annotations?.[ANNOTATION.deploymentUid] === deployment.metadata.uid;
}

/** Creates or adopts the member's claim, then grows it; nothing for a claim that must not be used. */
export function planClaim({ deployment }: Observed, member: ObservedMember): readonly Apply[] {
  return unlessSettled(deployment, member.claim, () => whatItNeeds(deployment, member));
}

function whatItNeeds(deployment: StoredNodeDeployment, member: ObservedMember): readonly Apply[] {
  const { storage } = deployment.spec;
  const { claim } = member;
  if (storage === undefined || refuseClaim(deployment, member) !== undefined) return [];
  const apply = {
    type: 'Apply',
    member: member.name,
    kind: CLAIM,
    fence: readAt(claim),
    fieldManager: FIELD_MANAGER,
  } as const;
  const object = desiredClaim(deployment, storage, member.name, claim);
  if (claim === undefined || !isApplied(object, claim)) return [{ ...apply, purpose: 'Ensure', object }];
  // By itself: where the storage class forbids growth, the refusal takes nothing else with it.
  const size = wantedRequest(claim, storage.size);
  const resized = desiredClaim(deployment, storage, member.name, claim, size);
  return isApplied(resized, claim) ? [] : [{ ...apply, purpose: 'Resize', object: resized }];
}

/**
 * The request grows to the wanted size once the claim is bound, which the API server forbids before, unless the volume is
 * that large already. It is lowered only to leave a growth that the storage refuses, and only to more than the capacity
 * (KEP-1790); a growth by somebody else stays.
 */
function wantedRequest(claim: StoredClaim, size: string): string | undefined {
  const requested = requestedOf(claim) ?? '0';
  const resize = resizeOf(claim);
  if (resize === 'Unbound' || compareQuantities(size, capacityOf(claim) ?? '0') <= 0) return requested;
  return compareQuantities(size, requested) >= 0 || resize === 'Infeasible' ? size : requested;
}

/** A growth that the storage refuses although the spec still asks for it. It blocks nothing. */
export function resizeTrouble({ deployment }: Observed, { name, claim }: ObservedMember): Wait | undefined {
  const { storage } = deployment.spec;
  if (storage === undefined || claim === undefined || resizeOf(claim) !== 'Infeasible') return undefined;
  const capacity = capacityOf(claim) ?? '';
  if (compareQuantities(storage.size, capacity) <= 0) return undefined;
  const said = resizeError(claim);
  const message = `claim ${claim.metadata.name} cannot grow from ${capacity} to ${requestedOf(claim)}${said === undefined ? '' : ` (${said})`}; lower spec.storage.size to what the storage has room for, at least ${capacity}, or make room`;
  return { type: 'Wait', member: name, reason: 'ResizeInfeasible', message, stalled: 'ResizeInfeasible' };
}

/** Why the member's claim must not be used, if so. A pod that runs on it is left alone: stopping it may end the data. */
export function refuseClaim(
  deployment: StoredNodeDeployment,
  { name: member, claim }: ObservedMember,
): Wait | undefined {
  if (deployment.spec.storage === undefined || claim === undefined) return undefined;
  const wait = (reason: string, message: string): Wait => ({ type: 'Wait', member, reason, message });
  const name = claim.metadata.name;
  if (isTerminating(claim)) {
    return wait('ClaimTerminating', `claim ${name} is being deleted; a new one is made once it is gone`);
  }
  if (!mayAdopt(deployment, member, claim)) {
    const policy = deployment.spec.storage?.existingClaims ?? 'AdoptOwn';
    const message = `claim ${name} exists and is not this fleet's; spec.storage.existingClaims is ${policy}: rename the fleet, delete the claim, or set AdoptAny`;
    return { ...wait('ForeignClaim', message), stalled: 'ForeignClaim' };
  }
  const mismatch = isClaimOf(deployment, claim) ? undefined : mismatchOf(deployment.spec.storage, claim);
  if (mismatch !== undefined) {
    const message = `claim ${name} exists and does not fit: ${mismatch}; rename the fleet, or move the data and delete the claim`;
    return { ...wait('ClaimMismatch', message), stalled: 'ForeignClaim' };
  }
  if (claim.status?.phase === 'Lost') {
    const message = `claim ${name} has lost its volume ${claim.spec?.volumeName ?? ''}; restore the volume, or delete the claim to start empty`;
    return { ...wait('ClaimLost', message), stalled: 'ClaimLost' };
  }
  return undefined;
}

function mayAdopt(deployment: StoredNodeDeployment, member: string, claim: StoredClaim): boolean {
  if (isClaimOf(deployment, claim)) return true;
  const policy = deployment.spec.storage?.existingClaims;
  const labels = claim.metadata.labels ?? {};
  const isLeftBehind = labels[LABEL.managedBy] === MANAGED_BY && labels[LABEL.member] === member;
  return policy === 'AdoptAny' || (policy === 'AdoptOwn' && isLeftBehind);
}

/** What of an existing claim the spec contradicts and nobody can change. */
function mismatchOf(storage: Storage, { spec = {} }: StoredClaim): string | undefined {
  const { accessModes = [], volumeMode = 'Filesystem', storageClassName } = spec;
  if (!accessModes.includes(storage.accessMode)) {
    return `its access modes are ${accessModes.join(', ')}, and spec.storage.accessMode is ${storage.accessMode}`;
  }
  if (volumeMode !== 'Filesystem') return `its volumeMode is ${volumeMode}, and members mount a file system`;
  if (storage.storageClassName !== undefined && storage.storageClassName !== storageClassName) {
    return `its storage class is "${storageClassName ?? ''}", and spec.storage.storageClassName is "${storage.storageClassName}"`;
  }
  return undefined;
}
