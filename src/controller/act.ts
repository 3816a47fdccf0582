// Steps 5 to 7 of a reconcile: execute, summarize, report. What has happened is announced once the status is stored,
// never before, but for the end of what no status tells of. The status is reported also after an error.
import type { NodeDeploymentStatus, RolloutPlan } from '../api/v1alpha1/node-deployment.ts';
import type { Plan } from '../domain/actions.ts';
import type { Desired } from '../domain/desired/desire.ts';
import { eventsOf, lastWords } from '../domain/events/events-of.ts';
import { NOTHING_DONE } from '../domain/outcome.ts';
import { isTrial } from '../domain/rollout/template-check.ts';
import { fitStatus } from '../domain/summary/status-size.ts';
import { summarize } from '../domain/summary/summary.ts';
import { canWait } from '../domain/summary/urgency.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { ReconcileContext } from '../runtime/reconciler.ts';
import { NO_TRACER, type Tracer } from '../runtime/tracing/tracer.ts';
import type { Announce } from './announce.ts';
import type { Decision } from './decide.ts';
import type { Execute, Executed } from './execute.ts';
import type { Patience, Report, Reported } from './report.ts';
import { isStale } from './stale-read.ts';
import type { StatusObserver } from './status-observer.ts';

export interface ActingSteps {
  readonly execute: Execute;
  readonly report: Report;
  readonly announce: Announce;
  readonly statusObserver?: StatusObserver;
  readonly clock: Clock;
  /** Default: none. */
  readonly tracer?: Tracer;
}

export interface Acted extends Executed, Partial<Pick<Reported, 'stored' | 'afterMs'>> {
  /** Making the fleet's only member was to try its template, and has failed: nothing is told before it is known why. */
  readonly isInVain: boolean;
  /** Monotonic milliseconds: no later than when `stored` was written. */
  readonly storedAtMs: number;
}

/**
 * @param currentAtMs as in `Execute`
 * @throws what executing the plan threw, and ApiError 409 `Conflict` from the report
 */
export async function act(
  steps: ActingSteps,
  desired: Desired,
  { observed, plan }: Decision,
  context: ReconcileContext,
  currentAtMs?: number,
): Promise<Acted> {
  const { tracer = NO_TRACER, clock } = steps;
  const log = context.annotate({ plan: livePlan({ plan: plan.rolloutPlan })?.id });
  let executed: Executed = { outcome: NOTHING_DONE, deployment: observed.deployment };
  let failure: { readonly error: unknown } | undefined;
  try {
    executed = await tracer.span('execute', {}, () => steps.execute(plan, desired, observed, log, currentAtMs));
  } catch (error) {
    if (isStale(error)) throw error;
    failure = { error };
  }
  const storedAtMs = clock.monotonic();
  const hasFailed = failure !== undefined || executed.outcome.refusals.length > 0;
  if (hasFailed && isTrial(desired, observed)) return { ...executed, storedAtMs, isInVain: true };
  // How far a plan that failed was carried out is not known: only what the status tells is told.
  const done = failure === undefined ? plan : { ...plan, actions: [] };
  steps.announce(observed.deployment, lastWords(observed, done, executed.outcome), log);
  const isReleased = plan.actions.some(({ type }) => type === 'RemoveFinalizer') && desired.isTeardown;
  const patience = context.waiting > 0 ? 'longer' : 'some';
  const reported = isReleased
    ? undefined
    : await tell(steps, desired, { observed, plan }, { ...executed, done, patience }, log);
  if (failure !== undefined) throw failure.error;
  return { ...reported, ...executed, storedAtMs, isInVain: false };
}

interface Told extends Executed {
  /** The plan as far as it is known to be carried out. */
  readonly done: Plan;
  /** That of a status in which nothing is urgent. */
  readonly patience: Patience;
}

/** Steps 6 and 7. */
async function tell(
  { tracer = NO_TRACER, ...steps }: ActingSteps,
  desired: Desired,
  { observed, plan }: Decision,
  { outcome, deployment, done, patience }: Told,
  log: Logger,
): Promise<Reported> {
  const before = observed.deployment;
  const status = tracer.span('summarize', {}, () => summarize(desired, observed, plan, outcome));
  // Events tell of what a large status has no room for.
  const eventsAfter = (carriedOut: Plan) => eventsOf(before.status, observed, carriedOut, outcome, status);
  // What a write alone tells is told now or never; what a status tells is told when it is stored.
  const isLasting = (): boolean =>
    done.actions.length === 0 || eventsAfter(done).length === eventsAfter({ ...plan, actions: [] }).length;
  const fitted = fitStatus(status);
  const reported = await tracer.span('report', {}, () =>
    steps.report(deployment, fitted, canWait(observed, fitted) && isLasting() ? patience : 'none'),
  );
  if (reported.isStored) {
    steps.statusObserver?.onStatus(before.status, status);
    steps.announce(before, eventsAfter(done), log);
  }
  return reported;
}

/** The plan that is being followed, if one is. */
export function livePlan(status: Pick<NodeDeploymentStatus, 'plan'> | undefined): RolloutPlan | undefined {
  return status?.plan?.phase === 'Active' ? status.plan : undefined;
}
