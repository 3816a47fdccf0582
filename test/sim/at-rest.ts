// What has to be true once faults have stopped and the spec is fixed (I13).
import { CONDITION } from '../../src/api/v1alpha1/conditions.ts';
import { LABEL } from '../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { revisionOf } from '../../src/domain/desired/pod-template.ts';
import { CLAIM, DISRUPTION_BUDGET, POD, SERVICE, STATEFUL_SET, type Kind, type Pod } from '../../src/kube/kinds.ts';
import type { Stored } from '../../src/kube/object.ts';
import { readySinceMs } from '../../src/kube/pods.ts';
import { KEY } from './actors/people.ts';
import { isSame } from './model/document.ts';
import type { ModelStore } from './model/store.ts';

/** What is not yet as the spec says; empty once it is. */
export function unfinished(store: ModelStore): readonly string[] {
  const deployment = store.get(NODE_DEPLOYMENT, KEY) as unknown as StoredNodeDeployment | undefined;
  if (deployment === undefined) return ['there is no NodeDeployment'];
  const { spec, status, metadata } = deployment;
  if (metadata.deletionTimestamp !== undefined) return ['the NodeDeployment is terminating'];
  const members = Array.from({ length: spec.replicas }, (_, ordinal) => `${KEY.name}-${ordinal}`);
  const pods = store.list(POD) as unknown as readonly Stored<Pod>[];
  const problems = [
    compare('StatefulSets', namesOf(store, STATEFUL_SET), members),
    compare('Services', namesOf(store, SERVICE), members),
    compare(
      'pods',
      namesOf(store, POD),
      members.map((name) => `${name}-0`),
    ),
    compare('disruption budgets', namesOf(store, DISRUPTION_BUDGET), spec.replicas > 1 ? [KEY.name] : []),
    spec.storage !== undefined && missing('claims', namesOf(store, CLAIM), members),
    ...pods
      .filter((pod) => readySinceMs(pod) === undefined)
      .map(({ metadata: { name } }) => `pod ${name} is not Ready`),
    ...pods
      .filter((pod) => pod.metadata.labels?.[LABEL.revision] !== revisionOf(spec))
      .map(({ metadata: { name } }) => `pod ${name} is of another revision`),
    status?.observedGeneration !== metadata.generation && `observedGeneration is ${status?.observedGeneration}`,
    status?.plan?.phase === 'Active' && `plan ${status.plan.id} is Active`,
    status?.conditions?.find(({ type }) => type === CONDITION.Ready)?.status !== 'True' &&
      'the condition Ready is not True',
    status?.conditions?.find(({ type }) => type === CONDITION.Progressing)?.status !== 'False' &&
      'Progressing is not False',
  ];
  return problems.filter((problem) => typeof problem === 'string');
}

function namesOf(store: ModelStore, kind: Kind): readonly string[] {
  return store
    .list(kind)
    .map(({ metadata }) => metadata.name)
    .toSorted();
}

function compare(what: string, are: readonly string[], wanted: readonly string[]): string | false {
  return !isSame(are, wanted.toSorted()) && `${what} are ${are.join(', ')}, wanted are ${wanted.join(', ')}`;
}

function missing(what: string, are: readonly string[], wanted: readonly string[]): string | false {
  const absent = wanted.filter((name) => !are.includes(name));
  return absent.length > 0 && `${what} ${absent.join(', ')} are missing`;
}
