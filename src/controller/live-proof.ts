// The live reading on which a volume gets a new writer: claims and their volumes, pods, attachments, and pods again.
//
// Guarantees: each read begins after the one before it has ended, so a pod that is missing from both lists, and an
// attachment that is missing between them, were not there together. What may not be read (403) is `unreadable`, never
// absent. A pod counts until the cache has seen it go too. CSIDrivers come from the cache: their `attachRequired` cannot be changed.
import { LABEL } from '../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { Optional, Readings } from '../domain/observed.ts';
import { ATTACHMENT, CLAIM, MACHINE, POD, VOLUME, type StoredPod, type StoredVolume } from '../kube/kinds.ts';
import { claimsOf } from '../kube/pods.ts';
import { isForbidden } from '../runtime/client/api-error.ts';
import type { ObjectReader } from '../runtime/client/interfaces.ts';

/** `cached`, with what belongs to the claims of these members read anew. */
export async function readLive(
  reader: ObjectReader,
  deployment: StoredNodeDeployment,
  cached: Readings,
  members: ReadonlySet<string>,
): Promise<Readings> {
  const { namespace = '', name } = deployment.metadata;
  const unreadable = new Set(cached.unreadable);
  const claims = await present([...members].map((member) => reader.get(CLAIM, { namespace, name: member })));
  const bound = new Set(claims.flatMap(({ spec }) => spec?.volumeName || []));
  const getVolume = (volume: string) =>
    ifAllowed(unreadable, 'volumes', reader.get(VOLUME, { namespace: '', name: volume }));
  const volumes = await present([...bound].map(getVolume));
  const before = await reader.list(POD, { namespace });
  // A volume that no claim is bound to is not attached for it.
  const listed = bound.size === 0 ? [] : await ifAllowed(unreadable, 'attachments', reader.list(ATTACHMENT));
  const after = await reader.list(POD, { namespace });
  // A pod that only the cache still shows is gone, but how it went has not been told yet: it counts until it has.
  const ownerOf = ({ metadata: { labels = {} } }: StoredPod): string =>
    labels[LABEL.member] ?? labels[LABEL.consumerOf] ?? '';
  const known = cached.pods.filter((pod) => members.has(ownerOf(pod)));
  const pods = new Map([...known, ...before, ...after].map((pod) => [pod.metadata.uid, pod]));
  const isRelevant = (pod: StoredPod): boolean =>
    pod.metadata.labels?.[LABEL.deployment] === name || claimsOf(pod).some((claim) => members.has(claim));
  const isBound = (volume: string | undefined): boolean => volume !== undefined && bound.has(volume);
  const isOutdated = ({ metadata }: StoredVolume): boolean => isBound(metadata.name) && !unreadable.has('volumes');
  return {
    ...cached,
    claims: [...cached.claims.filter(({ metadata }) => !members.has(metadata.name)), ...claims],
    volumes: [...volumes, ...cached.volumes.filter((volume) => !isOutdated(volume))],
    pods: [...pods.values()].filter(isRelevant),
    machines: await readMachines(reader, deployment, cached, members, unreadable),
    attachments: [
      ...cached.attachments.filter(({ spec }) => !isBound(spec.source.persistentVolumeName)),
      ...(listed ?? cached.attachments).filter(({ spec }) => isBound(spec.source.persistentVolumeName)),
    ],
    unreadable,
    provenClaims: members,
  };
}

/** The machines of which the status says that a pod of the members may still write there: a Ready from the cache is old. */
async function readMachines(
  reader: ObjectReader,
  { status }: StoredNodeDeployment,
  { machines }: Readings,
  members: ReadonlySet<string>,
  unreadable: Set<Optional>,
): Promise<Readings['machines']> {
  const told = status?.members?.filter(({ name }) => members.has(name)) ?? [];
  const names = new Set(told.flatMap(({ suspects = [] }) => suspects.map(({ nodeName }) => nodeName)));
  if (names.size === 0 || unreadable.has('machines')) return machines;
  const getMachine = (name: string) => ifAllowed(unreadable, 'machines', reader.get(MACHINE, { namespace: '', name }));
  const read = await present([...names].map(getMachine));
  const others = [...machines].filter(([name]) => !names.has(name));
  return new Map([...others, ...read.map((machine) => [machine.metadata.name, machine] as const)]);
}

async function present<T>(reads: readonly Promise<T | undefined>[]): Promise<readonly T[]> {
  return (await Promise.all(reads)).filter((object) => object !== undefined);
}

/** What a read resolves to; undefined, and `kind` is noted, if the server refuses it. */
async function ifAllowed<T>(unreadable: Set<Optional>, kind: Optional, read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (!isForbidden(error)) throw error;
    unreadable.add(kind);
    return undefined;
  }
}
