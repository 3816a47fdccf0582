// All that the operator is responsible for in a namespace, as text, without what is another one each time: names that are
// generated, times, addresses, machines. Two runs that came to the same end have the same text.
import { ANNOTATION, LABEL } from '../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { CLAIM, DISRUPTION_BUDGET, POD, SERVICE, STATEFUL_SET, type Kind } from '../../src/kube/kinds.ts';
import type { Cluster } from '../envtest/support/cluster.ts';

/** Fields that differ between two runs without a fault, or that only their own controllers write. */
const RUN_FIELDS: ReadonlySet<string> = new Set([
  'managedFields',
  'resourceVersion',
  'uid',
  'namespace',
  'ownerReferences',
  'clusterIP',
  'clusterIPs',
  'volumeName',
  // Of the plan: a hash of the uid.
  'id',
  // What was seen of the last hand-off, step by step, and the note of it on the StatefulSet: who was killed has not seen it
  // all, and says so.
  'handoff',
  ANNOTATION.handoff,
]);

const RUN_VALUES: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'],
  [/\bmachine-\d\b/g, 'MACHINE'],
  [/\btest-[0-9a-f]{8}\b/g, 'NAMESPACE'],
];

/** A line for each object, sorted. The `generation` of a child counts the writes that changed its spec. */
export async function endState({ client, namespace }: Cluster): Promise<readonly string[]> {
  const kinds: readonly Kind[] = [NODE_DEPLOYMENT, STATEFUL_SET, SERVICE, CLAIM, DISRUPTION_BUDGET];
  const lists = await Promise.all(
    kinds.map(async (kind) =>
      (await client.list(kind, { namespace })).map((object) => `${kind.kind} ${normalized(object)}`),
    ),
  );
  const pods = (await client.list(POD, { namespace })).map(
    ({ metadata }) => `Pod ${metadata.name} ${metadata.labels?.[LABEL.revision]}`,
  );
  return [...lists.flat(), ...pods].toSorted();
}

function normalized(object: object): string {
  const text = JSON.stringify(object, (key, value: unknown) => (RUN_FIELDS.has(key) ? undefined : value));
  return RUN_VALUES.reduce((known, [pattern, name]) => known.replaceAll(pattern, name), text);
}
