// Gives a StatefulSet of ours its update strategy back, after somebody has set it to RollingUpdate.
//
// OnDelete alone is refused by the API server while `rollingUpdate` is there, and an apply removes no field of somebody
// else. So the field is taken over first, with a partition under which no pod rolls, and left out then.
import { ANNOTATION, STRATEGY_FIELD_MANAGER } from '../api/v1alpha1/names.ts';
import { STATEFUL_SET, type StatefulSet, type StoredStatefulSet, apiVersionOf } from '../kube/kinds.ts';
import { type Apply, readAt } from './actions.ts';

type Strategy = NonNullable<NonNullable<StatefulSet['spec']>['updateStrategy']>;
type Rolling = NonNullable<Strategy['rollingUpdate']>;

/** The next step back to OnDelete; undefined where nothing is in its way. */
export function restoreStrategy(member: string, statefulSet: StoredStatefulSet): Apply | undefined {
  const rolling = statefulSet.spec?.updateStrategy?.rollingUpdate;
  if (rolling === undefined) return undefined;
  const { name, namespace, annotations } = statefulSet.metadata;
  const isTaken = annotations?.[ANNOTATION.strategyTaken] !== undefined;
  const updateStrategy: Strategy = isTaken
    ? { type: 'OnDelete' }
    : { type: 'RollingUpdate', rollingUpdate: taken(rolling) };
  const object = {
    apiVersion: apiVersionOf(STATEFUL_SET),
    kind: STATEFUL_SET.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(isTaken ? {} : { annotations: { [ANNOTATION.strategyTaken]: 'true' } }),
    },
    spec: { updateStrategy },
  };
  return {
    type: 'Apply',
    purpose: 'Ensure',
    member,
    kind: STATEFUL_SET,
    // The model calls the selector and the template required; an apply of other fields need not repeat them.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    object: object as unknown as StatefulSet,
    fence: readAt(statefulSet),
    fieldManager: STRATEGY_FIELD_MANAGER,
  };
}

/** Other values than there are: a field of the same value would stay its former owner's too. */
function taken({ partition = 0, maxUnavailable }: Rolling): Rolling {
  const other = maxUnavailable === 1 ? 2 : 1;
  return { partition: partition + 1, ...(maxUnavailable === undefined ? {} : { maxUnavailable: other }) };
}
