// What the storage actor's rules see and say: a snapshot of the cluster in, writes out. The rules are pure functions.
import type { Machine, StoredAttachment, StoredClaim, StoredPod, StoredVolume } from '../../../src/kube/kinds.ts';
import { formatKey, keyOf, type ObjectKey, type Stored } from '../../../src/kube/object.ts';
import type { ApiRequest } from '../api-client.ts';
import { NO_ATTACH_DRIVER, SIM_DRIVER, UNREGISTERED_DRIVER, type StorageClass } from './classes.ts';

export type StoredMachine = Stored<Machine>;

export interface Objects {
  readonly claims: readonly StoredClaim[];
  readonly volumes: readonly StoredVolume[];
  readonly attachments: readonly StoredAttachment[];
  readonly pods: readonly StoredPod[];
  readonly machines: readonly StoredMachine[];
  readonly classes: readonly Stored<StorageClass>[];
}

export interface World extends Objects {
  claim(key: ObjectKey): StoredClaim | undefined;
  volume(name: string): StoredVolume | undefined;
  machine(name: string): StoredMachine | undefined;
  storageClass(name: string): Stored<StorageClass> | undefined;
  /** The VolumeAttachments that name a volume, those being deleted included. */
  attachmentsOf(volume: string): readonly StoredAttachment[];
}

/** A snapshot with its indexes. */
export function worldOf(objects: Objects): World {
  const claims = byKey(objects.claims);
  const volumes = byKey(objects.volumes);
  const machines = byKey(objects.machines);
  const classes = byKey(objects.classes);
  const attachments = Map.groupBy(objects.attachments, ({ spec }) => spec.source.persistentVolumeName);
  return {
    ...objects,
    claim: (key) => claims.get(formatKey(key)),
    volume: (name) => volumes.get(name),
    machine: (name) => machines.get(name),
    storageClass: (name) => classes.get(name),
    attachmentsOf: (volume) => attachments.get(volume) ?? [],
  };
}

function byKey<T extends Stored>(objects: readonly T[]): ReadonlyMap<string, T> {
  return new Map(objects.map((object) => [formatKey(keyOf(object)), object]));
}

/**
 * Time as the rules see it: whether `delayMs` have passed since `key` was first asked for. A key that a round does not ask for
 * is forgotten; a delay of `Infinity` never passes.
 */
export type IsDue = (key: string, delayMs: number) => boolean;

/** Rules may say the same write twice before they see its effect: it is conditional, or harmless when repeated. */
export type Rule = (world: World, isDue: IsDue) => readonly ApiRequest[];

/** Whether the simulation plays this driver's part. */
export function isOurs(driver: string | undefined): boolean {
  return driver === NO_ATTACH_DRIVER || isAttachable(driver);
}

/** Whether the simulation attaches and detaches this driver's volumes. */
export function isAttachable(driver: string | undefined): boolean {
  return driver === SIM_DRIVER || driver === UNREGISTERED_DRIVER;
}

/** The names of the claims that a pod mounts. */
export function claimNamesOf(pod: StoredPod): readonly string[] {
  return (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
}

/** The volumes behind a pod's claims; undefined stands for a claim that is not bound (yet). */
export function volumesOf(pod: StoredPod, world: World): readonly (StoredVolume | undefined)[] {
  return claimNamesOf(pod).map((name) => {
    const claim = world.claim({ namespace: keyOf(pod).namespace, name });
    const isBound = claim?.status?.phase === 'Bound';
    return isBound ? world.volume(claim.spec?.volumeName ?? '') : undefined;
  });
}
