// Events of claims: made, taken over, left behind, deleted, grown. Pure.
//
// A claim is known by its uid: from `members[].claim` and `retainedClaims` of the status that was stored before.
import type { MemberStatus, NodeDeploymentStatus, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { CLAIM, type StoredClaim } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { referenceOf, referenceTo } from '../../kube/object-reference.ts';
import { compareQuantities } from '../../kube/quantity.ts';
import type { Apply, Delete } from '../actions.ts';
import type { Observed, ObservedMember } from '../observed.ts';
import { toldByName } from '../told.ts';
import { requestedOf } from '../volumes/resize.ts';
import { isClaimOf } from '../volumes/claims.ts';
import { type FleetEvent, fleetEvent } from './catalogue.ts';

/** `done` are the writes that the API server accepted. */
export function claimEvents(
  before: NodeDeploymentStatus | undefined,
  observed: Observed,
  done: readonly (Apply | Delete)[],
  after: NodeDeploymentStatus,
): readonly FleetEvent[] {
  const [known, now] = [ledgerOf(before), ledgerOf(after)];
  return [
    ...observed.members.flatMap((member) => [
      ...arrival(known, observed, done, now, member),
      ...growth(known.told.get(member.name)?.claim, observed, now.told.get(member.name)),
    ]),
    ...retained(known, observed, after),
  ];
}

/** Claims that were deleted with what was on them. No status says so: they are told when it is done. */
export function claimDeletions(observed: Observed, done: readonly (Apply | Delete)[]): readonly FleetEvent[] {
  return done.flatMap((action) =>
    action.type === 'Delete' && action.kind === CLAIM ? [deleted(observed, action)] : [],
  );
}

/** What a status tells of claims. */
interface Ledger {
  readonly told: ReadonlyMap<string, MemberStatus>;
  /** The uids of the claims that members use. */
  readonly used: ReadonlySet<string | undefined>;
  /** The uids of those that no member uses. */
  readonly retained: ReadonlySet<string>;
}

function ledgerOf(status: NodeDeploymentStatus | undefined): Ledger {
  return {
    told: toldByName(status),
    used: new Set(status?.members?.map(({ claim }) => claim?.uid)),
    retained: new Set(status?.retainedClaims?.map(({ uid }) => uid)),
  };
}

/** A claim that the member begins to use: made for it, or taken over with what is on it. */
function arrival(
  before: Ledger,
  { deployment, now }: Observed,
  done: readonly (Apply | Delete)[],
  after: Ledger,
  { name: member, claim }: ObservedMember,
): readonly FleetEvent[] {
  if (claim === undefined) return [];
  const { uid } = claim.metadata;
  const related = referenceOf(CLAIM, claim);
  const adopted = (): FleetEvent => {
    const note = `uses claim ${textOf(claim)} with its data, ${ageOf(claim, now)} old`;
    return fleetEvent('ClaimAdopted', note, { member, related });
  };
  if (before.retained.has(uid)) {
    // It was left behind by a member that is back.
    const isUsed = !after.retained.has(uid) && after.used.has(uid) && !isTerminating(deployment);
    return isUsed && isClaimOf(deployment, claim) ? [adopted()] : [];
  }
  if (!isClaimOf(deployment, claim)) {
    const isTaken = done.some((action) => action.type === 'Apply' && action.kind === CLAIM && action.member === member);
    return isTaken ? [adopted()] : [];
  }
  if (before.used.has(uid) || !after.used.has(uid)) return [];
  // One that is older than the fleet was taken over by a reconcile that could not tell of it.
  const isMade = !(createdMs(claim) < Date.parse(deployment.metadata.creationTimestamp));
  return [isMade ? fleetEvent('ClaimCreated', `claim ${textOf(claim)} is made`, { member, related }) : adopted()];
}

function growth(
  known: MemberStatus['claim'],
  { deployment }: Observed,
  told: MemberStatus | undefined,
): readonly FleetEvent[] {
  const { name: member, claim } = told ?? {};
  if (member === undefined || claim?.requested === undefined) return [];
  if (known?.requested === undefined || known.uid !== claim.uid) return [];
  if (compareQuantities(claim.requested, known.requested) <= 0) return [];
  const note = `claim ${claim.name} asks for ${claim.requested} instead of ${known.requested}`;
  return [fleetEvent('ExpansionRequested', note, { member, related: claimReference(deployment, claim) })];
}

function retained(before: Ledger, { deployment }: Observed, after: NodeDeploymentStatus): readonly FleetEvent[] {
  return (after.retainedClaims ?? [])
    .filter(({ uid }) => !before.retained.has(uid))
    .map((claim) => {
      const whose = claim.reason === 'Orphaned' ? 'was left behind by a former fleet of this name' : 'stays';
      const note = `claim ${claim.name}${sizeOf(claim.size)} ${whose}, with its data; no member uses it`;
      return fleetEvent('ClaimRetained', note, { related: claimReference(deployment, claim) });
    });
}

function deleted({ deployment, members }: Observed, { member, key, uid }: Delete): FleetEvent {
  const claim = members.find(({ name }) => name === member)?.claim;
  const field = isTerminating(deployment) ? 'onDelete' : 'onScaleDown';
  const what = claim === undefined ? key.name : textOf(claim);
  const note = `claim ${what} is deleted with its data, as spec.storage.retention.${field} asks`;
  return fleetEvent('ClaimDeleted', note, { member, related: referenceTo(CLAIM, { ...key, uid }) });
}

function claimReference(
  { metadata: { namespace = '' } }: StoredNodeDeployment,
  { name, uid }: { readonly name: string; readonly uid: string },
) {
  return referenceTo(CLAIM, { namespace, name, uid });
}

function textOf(claim: StoredClaim): string {
  return `${claim.metadata.name}${sizeOf(requestedOf(claim))}`;
}

function sizeOf(size: string | undefined): string {
  return size === undefined ? '' : ` (${size})`;
}

function createdMs(claim: StoredClaim): number {
  return Date.parse(claim.metadata.creationTimestamp);
}

/** In the largest unit that it fills: `12 s`, `5 min`, `7 h`, `90 d`. */
function ageOf(claim: StoredClaim, now: number): string {
  const seconds = Math.max(0, Math.floor((now - createdMs(claim)) / 1000));
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ] as const;
  const [size, unit] = units.find(([size]) => seconds >= size) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}
