// The reconcile of a NodeDeployment, in seven steps: load, observe, desire, plan, execute, summarize, report. A rollout
// plan is stored before anything else is done; then it is begun at once.
import { type SpecDecoding, type StoredNodeDeployment, decodeSpec } from '../api/v1alpha1/node-deployment.ts';
import { desire } from '../domain/desired/desire.ts';
import { beginnings } from '../domain/events/rollout.ts';
import { rejectedConditions } from '../domain/summary/condition-rules.ts';
import type { OwnWrites } from '../runtime/cache/own-writes.ts';
import type { Logger } from '../runtime/log.ts';
import {
  DONE,
  type ReconcileContext,
  type Reconciler,
  type Request,
  type Result,
  requeueAfter,
} from '../runtime/reconciler.ts';
import { NO_TRACER } from '../runtime/tracing/tracer.ts';
import { type ActingSteps, act, livePlan } from './act.ts';
import type { Caches } from './caches.ts';
import { type Decide, followUp } from './decide.ts';
import { nextLook } from './next-look.ts';
import type { Refresh } from './refresh.ts';
import { isStale, isStaleFleet } from './stale-read.ts';

interface Steps extends ActingSteps {
  readonly caches: Pick<Caches, 'deployments'>;
  readonly refresh: Refresh;
  readonly ownWrites: OwnWrites;
  readonly decide: Decide;
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
  const { caches, refresh, clock, ownWrites, tracer = NO_TRACER } = steps;
  const cached = caches.deployments.get(request);
  if (cached === undefined) return DONE;
  const log = context.annotate({ plan: livePlan(cached.status)?.id });
  const ownWritesState = ownWrites.state(request);
  if (ownWritesState === 'pending')
    return { ...requeueAfter(OWN_WRITES_POLL_MS, 'OwnWritesNotSeen'), isUndecided: true };
  const hasMetFleet = isStaleFleet(context.failure);
  const loaded = await tracer.span('load', {}, async () => (hasMetFleet ? refresh(cached) : cached));
  const decoding = decodeSpec(loaded);
  if (!decoding.ok) return reject(steps, loaded, decoding, log);
  const deployment = { ...loaded, spec: decoding.spec };
  const desired = tracer.span('desire', {}, () => desire(deployment));
  // A conflict on the fleet says nothing of its children: under contention there are many.
  const hasMetChild = context.failure !== undefined && !hasMetFleet;
  const isSuspicious = hasMetChild || ownWritesState === 'overdue';
  let decision = await steps.decide(deployment, desired, isSuspicious);
  let acted = await act(steps, desired, decision, context);
  if (acted.isInVain) {
    decision = await steps.decide({ ...deployment, metadata: acted.deployment.metadata }, desired, isSuspicious, true);
    acted = await act(steps, desired, decision, context);
  }
  const next = acted.stored && followUp(desired, decision, acted.stored);
  if (next === undefined) return nextLook(decision.plan, acted.outcome, clock.now(), acted.afterMs);
  const { outcome, afterMs } = await act(steps, desired, next, context, acted.storedAtMs);
  return nextLook(next.plan, outcome, clock.now(), afterMs);
}

/** The event that is waited for enqueues the key itself; this is for the one that never comes. */
const OWN_WRITES_POLL_MS = 1000;

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
