// The live reading on which a volume gets a new writer: claims and pods, attachments, and pods again. On which a member
// stops that has no volume of its own, or shares it: the pods of the members alone (live-pods.ts).
//
// Guarantees: each of these begins after the one before it has ended, so a pod that is missing from both lists, and an
// attachment that is missing between them, were not there together. The lists are shared by all hand-offs that wait for
// them, and none is answered by one that was begun before it asked. What may not be read (403) is `unreadable`, never
// absent. A pod counts until the cache has seen it go too.
//
// From the cache comes what cannot change: of which source the volume is that the live claim names and that is reserved for
// it, and the `attachRequired` of CSIDrivers. And the pods that another member's StatefulSet labels as its own.
import { LABEL } from '../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { isSingleWriter } from '../domain/member.ts';
import type { Optional, Readings } from '../domain/observed.ts';
import {
  ATTACHMENT,
  CLAIM,
  MACHINE,
  VOLUME,
  type StoredAttachment,
  type StoredClaim,
  type StoredPod,
  type StoredVolume,
} from '../kube/kinds.ts';
import { claimsOf } from '../kube/pods.ts';
import { isForbidden } from '../runtime/client/api-error.ts';
import type { ObjectReader } from '../runtime/client/interfaces.ts';
import { type SharedRead, shareReads } from '../runtime/client/shared-reads.ts';
import { type SharedPods, readOwnPods, shareAllPods, shareOwnPods } from './live-pods.ts';

/** `cached`, with what belongs to the claims of these members read anew. */
export type ReadLive = (
  deployment: StoredNodeDeployment,
  cached: Readings,
  members: ReadonlySet<string>,
) => Promise<Readings>;

interface Lists {
  readonly reader: ObjectReader;
  /** That may mount the claims. */
  readonly pods: SharedPods;
  readonly attachments: SharedRead<undefined, readonly StoredAttachment[]>;
}

export function createReadLive(reader: ObjectReader): ReadLive {
  const lists: Lists = {
    reader,
    pods: shareAllPods(reader),
    attachments: shareReads(() => reader.list(ATTACHMENT)),
  };
  const ownPods = shareOwnPods(reader);
  return (deployment, cached, members) =>
    isSingleWriter(deployment.spec.storage)
      ? readLive(lists, deployment, cached, members)
      : readOwnPods(ownPods, deployment, cached, members);
}

async function readLive(
  { reader, ...lists }: Lists,
  deployment: StoredNodeDeployment,
  cached: Readings,
  members: ReadonlySet<string>,
): Promise<Readings> {
  const { namespace = '', name } = deployment.metadata;
  const unreadable = new Set(cached.unreadable);
  const [claims, before] = await Promise.all([
    present([...members].map((member) => reader.get(CLAIM, { namespace, name: member }))),
    lists.pods(namespace, members),
  ]);
  const bound = new Set(claims.flatMap(({ spec }) => spec?.volumeName || []));
  const [volumes, listed] = await Promise.all([
    readVolumes(reader, claims, cached.volumes, unreadable),
    // A volume that no claim is bound to is not attached for it.
    bound.size === 0 ? [] : ifAllowed(unreadable, 'attachments', lists.attachments('', undefined)),
  ]);
  const after = await lists.pods(namespace, members);
  // A pod of a member that only the cache still shows is gone, but how it went has not been told yet: it counts until it has.
  const known = cached.pods.filter(
    ({ metadata: { labels = {} } }) => LABEL.member in labels || LABEL.consumerOf in labels,
  );
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

/** What a volume is made of never changes, and while it is this very claim's it is no other one of its name. */
async function readVolumes(
  reader: ObjectReader,
  claims: readonly StoredClaim[],
  cached: readonly StoredVolume[],
  unreadable: Set<Optional>,
): Promise<readonly StoredVolume[]> {
  const known = new Map(cached.map((volume) => [volume.metadata.name, volume]));
  return present(
    claims.map(async ({ metadata, spec }) => {
      const name = spec?.volumeName;
      if (!name) return undefined;
      const volume = known.get(name);
      if (volume !== undefined && isVolumeOf(volume, metadata)) return volume;
      return ifAllowed(unreadable, 'volumes', reader.get(VOLUME, { namespace: '', name }));
    }),
  );
}

/** As `IsVolumeBoundToClaim` of component-helpers v0.36: one that was reserved by hand names its claim without a uid. */
function isVolumeOf({ spec }: StoredVolume, claim: StoredClaim['metadata']): boolean {
  const { namespace, name, uid } = spec?.claimRef ?? {};
  return namespace === claim.namespace && name === claim.name && (!uid || uid === claim.uid);
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
