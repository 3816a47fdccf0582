// Members that are not wanted any more, and the fleet that is deleted. What happens to claims is the retention policy's.
import { FINALIZER } from '../api/v1alpha1/names.ts';
import { CLAIM, SERVICE, STATEFUL_SET, type Kind } from '../kube/kinds.ts';
import { type Stored, isTerminating } from '../kube/object.ts';
import type { Action } from './actions.ts';
import type { Desired } from './desired/desire.ts';
import { type Observed, type ObservedMember, isControlledBy, isWanted } from './observed.ts';
import { isClaimOf } from './storage.ts';

/** Deletes what is left of the members that the spec does not want. */
export function planSurplus(desired: Desired, observed: Observed): readonly Action[] {
  return observed.members
    .filter((member) => desired.isTeardown || !isWanted(observed.deployment, member))
    .flatMap((member) => [...planRemoval(observed, member), ...planClaimRemoval(desired, observed, member)]);
}

/**
 * The deletion of a NodeDeployment. Without our finalizer there is nothing to do: the garbage collector deletes what it
 * owns, and claims are owned by nobody. With it, the claims of this very uid go first. After removing it, nothing else.
 */
export function planTeardown(desired: Desired, observed: Observed): readonly Action[] {
  if (!observed.deployment.metadata.finalizers?.includes(FINALIZER)) return [];
  if (desired.surplusClaims === 'Retain') return [{ type: 'RemoveFinalizer' }];
  const claims = observed.members.filter(({ claim }) => claim !== undefined && isClaimOf(observed.deployment, claim));
  return claims.length === 0 ? [{ type: 'RemoveFinalizer' }] : planSurplus(desired, observed);
}

function planRemoval({ deployment }: Observed, member: ObservedMember): readonly Action[] {
  const children = [
    [STATEFUL_SET, member.statefulSet],
    [STATEFUL_SET, member.surge],
    [SERVICE, member.service],
  ] as const;
  return children.flatMap(([kind, child]) => {
    const isOurs = child !== undefined && !isTerminating(child) && isControlledBy(deployment, child);
    return isOurs ? [remove(member, kind, child)] : [];
  });
}

function planClaimRemoval(desired: Desired, { deployment }: Observed, member: ObservedMember): readonly Action[] {
  const { claim } = member;
  if (desired.surplusClaims === 'Retain' || claim === undefined || !isClaimOf(deployment, claim)) return [];
  const wait = { type: 'Wait', member: member.name } as const;
  if (isTerminating(claim))
    return [{ ...wait, reason: 'ClaimTerminating', message: `claim ${claim.metadata.name} is being deleted` }];
  const user = member.claimUsers[0];
  if (user !== undefined) {
    return [
      {
        ...wait,
        reason: 'PodTerminating',
        message: `pod ${user.metadata.name} still mounts claim ${claim.metadata.name}`,
      },
    ];
  }
  return [remove(member, CLAIM, claim)];
}

function remove(member: ObservedMember, kind: Kind, { metadata }: Stored): Action {
  const key = { namespace: metadata.namespace ?? '', name: metadata.name };
  return { type: 'Delete', member: member.name, kind, key, uid: metadata.uid };
}
