// Rollouts: when there is a plan, and which members it may move now.
//
// Guarantees: a plan is recorded before any of its effects (I5); two racing reconciles make the same id (I4); healthy
// members are stopped only within the budget (I16), and a member is broken, has a pod of another template than its
// StatefulSet, or has a surge pod that serves for it, only once it was read live to; a corrected template always passes, because what is broken on an old
// revision is free of the budget and no health of what is being replaced is waited for.
import type { RolloutPlan } from '../../api/v1alpha1/node-deployment.ts';
import { timestampOf } from '../../kube/timestamp.ts';
import { hashOf } from '../../kube/hash.ts';
import { isTerminating } from '../../kube/object.ts';
import { type Desired, share, toleratedLoss } from '../desired/desire.ts';
import { deadlines } from './deadline.ts';
import { isAvailable, isBehind, isOutdated, isPodOutdated, isReady, isStopped, isSurgeAvailable } from '../member.ts';
import { type Observed, type ObservedMember, isControlledBy, isWanted } from '../observed.ts';
import { stopObstacle } from '../volumes/gate.ts';
import { refuseClaim } from '../volumes/claims.ts';

export interface Rollout {
  /** `status.plan` as it is to be. */
  readonly plan: RolloutPlan | undefined;
  /** Whether `plan` differs from the stored one: then it is written, and nothing else is done. */
  readonly isNew: boolean;
  /** Members that may be moved to the target now: stopped, or started if they are stopped already. */
  readonly moving: ReadonlySet<string>;
  /** Members to move because they are broken, outdated, or served for, of which only the cache says so: they are read live first. */
  readonly doubted: ReadonlySet<string>;
  /** Whether members are being moved now, one after the other. */
  readonly isMoving: boolean;
  /** Members that get a surge pod now. */
  readonly surging: ReadonlySet<string>;
  /** A member of the target revision that missed the progress deadline. */
  readonly overdue: ObservedMember | undefined;
  readonly lookAgainAtMs?: number | undefined;
}

const NONE: ReadonlySet<string> = new Set();

/** Nobody is moved. */
export const STANDSTILL: Rollout = {
  plan: undefined,
  isNew: false,
  moving: NONE,
  doubted: NONE,
  isMoving: false,
  surging: NONE,
  overdue: undefined,
};

export function planRollout(desired: Desired, observed: Observed): Rollout {
  const stored = observed.deployment.status?.plan;
  const outdated = outdatedMembers(desired, observed);
  const next = nextPlan(desired, observed, stored, outdated);
  const late = deadlines(desired, observed, stored);
  const idle = { ...STANDSTILL, plan: next, isNew: next !== stored, ...late };
  if (idle.isNew || desired.isSuspended) return idle;
  // A member that cannot move is passed over; while it is unavailable it counts against the budget like any other.
  const movable = outdated.filter((member) => canMove(observed, member));
  const stopped = movable.filter(isStopped).map((member) => member.name);
  const doubtful = movable.filter(isDoubtful);
  const { paused } = observed.deployment.spec.rollout;
  if (next?.phase !== 'Active') return paused ? idle : { ...idle, doubted: new Set(namesOf(doubtful)) };
  if (paused || late.overdue !== undefined) return { ...idle, moving: new Set(stopped) };
  const known = movable.filter((member) => !isDoubtful(member));
  const broken = known.filter((member) => !isStopped(member) && !isReady(member));
  const moves = desired.isSurging ? surge(desired, observed, known) : withinBudget(observed, known);
  return {
    ...idle,
    isMoving: true,
    moving: new Set([...stopped, ...namesOf(broken.filter(isProven)), ...moves.moving]),
    doubted: new Set([...namesOf([...doubtful, ...broken.filter((member) => !isProven(member))]), ...moves.doubted]),
    surging: new Set(moves.surging),
  };
}

const namesOf = (members: readonly ObservedMember[]): readonly string[] => members.map(({ name }) => name);

/** A pod that became Ready a moment ago is not Ready in a cache that lags: stopping it would be stopping beyond the budget. */
const isProven = ({ proof }: ObservedMember): boolean => proof === 'live';

/** A pod that was replaced a moment ago, maybe by another operator, is still there in a cache that lags. */
const isDoubtful = (member: ObservedMember): boolean => isPodOutdated(member) && !isProven(member);

function canMove(observed: Observed, member: ObservedMember): boolean {
  if (refuseClaim(observed.deployment, member) !== undefined) return false;
  return isStopped(member) || stopObstacle(observed, member) === undefined;
}

/** Members that the rollout has yet to move, highest ordinal first, as a StatefulSet does. */
function outdatedMembers(desired: Desired, observed: Observed): readonly ObservedMember[] {
  const { deployment, members } = observed;
  return (
    members
      .filter((member) => isWanted(deployment, member))
      .filter(
        ({ statefulSet }) =>
          statefulSet !== undefined && isControlledBy(deployment, statefulSet) && !isTerminating(statefulSet),
      )
      .filter((member) => isBehind(member, desired.revision))
      // One that has the template of the target already is to have the pod for it, too.
      .filter((member) => member.ordinal >= deployment.spec.rollout.partition || !isOutdated(member, desired.revision))
      .toReversed()
  );
}

function nextPlan(
  desired: Desired,
  observed: Observed,
  stored: RolloutPlan | undefined,
  outdated: readonly ObservedMember[],
): RolloutPlan | undefined {
  const { deployment } = observed;
  if (stored?.phase === 'Active') {
    if (stored.targetRevision !== desired.revision) return { ...stored, phase: 'Superseded' };
    return outdated.length === 0 && areMovedAvailable(observed) ? { ...stored, phase: 'Completed' } : stored;
  }
  const known = outdated.filter((member) => !isDoubtful(member));
  if (known.length === 0 || desired.isSuspended || deployment.spec.rollout.paused) return stored;
  const { uid, generation = 0 } = deployment.metadata;
  const purpose = 'Rollout';
  return {
    id: hashOf({ uid, generation, purpose, targetRevision: desired.revision }),
    purpose,
    generation,
    targetRevision: desired.revision,
    phase: 'Active',
    createdAt: timestampOf(observed.now),
    members: namesOf(known),
  };
}

interface Moves {
  readonly moving: readonly string[];
  /** Members that could be moved if what the cache shows of them were so. */
  readonly doubted: readonly string[];
  readonly surging: readonly string[];
}

function areMovedAvailable(observed: Observed): boolean {
  const { deployment, members, now } = observed;
  return members
    .filter((member) => isWanted(deployment, member) && member.ordinal >= deployment.spec.rollout.partition)
    .every((member) => isAvailable(deployment, member, now));
}

/** The Ready members that the budget has room for. What is broken costs nothing, and so needs no room. */
function withinBudget(observed: Observed, outdated: readonly ObservedMember[]): Moves {
  const { deployment, members, now } = observed;
  // While something broken is down it counts, or a healthy one would be stopped beside it. Ready, though not yet for
  // minReadySeconds, serves: it is stopped within the budget.
  const healthy = outdated.filter((member) => !isStopped(member) && isReady(member));
  const unavailable = members.filter(
    (member) => isWanted(deployment, member) && !healthy.includes(member) && !isAvailable(deployment, member, now),
  );
  const room = Math.max(0, toleratedLoss(deployment.spec) - unavailable.length);
  return { moving: namesOf(healthy.slice(0, room)), doubted: [], surging: [] };
}

/**
 * The Ready members that another pod serves for, and those that get such a pod now. No budget limits how many stop: that
 * pod is all there is in a member's place, and in a cache that lags it may serve long after its machine has gone.
 */
function surge(desired: Desired, observed: Observed, outdated: readonly ObservedMember[]): Moves {
  const { deployment, members, now } = observed;
  const healthy = outdated.filter((member) => !isStopped(member) && isReady(member));
  const isCovered = (member: ObservedMember): boolean =>
    isSurgeAvailable(deployment, member, now) &&
    !isOutdated({ ...member, statefulSet: member.surge }, desired.revision);
  const allowed = share(deployment.spec.rollout.maxSurge, desired.replicas, Math.ceil);
  const ours = members.filter((member) => member.surge !== undefined && isControlledBy(deployment, member.surge));
  const room = Math.max(0, allowed - ours.length);
  const waiting = healthy.filter((member) => member.surge === undefined);
  const covered = healthy.filter(isCovered);
  return {
    moving: namesOf(covered.filter(isProven)),
    doubted: namesOf(covered.filter((member) => !isProven(member))),
    surging: namesOf(waiting.slice(0, room)),
  };
}
