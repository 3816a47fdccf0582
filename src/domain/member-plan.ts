// What is done for one member: its Service, its claim, its StatefulSet, which is stopped and started, its surge pod and
// its consumers. Pure.
import { ANNOTATION, FIELD_MANAGER, QUIESCE_FIELD_MANAGER } from '../api/v1alpha1/names.ts';
import { canonicalJson } from '../kube/hash.ts';
import { SERVICE, STATEFUL_SET, type StatefulSet } from '../kube/kinds.ts';
import { isTerminating } from '../kube/object.ts';
import { type Action, type Apply, readAt } from './actions.ts';
import { ensure, foreignChild, unlessSettled } from './children.ts';
import { busyConsumer, planConsumers } from './consumers/consumers.ts';
import type { Desired } from './desired/desire.ts';
import { service as desiredService } from './desired/service.ts';
import { replicasOnly, statefulSet as desiredStatefulSet, surgeStatefulSet } from './desired/stateful-set.ts';
import {
  isAvailable,
  isBehind,
  isOutdated,
  isPodOutdated,
  isReady,
  isStopped,
  isSurgeReady,
  machineOf,
} from './member.ts';
import { type Observed, type ObservedMember, isControlledBy, surgeName } from './observed.ts';
import { originOf } from './rollout/revisions.ts';
import type { Rollout } from './rollout/rollout.ts';
import { isTrial } from './rollout/template-check.ts';
import { restoreStrategy } from './update-strategy.ts';
import { planClaim, refuseClaim } from './volumes/claims.ts';
import { gate, stopObstacle } from './volumes/gate.ts';
import { handoffOf } from './volumes/handoff.ts';
import { troubles } from './volumes/trouble.ts';

export function planMember(
  desired: Desired,
  observed: Observed,
  rollout: Rollout,
  member: ObservedMember,
): readonly Action[] {
  const { statefulSet, service, surge } = member;
  const children = [statefulSet, service, surge && isTerminating(surge) ? undefined : surge];
  const blocked = children.flatMap((child) => foreignChild(observed, member, child) ?? []);
  if (blocked.length > 0) return blocked;
  // A pod that runs on a claim that must not be used is left alone, unless it is to stop: stopping may end the data.
  const refusal = refuseClaim(observed.deployment, member);
  const mayStart = refusal === undefined || (desired.isSuspended && !isStopped(member));
  const ofService = planService(observed, member);
  // What is refused because it tries the template has no Service to show for it.
  const isTried = isTrial(desired, observed);
  return [
    ...(isTried ? [] : ofService),
    ...(refusal === undefined ? planClaim(observed, member) : [refusal]),
    ...(mayStart ? planStatefulSet(desired, observed, rollout, member) : []),
    ...(isTried ? ofService : []),
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

/** A surge pod comes before its member stops and goes once the member was read live to be available again. */
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
  // Or its pod is, as a StatefulSet controller that lagged has made it, or somebody has scaled it to none: it would be
  // waited for without end.
  const asMember = { ...member, statefulSet: surge, pods: member.surgePods };
  const isStale = isBehind(asMember, desired.revision) || isStopped(asMember);
  const isServing = isAvailable(deployment, member, now) || (isReady(member) && isPodOutdated(member));
  const isNeeded = isStale && isSurgeReady(member) && !isServing;
  const isUseless = isStale && !isNeeded;
  if (!isDone && !isUseless && !desired.isSuspended) return [];
  // In a cache that lags, the member's own pod may serve long after its machine has gone, and this one is all there is.
  if (!desired.isSuspended && member.proof !== 'live') return [{ type: 'Prove', member: member.name }];
  const key = { namespace: deployment.metadata.namespace ?? '', name: surgeName(member.name) };
  return [{ type: 'Delete', member: member.name, kind: STATEFUL_SET, key, uid: surge.metadata.uid }];
}
