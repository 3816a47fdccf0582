// What a run comes to, without what may differ: names by chance, times, machines, and what other people left on an
// object. I15 compares it with the end of a fresh fleet of the same spec to which nothing has happened.
import { ANNOTATION, FINALIZER } from '../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { memberName } from '../../src/domain/member-name.ts';
import { CLAIM, CRON_JOB, DISRUPTION_BUDGET, POD, SERVICE, STATEFUL_SET, type Kind } from '../../src/kube/kinds.ts';
import { CONDITION } from '../../src/api/v1alpha1/conditions.ts';
import { KEY } from './actors/people.ts';
import { type Document, isObject, type Json } from './model/document.ts';
import type { ModelStore } from './model/store.ts';

const CHILDREN: readonly Kind[] = [STATEFUL_SET, SERVICE, DISRUPTION_BUDGET, CRON_JOB, POD];
/** Times, the record of the last hand-off, and what is a function of the uid of the fleet. */
const VOLATILE: ReadonlySet<string> = new Set([
  ANNOTATION.quiescedAt,
  ANNOTATION.handoff,
  ANNOTATION.deploymentUid,
  ANNOTATION.appliedHash,
]);

/** By object, as text: two of them are compared line by line. */
export function endStateOf(store: ModelStore): readonly string[] {
  const deployment = store.get(NODE_DEPLOYMENT, KEY) as unknown as StoredNodeDeployment | undefined;
  if (deployment === undefined) return [];
  const lines = CHILDREN.flatMap((kind) => store.list(kind).map((object) => `${nameOf(object)} ${contentOf(object)}`));
  const members = Array.from({ length: deployment.spec.replicas }, (_, ordinal) => memberName(deployment, ordinal));
  const claims = deployment.spec.storage === undefined ? [] : members.map((name) => claimLine(store, name));
  return [...lines, ...claims, `NodeDeployment ${JSON.stringify(statusOf(deployment))}`].toSorted();
}

/** The lines that are in one of them only. */
export function differences(end: readonly string[], fresh: readonly string[]): readonly string[] {
  return [
    ...end.filter((line) => !fresh.includes(line)).map((line) => `+ ${line}`),
    ...fresh.filter((line) => !end.includes(line)).map((line) => `- ${line}`),
  ];
}

const nameOf = ({ kind, metadata }: Document): string => `${kind} ${metadata.name}`;

function contentOf({ metadata, ...object }: Document): string {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  const { nodeName: _, ...kept } = spec;
  return JSON.stringify([ours(metadata.labels), ours(metadata.annotations), steady(kept)]);
}

/** A claim outlives fleets: how large it has grown, and who used it first, is its own history. */
function claimLine(store: ModelStore, name: string): string {
  const claim = store.get(CLAIM, { namespace: KEY.namespace, name });
  const spec = isObject(claim?.['spec']) ? claim['spec'] : {};
  return `PersistentVolumeClaim ${name} ${JSON.stringify([claim && ours(claim.metadata.labels), spec['accessModes']])}`;
}

function statusOf({ status, metadata }: StoredNodeDeployment): Json {
  const own = new Set<string>(Object.values(CONDITION));
  return {
    hasFinalizer: metadata.finalizers?.includes(FINALIZER) ?? false,
    conditions: status?.conditions?.filter(({ type }) => own.has(type)).map(({ type, status: is }) => `${type}=${is}`),
    replicas: status?.replicas,
    readyReplicas: status?.readyReplicas,
    updatedReplicas: status?.updatedReplicas,
    availableReplicas: status?.availableReplicas,
    currentRevision: status?.currentRevision,
    members: status?.members?.map(({ name, phase, message }) => [name, phase, message]),
  };
}

/** Labels or annotations that the operator sets; others are somebody else's. */
function ours(all: Readonly<Record<string, string>> = {}): Json {
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => /nodefleet\.dev\/|kubernetes\.io\//.test(name) && !VOLATILE.has(name))
      .toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}

/** Its members in order, without what is volatile at any depth. */
function steady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(steady);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([name]) => !VOLATILE.has(name));
  return Object.fromEntries(
    entries.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([name, member]) => [name, steady(member)]),
  );
}
