// Steps 2 and 4 of a reconcile: observe and plan, until the plan asks nothing more.
//
// The cache answers most questions. What a decision may rest on only when it was read live, the plan asks for; the
// answer becomes part of what was observed, and the plan is made anew. Each kind of question is asked once at most.
// Once a rollout plan is stored, what follows from it.
import type { NodeDeploymentSpec, StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { type Action, type Check, type Plan, isQuestion } from '../domain/actions.ts';
import type { Desired } from '../domain/desired/desire.ts';
import { type Observed, withStatusOf } from '../domain/observed.ts';
import { plan as makePlan } from '../domain/plan.ts';
import type { ObjectChecker, ObjectReader } from '../runtime/client/interfaces.ts';
import type { Clock } from '../runtime/clock.ts';
import { NO_TRACER, type Tracer } from '../runtime/tracing/tracer.ts';
import { recall, verdictOn } from './ask.ts';
import type { Observe } from './observe.ts';

export interface Decision {
  readonly observed: Observed;
  readonly plan: Plan;
}

/**
 * @param isSuspicious as in `ObserveOptions`
 * @param hasFailed as in `Observed`; default: false
 */
export type Decide = (
  deployment: StoredNodeDeployment,
  desired: Desired,
  isSuspicious: boolean,
  hasFailed?: boolean,
) => Promise<Decision>;

/**
 * Milliseconds for which a template that the API server has taken is not asked about again: where others write the status
 * all the time, a plan is made many times before it can be stored.
 */
const ACCEPTED_MS = 10_000;

export interface DecideOptions {
  readonly observe: Observe;
  readonly client: ObjectReader & ObjectChecker;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Default: none. */
  readonly tracer?: Tracer | undefined;
}

export function createDecide({ observe: read, client, clock, tracer = NO_TRACER }: DecideOptions): Decide {
  /** When the template of a spec was accepted, in monotonic milliseconds. A new spec is another object. */
  const acceptedAtMs = new WeakMap<NodeDeploymentSpec, number>();
  const wasAccepted = (spec: NodeDeploymentSpec): boolean =>
    clock.monotonic() - (acceptedAtMs.get(spec) ?? -Infinity) < ACCEPTED_MS;
  const verdictOf = async (check: Check, spec: NodeDeploymentSpec): Promise<Observed['verdict']> => {
    const askedAtMs = clock.monotonic();
    const verdict = await verdictOn(client, check);
    if (verdict === 'accepted') acceptedAtMs.set(spec, askedAtMs);
    return verdict;
  };
  const observe: Observe = (...from) => tracer.span('observe', {}, () => read(...from));
  /** The answers belong to the plan that asked. */
  const ask = <R>(question: () => Promise<R>): Promise<R> => tracer.span('plan', {}, question);
  const planActions: typeof makePlan = (...from) => tracer.span('plan', {}, () => makePlan(...from));
  return async (deployment, desired, isSuspicious, hasFailed = false) => {
    let observed: Observed = { ...(await observe(deployment, { prove: new Set(), isSuspicious })), hasFailed };
    let plan = planActions(desired, observed);
    const check = asked(plan, 'Check')[0];
    if (check !== undefined) {
      const isAccepted = !hasFailed && wasAccepted(deployment.spec);
      observed = { ...observed, verdict: isAccepted ? 'accepted' : await ask(() => verdictOf(check, deployment.spec)) };
      plan = planActions(desired, observed);
    }
    const record = asked(plan, 'Recall')[0];
    if (record !== undefined) {
      const { revisions } = observed;
      observed = { ...observed, revisions: await ask(() => recall(client, record, revisions)) };
      plan = planActions(desired, observed);
    }
    const prove = new Set(asked(plan, 'Prove').map(({ member }) => member));
    if (prove.size === 0) return { observed, plan };
    const { verdict, revisions } = observed;
    observed = { ...(await observe(deployment, { prove, isSuspicious })), hasFailed, verdict, revisions };
    return { observed, plan: planActions(desired, observed) };
  };
}

/**
 * What follows from a rollout plan that has just been stored with this NodeDeployment; undefined where none has begun, or
 * something has to be asked first. It rests on the reading that the plan was made from: that came before the locked write,
 * which has proven that nobody had moved on.
 */
export function followUp(desired: Desired, decision: Decision, stored: StoredNodeDeployment): Decision | undefined {
  const { rolloutPlan } = decision.plan;
  const isBegun = rolloutPlan?.phase === 'Active' && rolloutPlan !== decision.observed.deployment.status?.plan;
  if (!isBegun) return undefined;
  const observed = withStatusOf(decision.observed, stored);
  const plan = makePlan(desired, observed);
  return plan.actions.some(isQuestion) ? undefined : { observed, plan };
}

function asked<T extends 'Prove' | 'Check' | 'Recall'>(plan: Plan, type: T): readonly Extract<Action, { type: T }>[] {
  return plan.actions.filter((action): action is Extract<Action, { type: T }> => action.type === type);
}
