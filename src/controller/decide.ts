// Steps 2 and 4 of a reconcile: observe and plan, until the plan asks nothing more.
//
// The cache answers most questions. What a decision may rest on only when it was read live, the plan asks for; the answer
// becomes part of what was observed, and the plan is made anew. Each kind of question is asked once at most.
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { Action, Plan } from '../domain/actions.ts';
import type { Desired } from '../domain/desired/desire.ts';
import type { Observed } from '../domain/observed.ts';
import { plan as planActions } from '../domain/plan.ts';
import type { ObjectChecker, ObjectReader } from '../runtime/client/interfaces.ts';
import { recall, verdictOn } from './ask.ts';
import type { Observe } from './observe.ts';

export interface Decision {
  readonly observed: Observed;
  readonly plan: Plan;
}

/** @param isSuspicious as in `ObserveOptions` */
export type Decide = (deployment: StoredNodeDeployment, desired: Desired, isSuspicious: boolean) => Promise<Decision>;

export function createDecide(observe: Observe, client: ObjectReader & ObjectChecker): Decide {
  return async (deployment, desired, isSuspicious) => {
    let observed = await observe(deployment, { prove: new Set(), isSuspicious });
    let plan = planActions(desired, observed);
    const check = asked(plan, 'Check')[0];
    if (check !== undefined) {
      observed = { ...observed, verdict: await verdictOn(client, check) };
      plan = planActions(desired, observed);
    }
    const record = asked(plan, 'Recall')[0];
    if (record !== undefined) {
      observed = { ...observed, revisions: await recall(client, record, observed.revisions) };
      plan = planActions(desired, observed);
    }
    const prove = new Set(asked(plan, 'Prove').map(({ member }) => member));
    if (prove.size === 0) return { observed, plan };
    const { verdict, revisions } = observed;
    observed = { ...(await observe(deployment, { prove, isSuspicious })), verdict, revisions };
    return { observed, plan: planActions(desired, observed) };
  };
}

function asked<T extends 'Prove' | 'Check' | 'Recall'>(plan: Plan, type: T): readonly Extract<Action, { type: T }>[] {
  return plan.actions.filter((action): action is Extract<Action, { type: T }> => action.type === type);
}
