// Step 4 of a reconcile: from what is wanted and what was read to an ordered list of actions. Pure. Here: what is done
// for the fleet, in which order, and when to look again; for a member: member-plan.ts.
import { FINALIZER } from '../api/v1alpha1/names.ts';
import { type Action, type Plan, earliest } from './actions.ts';
import { nextSkipMs } from './consumers/consumers.ts';
import type { Desired } from './desired/desire.ts';
import { planDisruptionBudget } from './disruption-budget.ts';
import { availableAtMs } from './member.ts';
import { planMember } from './member-plan.ts';
import { type Observed, type TemplateRefusal, isWanted } from './observed.ts';
import { planRevisions } from './rollout/revisions.ts';
import { type Rollout, STANDSTILL, planRollout } from './rollout/rollout.ts';
import { planCheck, withoutTemplate } from './rollout/template-check.ts';
import { planSurplus, planTeardown } from './teardown.ts';

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
