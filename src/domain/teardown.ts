// Members that are not wanted any more, and the fleet that is deleted. What happens to claims is the retention policy's.
import { FINALIZER } from '../api/v1alpha1/names.ts';
import { CLAIM, SERVICE, STATEFUL_SET, type Kind } from '../kube/kinds.ts';
import { type Stored, isTerminating } from '../kube/object.ts';
import { controllerOf } from '../kube/owner-references.ts';
import type { Action } from './actions.ts';
import { planConsumersRemoval } from './consumers/consumers.ts';
import type { Desired } from './desired/desire.ts';
import { type Observed, type ObservedMember, isControlledBy, isWanted } from './observed.ts';
import { isClaimOf } from './volumes/claims.ts';

/** Deletes what is left of the members that the spec does not want. */
export function planSurplus(desired: Desired, observed: Observed): readonly Action[] {
  return observed.members
    .filter((member) => desired.isTeardown || !isWanted(observed.deployment, member))
    .flatMap((member) => [...planRemoval(desired, observed, member), ...planClaimRemoval(desired, observed, member)]);
}

/**
 * The deletion of a NodeDeployment. Without our finalizer there is nothing to do: the garbage collector deletes what it
 * owns, and claims are owned by nobody. With it, the claims of this very uid go first. After removing it, nothing else.
 *
 * `kubectl delete --cascade=orphan` leaves the StatefulSets running without an owner: their claims stay with them.
 */
export function planTeardown(desired: Desired, observed: Observed): readonly Action[] {
  const { deployment, members } = observed;
  const finalizers = deployment.metadata.finalizers ?? [];
  if (!finalizers.includes(FINALIZER)) return [];
  const isKept = desired.surplusClaims === 'Retain' || finalizers.includes(ORPHAN_FINALIZER);
  const doomed = members.filter((member) => !isOrphaned(member) && member.claim && isClaimOf(deployment, member.claim));
  return isKept || doomed.length === 0 ? [{ type: 'RemoveFinalizer' }] : planSurplus(desired, observed);
}

/** Set by the API server with `propagationPolicy: Orphan` (apimachinery v0.36 metav1.FinalizerOrphanDependents). */
const ORPHAN_FINALIZER = 'orphan';

/** Whether the member's StatefulSet has been let go: it runs on, and nobody owns it. */
function isOrphaned({ statefulSet }: ObservedMember): boolean {
  return statefulSet !== undefined && controllerOf(statefulSet) === undefined;
}

function planRemoval({ isTeardown }: Desired, observed: Observed, member: ObservedMember): readonly Action[] {
  const { deployment } = observed;
  const consumers = planConsumersRemoval(observed, member);
  if (consumers.length > 0) return consumers;
  const children = [
    [STATEFUL_SET, member.statefulSet],
    [STATEFUL_SET, member.surge],
    // No claim waits for it: it is left to the garbage collector where the fleet goes.
    [SERVICE, isTeardown ? undefined : member.service],
  ] as const;
  return children.flatMap(([kind, child]) => {
    const isOurs = child !== undefined && !isTerminating(child) && isControlledBy(deployment, child);
    return isOurs ? [remove(member, kind, child)] : [];
  });
}

function planClaimRemoval(desired: Desired, { deployment }: Observed, member: ObservedMember): readonly Action[] {
  const { claim } = member;
  if (desired.surplusClaims === 'Retain' || claim === undefined || !isClaimOf(deployment, claim)) return [];
  if (isOrphaned(member)) return [];
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
