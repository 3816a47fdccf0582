// The fleet's PodDisruptionBudget: made, followed and removed with one write each. Whatever is wrong with it holds up
// no member.
import { DISRUPTION_BUDGET } from '../kube/kinds.ts';
import { isTerminating, keyOf } from '../kube/object.ts';
import type { Action } from './actions.ts';
import { ensure, foreignChild } from './children.ts';
import type { Desired } from './desired/desire.ts';
import { disruptionBudget } from './desired/disruption-budget.ts';
import { type Observed, isControlledBy } from './observed.ts';

const REMEDY = 'delete it, or keep it and set spec.disruptionBudget to None';

/** A suspended fleet keeps its budget: there is no pod that it could spare, and a resume finds it there. */
export function planDisruptionBudget(desired: Desired, observed: Observed): readonly Action[] {
  const { deployment, disruptionBudget: current } = observed;
  const fleet = { name: deployment.metadata.name };
  if (desired.isBudgetWanted) {
    const foreign = foreignChild(observed, fleet, current, REMEDY);
    return foreign === undefined ? ensure(fleet, disruptionBudget(deployment), current, DISRUPTION_BUDGET) : [foreign];
  }
  if (current === undefined || isTerminating(current) || !isControlledBy(deployment, current)) return [];
  const { uid } = current.metadata;
  return [{ type: 'Delete', member: fleet.name, kind: DISRUPTION_BUDGET, key: keyOf(current), uid }];
}
