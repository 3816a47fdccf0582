// A new template is checked before anything is touched: the API server is asked what it would say of a member that has
// it.
//
// Guarantees: a template that has passed, or that a member has, is not asked about again; under one that is refused no
// child is changed, except that a member which a hand-off has stopped is started again on the template that it has, and
// that `spec.suspend` stops all of them: that takes no template. `status.updateRevision` names the last template that
// has passed. The first template of a fleet of one member is tried by making it: there is nothing to lose yet.
import { FIELD_MANAGER } from '../../api/v1alpha1/names.ts';
import { STATEFUL_SET } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { type Action, type Apply, type Check, readAt } from '../actions.ts';
import type { Desired } from '../desired/desire.ts';
import { statefulSet } from '../desired/stateful-set.ts';
import { revisionOfSet } from '../member.ts';
import { memberName } from '../member-name.ts';
import { type Observed, type ObservedMember, isControlledBy } from '../observed.ts';

/** What to ask; undefined where the template has passed before, or the answer is there. */
export function planCheck(desired: Desired, observed: Observed): Check | undefined {
  const { deployment, verdict } = observed;
  if (verdict !== undefined || hasPassed(desired, observed) || isTrial(desired, observed)) return undefined;
  const { ordinal, current } = exampleOf(observed);
  return {
    type: 'Check',
    kind: STATEFUL_SET,
    object: statefulSet(deployment, memberName(deployment, ordinal), desired.revision),
    fence: readAt(current),
    fieldManager: FIELD_MANAGER,
  };
}

/** Whether the API server is known to take the template: it has said so, or a member has it. */
export function hasPassed({ revision }: Desired, { deployment, members, verdict }: Observed): boolean {
  if (verdict === 'accepted' || revision === deployment.status?.updateRevision) return true;
  return members.some(
    ({ statefulSet: set }) => set !== undefined && isControlledBy(deployment, set) && revisionOfSet(set) === revision,
  );
}

/** Whether the fleet's only member is about to be made, for the first time. Where that fails the template is asked about. */
export function isTrial({ isPaused, isSuspended }: Desired, { deployment, members, hasFailed }: Observed): boolean {
  const isFirst = deployment.status === undefined && deployment.spec.replicas === 1 && !hasFailed;
  return isFirst && !isPaused && !isSuspended && members.every(({ statefulSet }) => statefulSet === undefined);
}

/** A member that stands for all: one that there is, because changing it takes no quota, else the first that could be made. */
function exampleOf({ deployment, members }: Observed): {
  readonly ordinal: number;
  readonly current?: ObservedMember['statefulSet'];
} {
  const taken = members.filter(({ statefulSet }) => statefulSet !== undefined);
  for (const { ordinal, statefulSet: current } of taken) {
    if (current && isControlledBy(deployment, current) && !isTerminating(current)) return { ordinal, current };
  }
  const ordinals = new Set(taken.map(({ ordinal }) => ordinal));
  let ordinal = 0;
  while (ordinals.has(ordinal)) ordinal += 1;
  return { ordinal };
}

/** Of what a member would need, that which neither brings it a template nor takes anything from it, unless to suspend it. */
export function withoutTemplate({ isSuspended }: Desired, actions: readonly Action[]): readonly Action[] {
  return actions.filter((action) => {
    if (action.type === 'Apply')
      return WITHOUT_TEMPLATE.has(action.purpose) || (isSuspended && action.purpose === 'Quiesce');
    return action.type === 'Wait' || action.type === 'Prove' || (isSuspended && action.type === 'Delete');
  });
}

/** What brings a member no template. A consumer in a pod of its own has another one, and follows its member. */
export const WITHOUT_TEMPLATE: ReadonlySet<Apply['purpose']> = new Set(['Resume', 'StartConsumer', 'StopConsumer']);
