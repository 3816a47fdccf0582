// The second and third oracle compare states: a state without what may differ between two that are as good as each other,
// which is times, versions, uids, and what tells of the past.
import { ANNOTATION } from '../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import {
  ATTACHMENT,
  CLAIM,
  CONTROLLER_REVISION,
  CRON_JOB,
  DISRUPTION_BUDGET,
  POD,
  SERVICE,
  STATEFUL_SET,
  type Kind,
} from '../../src/kube/kinds.ts';
import { type Document, isObject, type Json } from '../sim/model/document.ts';
import type { ClusterState } from './state.ts';
import { KEY } from './world.ts';

/** What a state is compared by. */
export const KINDS: readonly Kind[] = [
  NODE_DEPLOYMENT,
  STATEFUL_SET,
  SERVICE,
  CLAIM,
  POD,
  CRON_JOB,
  DISRUPTION_BUDGET,
  CONTROLLER_REVISION,
  ATTACHMENT,
];

/** What counts, or tells of the past: a version, a step of a hand-off, what was left behind. */
const OF_THE_PAST = new Set([
  ...['uid', 'resourceVersion', 'generation', 'observedGeneration', 'creationTimestamp', 'revision'],
  ...['plan', 'history', 'handoff', 'retainedClaims', 'largestCapacity', 'since', 'lastTransitionTime'],
  ...[ANNOTATION.quiescedAt, ANNOTATION.handoff, ANNOTATION.strategyTaken, ANNOTATION.deploymentUid],
]);

/** One line for each value of the state, by its path, sorted. */
export function normalForm(store: ClusterState): readonly string[] {
  const deployment = store.get(NODE_DEPLOYMENT, KEY) as unknown as StoredNodeDeployment | undefined;
  const objects = KINDS.flatMap((kind) => store.list(kind).map((object) => ({ kind, object })));
  const uids = new Map(
    objects.map(({ kind, object }) => [object.metadata.uid, `${kind.kind}/${object.metadata.name}`]),
  );
  const unnamed = (value: string): string => {
    let named = value;
    for (const [uid, name] of uids) named = named.replaceAll(uid, `<${name}>`);
    return named.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>');
  };
  return objects
    .filter(({ kind, object }) => isOfNow(kind, object, deployment))
    .flatMap(({ kind, object }) => lines(`${kind.kind}/${object.metadata.name}`, object))
    .map(unnamed)
    .toSorted();
}

/** Not what an earlier spec has left behind on purpose: claims, and records of templates. */
function isOfNow(kind: Kind, object: Document, deployment: StoredNodeDeployment | undefined): boolean {
  const { name } = object.metadata;
  const { spec, status } = deployment ?? {};
  if (kind === CONTROLLER_REVISION) return name === `${KEY.name}-${status?.updateRevision}`;
  return kind !== CLAIM || Number(name.slice(KEY.name.length + 1)) < (spec?.replicas ?? 0);
}

function lines(path: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => lines(`${path}[${nameOf(item) ?? index}]`, item));
  if (!isObject(value)) return value === undefined ? [] : [`${path} = ${JSON.stringify(value)}`];
  const members = Object.entries(value satisfies Json).filter(([name]) => !OF_THE_PAST.has(name));
  return members.flatMap(([name, member]) => lines(`${path}.${name}`, member));
}

const nameOf = (item: unknown): string | undefined =>
  isObject(item) && typeof item['name'] === 'string' ? item['name'] : undefined;

/** Lines that only one of the two has. */
export function differences(left: readonly string[], right: readonly string[]): readonly string[] {
  const [inLeft, inRight] = [new Set(left), new Set(right)];
  return [
    ...left.filter((line) => !inRight.has(line)).map((line) => `- ${line}`),
    ...right.filter((line) => !inLeft.has(line)).map((line) => `+ ${line}`),
  ];
}
