// Step 6 of a reconcile: the status, computed from what was read and never copied from a child's own status. Pure.
import { LABEL } from '../../api/v1alpha1/names.ts';
import type { NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { MAX_MEMBERS, MAX_RETAINED_CLAIMS } from '../../api/v1alpha1/status.ts';
import { timestampOf } from '../../kube/timestamp.ts';
import { compareQuantities } from '../../kube/quantity.ts';
import type { Plan } from '../actions.ts';
import { readyConsumers } from '../consumers/status.ts';
import { conditionsOf } from './condition-rules.ts';
import type { Desired } from '../desired/desire.ts';
import { historyOf } from '../rollout/history.ts';
import { summarizeMember } from './member-status.ts';
import { isAvailable, isReady, podOf, revisionOfPod } from '../member.ts';
import { type Observed, type ObservedMember, isWanted } from '../observed.ts';
import type { Outcome } from '../outcome.ts';
import { hasPassed } from '../rollout/template-check.ts';
import { capacityOf, requestedOf } from '../volumes/resize.ts';
import { isClaimOf } from '../volumes/claims.ts';

export function summarize(desired: Desired, observed: Observed, plan: Plan, outcome: Outcome): NodeDeploymentStatus {
  const { deployment, members, now } = observed;
  const previous = deployment.status ?? {};
  const wanted = members.filter((member) => !desired.isTeardown && isWanted(deployment, member));
  const isUpdated = (member: ObservedMember): boolean =>
    member.pods.some((pod) => revisionOfPod(pod) === desired.revision);
  const available = wanted.filter((member) => isAvailable(deployment, member, now));
  const isSettled = plan.refusal === undefined && available.length === wanted.length && wanted.every(isUpdated);
  const largest = largestCapacity(observed);
  const shown = members.filter((member) => wanted.includes(member) || isStillThere(member)).slice(0, MAX_MEMBERS);
  const told = shown.map((member) => summarizeMember(desired, observed, plan, outcome, member));
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: members.filter((member) => podOf(member) !== undefined).length,
    readyReplicas: wanted.filter(isReady).length,
    updatedReplicas: wanted.filter(isUpdated).length,
    availableReplicas: available.length,
    readyConsumers: deployment.spec.consumers === undefined ? undefined : readyConsumers(told),
    selector: `${LABEL.deployment}=${deployment.metadata.name}${(deployment.spec.consumers ?? []).length === 0 ? '' : `,!${LABEL.consumerOf}`}`,
    currentRevision: isSettled ? desired.revision : previous.currentRevision,
    updateRevision: hasPassed(desired, observed) ? desired.revision : previous.updateRevision,
    largestCapacity: largest,
    plan: plan.rolloutPlan,
    history: historyOf(previous.history, plan.rolloutPlan, now),
    // In the order of their ordinals: beyond the limits are only those that no spec can ask for.
    members: told,
    retainedClaims: retainedClaims(desired, observed),
    conditions: [...conditionsOf({ desired, observed, plan, outcome, wanted, available })],
  };
}

/** Whether something of a member that is not wanted still runs or goes; a claim alone is in `retainedClaims`. */
function isStillThere(member: ObservedMember): boolean {
  return [
    member.statefulSet,
    member.service,
    ...member.pods,
    ...member.consumers.flatMap(({ statefulSet, cronJob, runs, pods }) => [statefulSet, cronJob, ...runs, ...pods]),
  ].some((one) => one !== undefined);
}

function largestCapacity({ deployment, members }: Observed): string | undefined {
  const seen = members.flatMap(({ claim }) => (claim === undefined ? [] : (capacityOf(claim) ?? [])));
  const previous = deployment.status?.largestCapacity;
  return (previous === undefined ? seen : [previous, ...seen]).reduce<string | undefined>(
    (largest, next) => (largest !== undefined && compareQuantities(largest, next) >= 0 ? largest : next),
    undefined,
  );
}

/** The ledger of what was left behind: claims of members that are not wanted. */
function retainedClaims(
  desired: Desired,
  { deployment, members, now }: Observed,
): NodeDeploymentStatus['retainedClaims'] {
  const before = deployment.status?.retainedClaims ?? [];
  const retained = members.flatMap((member) => {
    const { claim } = member;
    if (claim === undefined || desired.isTeardown) return [];
    const { name, uid } = claim.metadata;
    const entry = before.find((one) => one.uid === uid);
    // A member that comes back stays in the ledger until it has a StatefulSet: only then its claim is in use.
    const isComingBack = entry !== undefined && member.statefulSet === undefined;
    if (isWanted(deployment, member) && !isComingBack) return [];
    const since = entry?.since ?? timestampOf(now);
    const reason = isClaimOf(deployment, claim) ? ('ScaledDown' as const) : ('Orphaned' as const);
    return [{ name, uid, size: requestedOf(claim), since, reason }];
  });
  return retained.length === 0 ? undefined : retained.slice(0, MAX_RETAINED_CLAIMS);
}
