// The reconcile of a NodeDeployment, in seven steps: load, observe, desire, plan, execute, summarize, report. What has
// happened is announced once the status is stored, never before.
import type {
  NodeDeploymentStatus,
  RolloutPlan,
  SpecDecoding,
  StoredNodeDeployment,
} from '../api/v1alpha1/node-deployment.ts';
import { decodeSpec } from '../api/v1alpha1/node-deployment.ts';
import type { Plan } from '../domain/actions.ts';
import { type Desired, desire } from '../domain/desired/desire.ts';
import { eventsOf } from '../domain/events/events-of.ts';
import { beginnings } from '../domain/events/rollout.ts';
import { NOTHING_DONE } from '../domain/outcome.ts';
import { rejectedConditions } from '../domain/summary/condition-rules.ts';
import { fitStatus } from '../domain/summary/status-size.ts';
import { summarize } from '../domain/summary/summary.ts';
import { canWait } from '../domain/summary/urgency.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import {
  DONE,
  type ReconcileContext,
  type Reconciler,
  type Request,
  type Result,
  requeueAfter,
} from '../runtime/reconciler.ts';
import { NO_TRACER, type Tracer } from '../runtime/tracing/tracer.ts';
import type { Announce } from './announce.ts';
import type { Caches } from './caches.ts';
import type { Decide, Decision } from './decide.ts';
import type { Execute, Executed } from './execute.ts';
import type { OwnWrites } from '../runtime/cache/own-writes.ts';
import type { RemovedPods } from './removed-pods.ts';
import type { Report } from './report.ts';
import { nextLook } from './next-look.ts';
import { isStale } from './stale-read.ts';
import type { StatusObserver } from './status-observer.ts';
import type { StatusPace } from './status-pace.ts';

interface Steps {
  readonly caches: Pick<Caches, 'deployments'>;
  readonly ownWrites: OwnWrites;
  readonly removedPods: Pick<RemovedPods, 'forget'>;
  readonly decide: Decide;
  readonly execute: Execute;
  readonly report: Report;
  readonly statusPace: Pick<StatusPace, 'forget'>;
  readonly announce: Announce;
  readonly statusObserver?: StatusObserver;
  readonly clock: Clock;
  /** Default: none. */
  readonly tracer?: Tracer;
}

export function createNodeDeploymentReconciler(steps: Steps): Reconciler {
  return {
    reconcile: async (request, context) => {
      try {
        return await reconcile(steps, request, context);
      } catch (error) {
        if (isStale(error)) return { type: 'conflict', error };
        throw error;
      }
    },
  };
}

async function reconcile(steps: Steps, request: Request, context: ReconcileContext): Promise<Result> {
  const { caches, clock, ownWrites, tracer = NO_TRACER } = steps;
  const loaded = tracer.span('load', {}, () => caches.deployments.get(request));
  if (loaded === undefined) return gone(steps, request);
  const log = context.annotate({ plan: livePlan(loaded.status)?.id });
  const ownWritesState = ownWrites.state(request);
  if (ownWritesState === 'pending') return requeueAfter(OWN_WRITES_POLL_MS, 'OwnWritesNotSeen');
  const decoding = decodeSpec(loaded);
  if (!decoding.ok) return reject(steps, loaded, decoding, log);
  const deployment = { ...loaded, spec: decoding.spec };
  const desired = tracer.span('desire', {}, () => desire(deployment));
  const isSuspicious = context.attempt > 1 || ownWritesState === 'overdue';
  const decision = await steps.decide(deployment, desired, isSuspicious);
  const executed = await actOn(steps, deployment, desired, decision, context);
  return nextLook(decision.plan, executed.outcome, clock.now(), executed.statusAfterMs);
}

/** Steps 5 to 7. The status is reported also after an error. @throws what executing the plan threw */
async function actOn(
  steps: Steps,
  deployment: StoredNodeDeployment,
  desired: Desired,
  { observed, plan }: Decision,
  context: ReconcileContext,
): Promise<Executed & { readonly statusAfterMs?: number | undefined }> {
  const { tracer = NO_TRACER } = steps;
  const log = context.annotate({ plan: livePlan({ plan: plan.rolloutPlan })?.id });
  let executed: Executed = { outcome: NOTHING_DONE, deployment };
  let failure: { readonly error: unknown } | undefined;
  let statusAfterMs: number | undefined;
  try {
    executed = await tracer.span('execute', {}, () => steps.execute(plan, desired, observed, log));
  } catch (error) {
    if (isStale(error)) throw error;
    failure = { error };
  }
  const isReleased = plan.actions.some(({ type }) => type === 'RemoveFinalizer') && desired.isTeardown;
  if (!isReleased) {
    const status = tracer.span('summarize', {}, () => summarize(desired, observed, plan, executed.outcome));
    // How far a plan that failed was carried out is not known: only what the status tells is told.
    const done = failure === undefined ? plan : { ...plan, actions: [] };
    // Events tell of what a large status has no room for.
    const { outcome } = executed;
    const tell = (carriedOut: Plan) => eventsOf(deployment.status, observed, carriedOut, outcome, status);
    const events = tell(done);
    // What a write alone tells is told now or never; what a status tells is told when it is stored.
    const isLasting = events.length === tell({ ...plan, actions: [] }).length;
    const reported = await tracer.span('report', {}, () =>
      steps.report(executed.deployment, fitStatus(status), isLasting && canWait(observed, status)),
    );
    statusAfterMs = reported.afterMs;
    if (reported.isStored) {
      steps.statusObserver?.onStatus(deployment.status, status);
      steps.announce(deployment, events, log);
    }
  }
  if (failure !== undefined) throw failure.error;
  return { ...executed, statusAfterMs };
}

/** The plan that is being followed, if one is. */
function livePlan(status: Pick<NodeDeploymentStatus, 'plan'> | undefined): RolloutPlan | undefined {
  return status?.plan?.phase === 'Active' ? status.plan : undefined;
}

/** The event that is waited for enqueues the key itself; this is for the one that never comes. */
const OWN_WRITES_POLL_MS = 1000;

function gone({ ownWrites, removedPods, statusPace }: Steps, request: Request): Result {
  ownWrites.forget(request);
  statusPace.forget(request);
  removedPods.forget(request);
  return DONE;
}

/** A spec that the operator cannot read: no child is touched, the rest of the status stays as it was. */
async function reject(
  { report, announce, clock }: Steps,
  loaded: StoredNodeDeployment,
  decoding: Extract<SpecDecoding, { ok: false }>,
  log: Logger,
): Promise<Result> {
  const previous = loaded.status?.conditions ?? [];
  const conditions = rejectedConditions(previous, loaded.metadata.generation, decoding.message, clock.now());
  const status = { ...loaded.status, observedGeneration: loaded.metadata.generation, conditions: [...conditions] };
  const { isStored } = await report(loaded, status);
  if (isStored) announce(loaded, beginnings(loaded.status, status), log);
  return DONE;
}
