// The safety rules that no plan may break, whatever bug made it: checked before anything is executed.
//
// Numbered as in docs/architecture.md. A violation is a bug in plan(), never a user's mistake.
import { FINALIZER } from '../api/v1alpha1/names.ts';
import {
  CLAIM,
  CONTROLLER_REVISION,
  CRON_JOB,
  DISRUPTION_BUDGET,
  JOB,
  STATEFUL_SET,
  type CronJob,
  type PodTemplate,
  type StatefulSet,
} from '../kube/kinds.ts';
import type { Apply, Delete, Plan } from './actions.ts';
import { consumersOf } from './consumers/consumers.ts';
import { isRunOf, runEndMs } from './consumers/cron-job.ts';
import { revisionName } from './desired/controller-revision.ts';
import type { Desired } from './desired/desire.ts';
import { isPinnedTo } from './desired/pin.ts';
import { isOutdated, isPodOutdated, isReady, isSingleWriter, machineOf, revisionOfSet } from './member.ts';
import { type Observed, type ObservedMember, isControlledBy, isWanted } from './observed.ts';
import { isFresh, unreleased } from './volumes/release.ts';
import { WITHOUT_TEMPLATE } from './rollout/template-check.ts';
import { isClaimOf } from './volumes/claims.ts';

type Rule = (plan: Plan, desired: Desired, observed: Observed) => boolean;

const applies = (plan: Plan): readonly Apply[] => plan.actions.filter((action) => action.type === 'Apply');
const memberOf = (observed: Observed, action: { member: string }) =>
  observed.members.find(({ name }) => name === action.member);
/** What the plan stops; undefined where nobody has observed that member. */
const stopped = (plan: Plan, observed: Observed): readonly (ObservedMember | undefined)[] =>
  applies(plan)
    .filter(({ purpose }) => purpose === 'Quiesce')
    .map((action) => memberOf(observed, action));

/** Each rule answers whether the plan keeps it. */
const RULES: Readonly<Record<string, Rule>> = {
  'I5 a plan is stored before any of its effects': (plan, _desired, observed) =>
    plan.rolloutPlan === observed.deployment.status?.plan || plan.actions.length === 0,
  'I5 a template moves only under a stored, live plan to that revision': (plan, _desired, observed) =>
    applies(plan)
      .filter((action) => action.purpose === 'Start')
      .every((action) => {
        const member = memberOf(observed, action);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a Start applies is a StatefulSet
        const target = revisionOfSet(action.object as Parameters<typeof revisionOfSet>[0]);
        const stored = observed.deployment.status?.plan;
        const isMove = member?.statefulSet !== undefined && isOutdated(member, target ?? '');
        return !isMove || (stored?.phase === 'Active' && stored.targetRevision === target);
      }),
  'I7 no pod starts on a single-writer volume that is not proven free': (plan, _desired, observed) =>
    applies(plan)
      .filter((action) => action.purpose === 'Start' || action.purpose === 'Resume')
      .every((action) => {
        const member = memberOf(observed, action);
        const isNew = member?.claim === undefined || !isSingleWriter(observed.deployment.spec.storage);
        return isNew || (member.proof === 'live' && member.claimUsers.length === 0 && isReleased(observed, member));
      }),
  'I7 under Required no member is stopped for a move that nobody could prove safe': (plan, desired, observed) =>
    desired.isSuspended ||
    observed.deployment.spec.rollout.detach === 'BestEffort' ||
    !isSingleWriter(observed.deployment.spec.storage) ||
    !observed.unreadable.has('attachments') ||
    stopped(plan, observed).length === 0,
  'I7 no surge pod shares a single-writer volume with its member': (plan, _desired, observed) =>
    !isSingleWriter(observed.deployment.spec.storage) || !applies(plan).some((action) => action.purpose === 'Surge'),
  'I7 no consumer is started unless its member runs, and stays, on that machine': (plan, desired, observed) =>
    applies(plan)
      .filter((action) => action.purpose === 'StartConsumer')
      .every((action) => {
        const member = memberOf(observed, action);
        const machine = member && machineOf(member);
        const isStopping = desired.isSuspended || stopped(plan, observed).includes(member);
        const affinity = startedTemplate(action)?.spec?.affinity;
        return machine !== undefined && !isStopping && isPinnedTo(affinity, machine);
      }),
  'I7 no member is stopped while a consumer of it may write': (plan, _desired, observed) =>
    stopped(plan, observed).every(
      (member) => member?.consumers.every(({ pods, runs }) => pods.length + runs.length === 0) ?? false,
    ),
  'I8 no claim is deleted under Retain': (plan, desired) =>
    desired.surplusClaims === 'Delete' ||
    !plan.actions.some((action) => action.type === 'Delete' && action.kind === CLAIM),
  'I9 what is deleted is ours, by uid, and not wanted': (plan, desired, observed) =>
    plan.actions.filter((action) => action.type === 'Delete').every((action) => isOurs(action, desired, observed)),
  'I11 nothing is made for a deployment that is being deleted': (plan, desired) =>
    !desired.isTeardown || applies(plan).length === 0,
  'I11 in a teardown nothing follows the removal of the finalizer': (plan, desired) => {
    const index = plan.actions.findIndex((action) => action.type === 'RemoveFinalizer');
    return !desired.isTeardown || index < 0 || index === plan.actions.length - 1;
  },
  'I16 what is stopped for a move is Ready, and so within the budget, or was read live to be broken': (
    plan,
    desired,
    observed,
  ) =>
    desired.isSuspended ||
    stopped(plan, observed).every((member) => member !== undefined && (isReady(member) || member.proof === 'live')),
  'I16 where rollouts surge, a member is stopped only once it, and the pod in its place, were read live': (
    plan,
    desired,
    observed,
  ) =>
    desired.isSuspended ||
    !desired.isSurging ||
    stopped(plan, observed).every((member) => member !== undefined && member.proof === 'live'),
  'I16 a surge pod is taken away from a member that stays only once this was read live': (plan, desired, observed) =>
    desired.isSuspended ||
    desired.isTeardown ||
    plan.actions
      .filter((action) => action.type === 'Delete')
      .map((action) => ({ uid: action.uid, member: memberOf(observed, action) }))
      .every(({ uid, member }) => {
        const isSurge = member?.surge !== undefined && member.surge.metadata.uid === uid;
        return !isSurge || !isWanted(observed.deployment, member) || member.proof === 'live';
      }),
  'I16 a member that has the template of the target is stopped only if its pod was read live to have another': (
    plan,
    desired,
    observed,
  ) =>
    desired.isSuspended ||
    stopped(plan, observed).every((member) => {
      if (member === undefined || revisionOfSet(member.statefulSet) !== desired.revision) return true;
      return isPodOutdated(member) && member.proof === 'live';
    }),
  'I20 the finalizer is removed only if it is there': (plan, _desired, observed) =>
    !plan.actions.some((action) => action.type === 'RemoveFinalizer') ||
    (observed.deployment.metadata.finalizers?.includes(FINALIZER) ?? false),
  'I22 a template that is refused changes no child, except that suspend stops it': (plan, desired) =>
    plan.refusal === undefined ||
    applies(plan).every(
      ({ purpose, kind }) =>
        WITHOUT_TEMPLATE.has(purpose) || (purpose === 'Quiesce' && desired.isSuspended) || kind === DISRUPTION_BUDGET,
    ),
};

/** The names of the rules that the plan breaks; empty for every plan that may be executed. */
export function brokenInvariants(plan: Plan, desired: Desired, observed: Observed): readonly string[] {
  return Object.entries(RULES)
    .filter(([, keeps]) => !keeps(plan, desired, observed))
    .map(([name]) => name);
}

/** Whether the volume's last writer has let go of it, or the user has said not to wait for that for ever. */
function isReleased(observed: Observed, member: ObservedMember): boolean {
  if (observed.deployment.spec.rollout.detach === 'BestEffort') return true;
  if (member.attachments.length > 0) return false;
  if (isFresh(observed, member)) return true;
  const isKnown = !observed.unreadable.has('attachments');
  return isKnown && (member.isAttachable === true || unreleased(observed, member) === undefined);
}

function isOurs(action: Delete, desired: Desired, observed: Observed): boolean {
  if (action.kind === CONTROLLER_REVISION) return isUnused(action, desired, observed);
  if (action.kind === DISRUPTION_BUDGET) return isUnwantedBudget(action, desired, observed);
  const member = memberOf(observed, action);
  if (member === undefined) return false;
  if (action.kind === JOB) return isOverdueRun(action, observed, member);
  const isSurplus = desired.isTeardown || !isWanted(observed.deployment, member);
  if (action.kind === CLAIM) {
    const { claim } = member;
    return isSurplus && claim?.metadata.uid === action.uid && isClaimOf(observed.deployment, claim);
  }
  const child = [member.statefulSet, member.surge, member.service].find((one) => one?.metadata.uid === action.uid);
  const isSurge = child !== undefined && child === member.surge && action.kind === STATEFUL_SET;
  if (child !== undefined) return isControlledBy(observed.deployment, child) && (isSurplus || isSurge);
  return isUnwantedConsumer(action, isSurplus, observed, member);
}

/** Whether it is what one of the member's consumers is made of, and the spec does not want that one, or not so made. */
function isUnwantedConsumer({ kind, uid }: Delete, isSurplus: boolean, observed: Observed, member: ObservedMember) {
  const { deployment } = observed;
  const consumer = member.consumers.find((one) =>
    [one.statefulSet, one.cronJob].some((part) => part?.metadata.uid === uid),
  );
  const made = kind === CRON_JOB ? consumer?.cronJob : consumer?.statefulSet;
  const wanted = consumersOf(deployment.spec, kind === CRON_JOB ? 'CronJob' : 'Follower');
  const isKept = wanted.some(({ name }) => name === consumer?.name);
  return made?.metadata.uid === uid && isControlledBy(deployment, made) && (isSurplus || !isKept);
}

/** Whether it is a run of one of the member's CronJobs, which is ours, and its time is over. */
function isOverdueRun({ uid, controllerUid }: Delete, observed: Observed, member: ObservedMember): boolean {
  return member.consumers.some((consumer) => {
    const { cronJob } = consumer;
    const run = consumer.runs.find(({ metadata }) => metadata.uid === uid);
    if (cronJob === undefined || run === undefined || !isControlledBy(observed.deployment, cronJob)) return false;
    const isIts = isRunOf(cronJob, run) && cronJob.metadata.uid === controllerUid;
    return isIts && runEndMs(observed, member, consumer, run) <= observed.now;
  });
}

/** The pod template that a StartConsumer brings. */
function startedTemplate({ kind, object }: Apply): PodTemplate | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a StartConsumer applies one of two kinds
  if (kind === CRON_JOB) return (object as CronJob).spec?.jobTemplate.spec?.template;
  return (object as StatefulSet).spec?.template;
}

/** Whether the budget is ours, and nobody is to be spared by it. */
function isUnwantedBudget({ uid }: Delete, desired: Desired, { deployment, disruptionBudget }: Observed): boolean {
  if (disruptionBudget?.metadata.uid !== uid) return false;
  return !desired.isBudgetWanted && isControlledBy(deployment, disruptionBudget);
}

/** Whether the record is ours, and of a template that no member has or is to have. */
function isUnused({ key, uid }: Delete, desired: Desired, { deployment, members, revisions }: Observed): boolean {
  const record = revisions.find(({ metadata }) => metadata.uid === uid && metadata.name === key.name);
  const sets = members.flatMap(({ statefulSet, surge }) => [revisionOfSet(statefulSet), revisionOfSet(surge)]);
  const isUsed = [desired.revision, deployment.status?.currentRevision, ...sets].some(
    (one) => key.name === revisionName(deployment, one ?? ''),
  );
  return record !== undefined && isControlledBy(deployment, record) && !isUsed;
}
