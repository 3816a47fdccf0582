// Step 4 of a reconcile: from what is wanted and what was read to an ordered list of actions. Pure.
import { ANNOTATION, FIELD_MANAGER, FINALIZER, QUIESCE_FIELD_MANAGER } from '../api/v1alpha1/names.ts';
import { canonicalJson } from '../kube/hash.ts';
import { SERVICE, STATEFUL_SET, type StatefulSet } from '../kube/kinds.ts';
import { isTerminating } from '../kube/object.ts';
import { type Action, type Apply, type Plan, earliest, readAt } from './actions.ts';
import { ensure, foreignChild, unlessSettled } from './children.ts';
import { busyConsumer, nextSkipMs, planConsumers } from './consumers/consumers.ts';
import type { Desired } from './desired/desire.ts';
import { service as desiredService } from './desired/service.ts';
import { replicasOnly, statefulSet as desiredStatefulSet, surgeStatefulSet } from './desired/stateful-set.ts';
import { planDisruptionBudget } from './disruption-budget.ts';
import { availableAtMs, isAvailable, isBehind, isOutdated, isStopped, isSurgeAvailable, machineOf } from './member.ts';
import {
  type Observed,
  type ObservedMember,
  type TemplateRefusal,
  isControlledBy,
  isWanted,
  surgeName,
} from './observed.ts';
import { originOf, planRevisions } from './rollout/revisions.ts';
import { type Rollout, STANDSTILL, planRollout } from './rollout/rollout.ts';
import { gate, stopObstacle } from './volumes/gate.ts';
import { handoffOf } from './volumes/handoff.ts';
import { planClaim, refuseClaim } from './volumes/claims.ts';
import { planSurplus, planTeardown } from './teardown.ts';
import { planCheck, withoutTemplate } from './rollout/template-check.ts';
import { troubles } from './volumes/trouble.ts';
import { restoreStrategy } from './update-strategy.ts';

export function plan(desired: Desired, observed: Observed): Plan {
  const stored = observed.deployment.status?.plan;
  if (desired.isTeardown) return { actions: planTeardown(desired, observed), rolloutPlan: stored };
  const check = planCheck(desired, observed);
  if (check !== undefined) return { actions: [check], rolloutPlan: stored };
  if (typeof observed.verdict === 'object') return planRefused(desired, observed, observed.verdict);
  const rollout = planRollout(desired, observed);
  const overdue = rollout.overdue?.name;
  if (desired.isPaused) return planPaused(desired, observed, rollout);
  if (rollout.isNew) return { actions: [], rolloutPlan: rollout.plan, overdue };
  const actions = [
    ...planFinalizer(desired, observed),
    ...planRevisions(desired, observed),
    ...planSurplus(desired, observed),
    ...observed.members
      .filter((member) => isWanted(observed.deployment, member))
      .flatMap((member) => planMember(desired, observed, rollout, member)),
    ...planDisruptionBudget(desired, observed),
  ];
  return {
    actions,
    rolloutPlan: stored,
    overdue,
    lookAgainAtMs: earliest(rollout.lookAgainAtMs, nextChangeMs(observed), ...untilTimes(actions)),
  };
}

/** Nothing is done, and what stands in a member's way or needs somebody to act is told as ever. */
function planPaused(desired: Desired, observed: Observed, rollout: Rollout): Plan {
  const actions = observed.members
    .filter((member) => isWanted(observed.deployment, member))
    .flatMap((member) => planMember(desired, observed, rollout, member))
    .filter((action) => action.type === 'Wait');
  return {
    actions,
    rolloutPlan: observed.deployment.status?.plan,
    overdue: rollout.overdue?.name,
    lookAgainAtMs: earliest(nextChangeMs(observed), ...untilTimes(actions)),
  };
}

/** Under a template that is refused: what is not wanted goes, what the last hand-off has stopped comes back, suspend works. */
function planRefused(desired: Desired, observed: Observed, refusal: TemplateRefusal): Plan {
  const rolloutPlan = observed.deployment.status?.plan;
  if (desired.isPaused) return { actions: [], rolloutPlan, refusal, lookAgainAtMs: nextChangeMs(observed) };
  const made = observed.members.filter(
    (member) => isWanted(observed.deployment, member) && member.statefulSet !== undefined,
  );
  const actions = [
    ...planFinalizer(desired, observed),
    ...planSurplus(desired, observed),
    ...withoutTemplate(
      desired,
      made.flatMap((member) => planMember(desired, observed, STANDSTILL, member)),
    ),
    ...planDisruptionBudget(desired, observed),
  ];
  return { actions, rolloutPlan, refusal, lookAgainAtMs: earliest(nextChangeMs(observed), ...untilTimes(actions)) };
}

function untilTimes(actions: readonly Action[]): readonly (number | undefined)[] {
  return actions.map((action) => (action.type === 'Wait' ? action.untilMs : undefined));
}

/** When time alone changes what is told of a member. */
function nextChangeMs(observed: Observed): number | undefined {
  return earliest(nextAvailableMs(observed), nextSkipMs(observed));
}

/** When the next Ready member becomes available, if time alone will make it so. */
function nextAvailableMs({ deployment, members, now }: Observed): number | undefined {
  return earliest(
    ...members
      .flatMap((member) => [
        availableAtMs(deployment, member.statefulSet, member.pods),
        availableAtMs(deployment, member.surge, member.surgePods),
      ])
      .filter((time) => time > now),
  );
}

function planFinalizer(desired: Desired, { deployment }: Observed): readonly Action[] {
  const has = deployment.metadata.finalizers?.includes(FINALIZER) ?? false;
  if (has === desired.isFinalizerWanted) return [];
  return [{ type: has ? 'RemoveFinalizer' : 'AddFinalizer' }];
}

function planMember(desired: Desired, observed: Observed, rollout: Rollout, member: ObservedMember): readonly Action[] {
  const { statefulSet, service, surge } = member;
  const children = [statefulSet, service, surge && isTerminating(surge) ? undefined : surge];
  const blocked = children.flatMap((child) => foreignChild(observed, member, child) ?? []);
  if (blocked.length > 0) return blocked;
  // A pod that runs on a claim that must not be used is left alone, unless it is to stop: stopping may end the data.
  const refusal = refuseClaim(observed.deployment, member);
  const mayStart = refusal === undefined || (desired.isSuspended && !isStopped(member));
  return [
    ...planService(observed, member),
    ...(refusal === undefined ? planClaim(observed, member) : [refusal]),
    ...(mayStart ? planStatefulSet(desired, observed, rollout, member) : []),
    ...(refusal === undefined ? planSurge(desired, observed, rollout, member) : []),
    ...(mayStart ? planConsumers(observed, member, machineFor(desired, rollout, member)) : []),
    ...troubles(observed, member),
  ];
}

/** The machine that the member's consumers are to be on: where its pod is, unless that is ending or to be stopped. */
function machineFor(desired: Desired, rollout: Rollout, member: ObservedMember): string | undefined {
  const isMoving = rollout.moving.has(member.name) && isBehind(member, desired.revision);
  return desired.isSuspended || isMoving ? undefined : machineOf(member);
}

function planService(observed: Observed, member: ObservedMember): readonly Action[] {
  const { deployment } = observed;
  return unlessSettled(deployment, member.service, () =>
    ensure(member, desiredService(deployment, member.name), member.service, SERVICE),
  );
}

function planStatefulSet(
  desired: Desired,
  observed: Observed,
  rollout: Rollout,
  member: ObservedMember,
): readonly Action[] {
  const { deployment, now } = observed;
  const current = member.statefulSet;
  if (desired.isSuspended) {
    return current === undefined || isStopped(member) ? [] : stop(observed, member);
  }
  const restored = current && restoreStrategy(member.name, current);
  if (restored !== undefined) return [restored];
  if (current !== undefined && !isStopped(member)) {
    if (!isBehind(member, desired.revision)) {
      return unlessSettled(deployment, current, () =>
        ensure(member, desiredStatefulSet(deployment, member.name, desired.revision), current, STATEFUL_SET),
      );
    }
    if (rollout.moving.has(member.name)) return stop(observed, member);
    if (rollout.doubted.has(member.name)) return [{ type: 'Prove', member: member.name }];
    const obstacle = rollout.isMoving ? stopObstacle(observed, member) : undefined;
    return obstacle === undefined ? [] : [obstacle];
  }
  const obstacle = gate(observed, member);
  if (obstacle?.type === 'Wait') return [obstacle];
  const origin = originOf(desired, observed, member);
  if (origin.type === 'Recall') return [origin];
  if (obstacle !== undefined) return [obstacle];
  const start = { type: 'Apply', member: member.name, kind: STATEFUL_SET, fence: readAt(current) } as const;
  if (isOutdated(member, desired.revision) && !rollout.moving.has(member.name)) {
    const resumed = noted(observed, member, replicasOnly(deployment, member.name, 1, now));
    return [{ ...start, purpose: 'Resume', object: resumed, fieldManager: QUIESCE_FIELD_MANAGER }];
  }
  const started = desiredStatefulSet(origin.deployment, member.name, origin.revision);
  const told = noted(observed, member, unstamped(started));
  return [{ ...start, purpose: 'Start', object: told, fieldManager: FIELD_MANAGER }];
}

/** Started, it is no more stopped since then: a later stop by somebody else must not find our old timer run out. */
function unstamped(object: StatefulSet): StatefulSet {
  const annotations = { ...object.metadata?.annotations, [ANNOTATION.quiescedAt]: '' };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** The next pod takes the old one's name: what was seen of its end goes along, as the status may be told later. */
function noted(observed: Observed, member: ObservedMember, object: StatefulSet): StatefulSet {
  const record = handoffOf(observed, member);
  if (record === undefined || record.startedAt !== undefined) return object;
  const annotations = { ...object.metadata?.annotations, [ANNOTATION.handoff]: canonicalJson(record) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Its consumers go first: none of them may be left on the volume, nor be surprised by its end. */
function stop(observed: Observed, member: ObservedMember): readonly Action[] {
  const busy = busyConsumer(observed, member);
  return [busy ?? quiesce(observed, member)];
}

function quiesce({ deployment, now }: Observed, member: ObservedMember): Apply {
  return {
    type: 'Apply',
    purpose: 'Quiesce',
    member: member.name,
    kind: STATEFUL_SET,
    object: replicasOnly(deployment, member.name, 0, now),
    fence: readAt(member.statefulSet),
    fieldManager: QUIESCE_FIELD_MANAGER,
  };
}

/** A surge pod comes before its member stops and goes once the member is available again. */
function planSurge(desired: Desired, observed: Observed, rollout: Rollout, member: ObservedMember): readonly Action[] {
  const { deployment, now } = observed;
  const { surge } = member;
  if (surge === undefined) {
    if (!rollout.surging.has(member.name)) return [];
    const object = surgeStatefulSet(deployment, member.name, desired.revision);
    return [
      {
        type: 'Apply',
        purpose: 'Surge',
        member: member.name,
        kind: STATEFUL_SET,
        object,
        fence: 'absent',
        fieldManager: FIELD_MANAGER,
      },
    ];
  }
  if (isTerminating(surge) || !isControlledBy(deployment, surge)) return [];
  const isKeptBack = member.ordinal < deployment.spec.rollout.partition;
  const isDone = (isKeptBack || !isOutdated(member, desired.revision)) && isAvailable(deployment, member, now);
  const isStale = isOutdated({ ...member, statefulSet: surge }, desired.revision);
  const isNeeded = isStale && isSurgeAvailable(deployment, member, now) && !isAvailable(deployment, member, now);
  const isUseless = isStale && !isNeeded;
  if (!isDone && !isUseless && !desired.isSuspended) return [];
  const key = { namespace: deployment.metadata.namespace ?? '', name: surgeName(member.name) };
  return [{ type: 'Delete', member: member.name, kind: STATEFUL_SET, key, uid: surge.metadata.uid }];
}
