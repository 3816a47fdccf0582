// The conditions of the fleet: each one says whether, why, and where somebody has to act, who and how.
import { CONDITION, STALLED_REASONS, WARNED, type StalledReason } from '../../api/v1alpha1/conditions.ts';
import { MAX_CONDITIONS } from '../../api/v1alpha1/status.ts';
import type { Condition, NodeDeploymentSpec } from '../../api/v1alpha1/node-deployment.ts';
import { warningsOf } from '../../api/v1alpha1/warnings.ts';
import { shorten } from '../../kube/text.ts';
import { timestampOf } from '../../kube/timestamp.ts';
import { type ConditionValue, mergeConditions } from '../../kube/conditions.ts';
import type { Plan } from '../actions.ts';
import type { Desired } from '../desired/desire.ts';
import { isOutdated } from '../member.ts';
import type { Observed, ObservedMember } from '../observed.ts';
import type { Outcome } from '../outcome.ts';
import { storageVerdict, volumesVerdict } from '../volumes/conditions.ts';

export interface Facts {
  readonly desired: Desired;
  readonly observed: Observed;
  readonly plan: Plan;
  readonly outcome: Outcome;
  readonly wanted: readonly ObservedMember[];
  readonly available: readonly ObservedMember[];
}

export type Verdict = Pick<ConditionValue, 'status' | 'reason' | 'message'>;
const MAX_MESSAGE = 1024;

const ACCEPTED: Verdict = {
  status: 'True',
  reason: 'Valid',
  message: 'the spec is one that the operator can act on',
};

export function conditionsOf(facts: Facts): readonly Condition[] {
  const { deployment, now } = facts.observed;
  const stalled = stalledVerdict(facts);
  const held = stalledVerdict(withoutAsides(facts));
  const refused = refusedVerdict(facts.plan);
  const verdicts: readonly (readonly [string, Verdict])[] = [
    [CONDITION.Accepted, refused ?? acceptedVerdict(deployment.spec)],
    [CONDITION.Ready, refused ?? readyVerdict(facts, held)],
    [CONDITION.Progressing, refused ?? progressingVerdict(facts, stalled)],
    [CONDITION.Stalled, stalled],
    [CONDITION.StorageReady, storageVerdict(facts.observed, facts.wanted)],
    [CONDITION.VolumesSafe, volumesVerdict(facts.observed, facts.wanted)],
    [CONDITION.Paused, pausedVerdict(facts)],
  ];
  return stamp(verdicts, deployment.status?.conditions ?? [], deployment.metadata.generation, now);
}

function acceptedVerdict(spec: NodeDeploymentSpec): Verdict {
  const warnings = warningsOf(spec);
  if (warnings.length === 0) return ACCEPTED;
  return { status: 'True', reason: WARNED, message: warnings.join('; ') };
}

/** The conditions of a spec that the operator cannot act on: no child is touched, and what is known stays. */
export function rejectedConditions(
  previous: readonly Condition[],
  generation: number | undefined,
  message: string,
  now: number,
): readonly Condition[] {
  const rejected: Verdict = {
    status: 'False',
    reason: 'InvalidSpec',
    message: `${message}; correct the field and apply again`,
  };
  const verdicts = [
    [CONDITION.Accepted, rejected],
    [CONDITION.Ready, rejected],
  ] as const;
  return stamp(verdicts, previous, generation, now);
}

/** A template that the API server would refuse: no child is changed until it is corrected, or allowed. */
function refusedVerdict({ refusal }: Plan): Verdict | undefined {
  if (refusal === undefined) return undefined;
  const remedy =
    refusal.reason === 'InvalidTemplate'
      ? 'correct or revert spec.template'
      : 'ask for the right or the quota, or revert spec.template';
  const message = `the API server refuses spec.template, and no member is given it; ${remedy}: ${refusal.message}`;
  return { status: 'False', reason: refusal.reason, message };
}

function stamp(
  verdicts: readonly (readonly [string, Verdict])[],
  previous: readonly Condition[],
  observedGeneration: number | undefined,
  now: number,
): readonly Condition[] {
  const values = verdicts.map(([type, verdict]) => ({
    type,
    ...verdict,
    message: shorten(verdict.message, MAX_MESSAGE),
    observedGeneration,
  }));
  // Our own are the first: whoever fills the list up must not keep them from being written.
  return mergeConditions(previous, values, timestampOf(now)).slice(0, MAX_CONDITIONS);
}

function readyVerdict({ desired, observed, plan, wanted, available }: Facts, stalled: Verdict): Verdict {
  const count = `${available.length} of ${wanted.length} members are available`;
  if (desired.isTeardown) return { status: 'False', reason: 'Deleting', message: 'the fleet is being deleted' };
  if (desired.isSuspended) return { status: 'False', reason: 'Suspended', message: 'spec.suspend stops every member' };
  if (stalled.status === 'True')
    return { status: 'False', reason: stalled.reason, message: `${count}; ${stalled.message}` };
  if (plan.rolloutPlan?.phase === 'Active') {
    return {
      status: 'False',
      reason: 'RollingOut',
      message: `${count}; moving to revision ${plan.rolloutPlan.targetRevision}`,
    };
  }
  if (available.length < wanted.length) return { status: 'False', reason: 'MembersNotReady', message: count };
  const { partition } = observed.deployment.spec.rollout;
  const isBehind = wanted.some((member) => member.ordinal >= partition && isOutdated(member, desired.revision));
  if (isBehind)
    return { status: 'False', reason: 'RolloutPending', message: `${count}; some wait for their new revision` };
  return { status: 'True', reason: 'AllMembersReady', message: count };
}

function progressingVerdict({ desired, observed, plan, wanted, available }: Facts, stalled: Verdict): Verdict {
  const surplus = observed.members.length - wanted.length;
  if (stalled.reason === 'ProgressDeadlineExceeded') return { ...stalled, status: 'False' };
  if (desired.isPaused)
    return { status: 'False', reason: 'Paused', message: 'spec.paused: the operator changes no child' };
  if (desired.isTeardown) return { status: 'True', reason: 'Deleting', message: 'the fleet is being deleted' };
  if (plan.rolloutPlan?.phase === 'Active') {
    return { status: 'True', reason: 'RollingOut', message: `moving to revision ${plan.rolloutPlan.targetRevision}` };
  }
  if (plan.actions.some((action) => action.type === 'Delete') && surplus > 0) {
    return { status: 'True', reason: 'ScalingDown', message: 'members that are not wanted are being removed' };
  }
  if (available.length < wanted.length && !desired.isSuspended) {
    const count = `${wanted.length - available.length} of ${wanted.length}`;
    return { status: 'True', reason: 'MembersStarting', message: `${count} members are not available yet` };
  }
  return { status: 'False', reason: 'Complete', message: 'nothing is left to do' };
}

/** What holds up no member, the fleet's PodDisruptionBudget or a consumer, is no reason not to be Ready. */
function withoutAsides(facts: Facts): Facts {
  const { plan, outcome, observed } = facts;
  const isAside = (one: { readonly member: string; readonly isAside?: true }): boolean =>
    one.isAside === true || one.member === observed.deployment.metadata.name;
  const actions = plan.actions.filter((action) => action.type !== 'Wait' || !isAside(action));
  const refusals = outcome.refusals.filter((refusal) => !isAside(refusal));
  return { ...facts, plan: { ...plan, actions }, outcome: { ...outcome, refusals } };
}

function stalledVerdict({ observed, plan, outcome }: Facts): Verdict {
  const causes: { reason: StalledReason; member: string; message: string }[] = [...outcome.refusals];
  for (const action of plan.actions) {
    if (action.type === 'Wait' && action.stalled !== undefined) causes.push({ ...action, reason: action.stalled });
  }
  if (plan.overdue !== undefined) {
    const seconds = observed.deployment.spec.rollout.progressDeadlineSeconds;
    const message = `not available on the new revision within ${seconds} s; no other member is moved. Correct or revert spec.template`;
    causes.push({ reason: 'ProgressDeadlineExceeded', member: plan.overdue, message });
  }
  const [first] = causes.toSorted((a, b) => STALLED_REASONS.indexOf(a.reason) - STALLED_REASONS.indexOf(b.reason));
  if (first === undefined) return { status: 'False', reason: 'NotStalled', message: 'nothing needs anybody to act' };
  const others = new Set(causes.flatMap(({ member }) => (member === first.member ? [] : member)));
  const more = others.size === 0 ? '' : ` (and ${others.size} more)`;
  // The end of the message may be a command: nothing follows it.
  return { status: 'True', reason: first.reason, message: `${first.member}${more}: ${first.message}` };
}

function pausedVerdict({ desired, observed }: Facts): Verdict {
  if (desired.isPaused)
    return { status: 'True', reason: 'Paused', message: 'spec.paused: the operator changes no child' };
  if (observed.deployment.spec.rollout.paused) {
    return { status: 'True', reason: 'RolloutPaused', message: 'spec.rollout.paused: no further member is moved' };
  }
  return { status: 'False', reason: 'NotPaused', message: 'the operator acts on this fleet' };
}
