// A CronJob whose runs are where its member is: suspended while the member is not to run, given the machine when it does.
//
// Guarantees: a run that is in the way of nobody is left to end by itself. One that a stop waits for is ended when the
// patience with it is over; one that the member is gone from, or has left behind on another machine, at once. It is
// ended by deleting its Job, so that its pod has its grace period. docs/decisions/0009 says why.
import { ANNOTATION, FIELD_MANAGER, QUIESCE_FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import type { Consumer } from '../../api/v1alpha1/node-deployment.ts';
import { isApplied } from '../../kube/applied.ts';
import { nextDueMs } from '../../kube/cron.ts';
import { CRON_JOB, JOB, type StoredCronJob, type StoredJob } from '../../kube/kinds.ts';
import { isTerminating, keyOf } from '../../kube/object.ts';
import { controllerOf } from '../../kube/owner-references.ts';
import { type Action, type Apply, type Delete, readAt } from '../actions.ts';
import { DEFAULT_TIME_ZONE, STARTING_DEADLINE_SECONDS, cronJob, suspendedCronJob } from '../desired/cron-job.ts';
import { isPinnedTo } from '../desired/pin.ts';
import { isStopped, machineOf } from '../member.ts';
import type { ObservedConsumer } from '../observed-consumers.ts';
import { type Observed, type ObservedMember, isControlledBy } from '../observed.ts';

/**
 * Milliseconds from the suspension of a CronJob until no run of it can begin any more: it has no field that tells whether its
 * controller has seen that, as a StatefulSet has. The member runs on meanwhile.
 */
const SETTLE_MS = 5000;

/** Makes the CronJob run on `machine`; undefined: suspends it. Ends the runs that are in the way. */
export function planCronJob(
  observed: Observed,
  member: ObservedMember,
  consumer: Consumer,
  found: ObservedConsumer | undefined,
  machine: string | undefined,
): readonly Action[] {
  const current = found?.cronJob;
  const ends = found === undefined ? [] : planRunEnds(observed, member, found);
  if (machine === undefined) return [...planSuspension(observed, member, found), ...ends];
  const object = cronJob(observed.deployment, member.name, consumer, machine);
  const hash = object.metadata?.annotations?.[ANNOTATION.appliedHash];
  const isSame = current?.metadata.annotations?.[ANNOTATION.appliedHash] === hash && isApplied(object, current);
  if (isSame) return ends;
  const start = { type: 'Apply', purpose: 'StartConsumer', member: member.name, kind: CRON_JOB } as const;
  return [...ends, { ...start, object, fence: readAt(current), fieldManager: FIELD_MANAGER }];
}

/** Suspends what is not suspended. */
export function planSuspension(
  { deployment, now }: Observed,
  { name: member }: ObservedMember,
  found: ObservedConsumer | undefined,
): readonly Apply[] {
  const current = found?.cronJob;
  if (found === undefined || current === undefined || isSuspended(current)) return [];
  return [
    {
      type: 'Apply',
      purpose: 'StopConsumer',
      member,
      kind: CRON_JOB,
      object: suspendedCronJob(deployment, member, found.name, now),
      fence: readAt(current),
      fieldManager: QUIESCE_FIELD_MANAGER,
    },
  ];
}

/** Deletes the Jobs whose time is over. */
export function planRunEnds(observed: Observed, member: ObservedMember, found: ObservedConsumer): readonly Delete[] {
  const { cronJob: current, runs } = found;
  if (current === undefined || !isControlledBy(observed.deployment, current)) return [];
  return runs
    .filter(
      (run) => isRunOf(current, run) && !isTerminating(run) && runEndMs(observed, member, found, run) <= observed.now,
    )
    .map((run) => ({
      type: 'Delete',
      member: member.name,
      kind: JOB,
      key: keyOf(run),
      uid: run.metadata.uid,
      controllerUid: current.metadata.uid,
    }));
}

/** Whether it is this very CronJob's, not one's of its name before it. */
export function isRunOf({ metadata: { uid } }: StoredCronJob, run: StoredJob): boolean {
  return controllerOf(run)?.uid === uid;
}

/** When a run that has not ended by itself is ended, in milliseconds since the epoch; Infinity where it is in nobody's way. */
export function runEndMs(
  observed: Observed,
  member: ObservedMember,
  { cronJob: current }: ObservedConsumer,
  run: StoredJob,
): number {
  const machine = machineOf(member);
  const isElsewhere = machine !== undefined && !isPinnedTo(run.spec?.template.spec?.affinity, machine);
  if (isElsewhere || isStopped(member) || member.statefulSet === undefined) return -Infinity;
  const since = current && suspendedAtMs(current);
  if (since === undefined) return Infinity;
  return since + observed.deployment.spec.rollout.progressDeadlineSeconds * 1000;
}

/** Until when a run may begin although its CronJob is suspended, in milliseconds since the epoch. */
export function settledMs(current: StoredCronJob): number {
  return isSuspended(current) ? (suspendedAtMs(current) ?? 0) + SETTLE_MS : Infinity;
}

export function isSuspended({ spec }: StoredCronJob): boolean {
  return spec?.suspend === true;
}

/** When the operator suspended it; undefined while it is not, or if somebody else did. */
function suspendedAtMs(current: StoredCronJob): number | undefined {
  const stampMs = Date.parse(current.metadata.annotations?.[ANNOTATION.quiescedAt] ?? '');
  return isSuspended(current) && !Number.isNaN(stampMs) ? stampMs : undefined;
}

/**
 * The first run that came due since the operator suspended the CronJob: when it was due, and from when on it is too late for
 * it. Undefined where there is none.
 */
export function firstMissedRun(
  current: StoredCronJob | undefined,
): { readonly dueMs: number; readonly skippedMs: number } | undefined {
  const since = current && suspendedAtMs(current);
  if (since === undefined || current?.spec === undefined) return undefined;
  const dueMs = nextDueMs(current.spec.schedule, current.spec.timeZone ?? DEFAULT_TIME_ZONE, since);
  return dueMs === undefined ? undefined : { dueMs, skippedMs: dueMs + STARTING_DEADLINE_SECONDS * 1000 };
}
