// The progress deadline: which member of the new revision took too long to become available.
import type { Handoff, RolloutPlan } from '../../api/v1alpha1/node-deployment.ts';
import { earliest } from '../actions.ts';
import type { Desired } from '../desired/desire.ts';
import { handoffOf } from '../volumes/handoff.ts';
import { availableAtMs, isAvailable, isBehind, isStopped, podOf } from '../member.ts';
import { mayHaveCome } from '../told.ts';
import { type Observed, type ObservedMember, isWanted } from '../observed.ts';

export interface Deadlines {
  /** A member that has been started on the target revision, or its surge, and was not available in time. */
  readonly overdue: ObservedMember | undefined;
  /** Milliseconds since the epoch at which time alone will change that. */
  readonly lookAgainAtMs?: number | undefined;
}

/** Of a plan that is not live, nobody misses the deadline. */
export function deadlines(desired: Desired, observed: Observed, plan: RolloutPlan | undefined): Deadlines {
  const { deployment, members, now } = observed;
  if (plan?.phase !== 'Active' || plan.targetRevision !== desired.revision) return { overdue: undefined };
  const surges = members.flatMap((member) =>
    member.surge === undefined ? [] : { ...member, statefulSet: member.surge, pods: member.surgePods },
  );
  const isPending = (member: ObservedMember): boolean =>
    member.statefulSet !== undefined &&
    isWanted(deployment, member) &&
    !isStopped(member) &&
    !isBehind(member, desired.revision) &&
    !isAvailable(deployment, member, now);
  const deadlineMs = deployment.spec.rollout.progressDeadlineSeconds * 1000;
  const pending = [
    ...members.filter(isPending).map((member) => ({ member, handoff: handoffOf(observed, member) })),
    ...surges.filter(isPending).map((member) => ({ member, handoff: undefined })),
  ].map(({ member, handoff }) => ({ member, dueMs: notReadySinceMs(member, plan, handoff, now) + deadlineMs }));
  const times = pending.flatMap(({ member, dueMs }) => [
    dueMs,
    availableAtMs(deployment, member.statefulSet, member.pods),
  ]);
  return {
    overdue: pending.find(({ dueMs }) => dueMs <= now)?.member,
    lookAgainAtMs: earliest(...times.filter((time) => time > now)),
  };
}

/** A member that has just been started has no pod yet: then from when it could be, whatever the wait before that. */
function notReadySinceMs(member: ObservedMember, plan: RolloutPlan, handoff: Handoff | undefined, now: number): number {
  const pod = podOf(member);
  const ready = pod?.status?.conditions?.find((condition) => condition.type === 'Ready');
  const times = [
    plan.createdAt,
    member.statefulSet?.metadata.creationTimestamp,
    handoff?.podGoneAt,
    handoff?.detachedAt,
    pod?.metadata.creationTimestamp,
    ready?.lastTransitionTime,
  ].map((time) => Date.parse(time ?? ''));
  // One that cannot have come yet is nobody's but a forger's.
  return Math.max(...times.filter((time) => mayHaveCome(time, now)));
}
