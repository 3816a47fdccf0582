// Lists of pods, read live, by the members that they are of.
import { LABEL } from '../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { Readings } from '../domain/observed.ts';
import { POD, type StoredPod } from '../kube/kinds.ts';
import type { ObjectReader } from '../runtime/client/interfaces.ts';
import { type SharedRead, shareReads } from '../runtime/client/shared-reads.ts';

/** By namespace: pods of these members, or that may mount their claims, and those of whoever else asks at the time. */
export type SharedPods = SharedRead<ReadonlySet<string>, readonly StoredPod[]>;

/** Keeps a selector below 5 KB, whatever stands between us and the API server. */
const NAMES_PER_LIST = 64;

/** The pods of these members, and no others: those of their surges are among them. */
export function shareOwnPods(reader: ObjectReader): SharedPods {
  return shareReads((namespace, asked: readonly ReadonlySet<string>[]) => list(reader, namespace, selectorsOf(asked)));
}

/** All pods of the namespace but those that carry the name of another member: its consumers' and strangers' have none. */
export function shareAllPods(reader: ObjectReader): SharedPods {
  return shareReads((namespace, asked: readonly ReadonlySet<string>[]) =>
    list(reader, namespace, [...selectorsOf(asked), `!${LABEL.member}`]),
  );
}

function selectorsOf(asked: readonly ReadonlySet<string>[]): readonly string[] {
  const names = [...new Set(asked.flatMap((members) => [...members]))];
  return Array.from({ length: Math.ceil(names.length / NAMES_PER_LIST) }, (_, part) => {
    const some = names.slice(part * NAMES_PER_LIST, (part + 1) * NAMES_PER_LIST);
    return `${LABEL.member} in (${some.join(',')})`;
  });
}

async function list(
  reader: ObjectReader,
  namespace: string,
  selectors: readonly string[],
): Promise<readonly StoredPod[]> {
  const lists = await Promise.all(selectors.map((labelSelector) => reader.list(POD, { namespace, labelSelector })));
  return lists.flat();
}

/**
 * `cached`, with the pods of these members as they are: no volume of theirs has one writer, so a pod that only the cache
 * still shows counts for nothing.
 */
export async function readOwnPods(
  ownPods: SharedPods,
  { metadata: { namespace = '', name } }: StoredNodeDeployment,
  cached: Readings,
  members: ReadonlySet<string>,
): Promise<Readings> {
  const listed = await ownPods(namespace, members);
  const isIts = ({ metadata: { labels = {} } }: StoredPod): boolean =>
    labels[LABEL.deployment] === name && members.has(labels[LABEL.member] ?? '');
  const pods = [...cached.pods.filter((pod) => !isIts(pod)), ...listed.filter(isIts)];
  return { ...cached, pods, provenClaims: members };
}
