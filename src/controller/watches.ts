// Whose business a change is: the NodeDeployments that an object concerns, and which changes ask for a reconcile.
import { LABEL } from '../api/v1alpha1/names.ts';
import type { Attachment, Claim, Machine, Pod, Volume } from '../kube/kinds.ts';
import { isSameJson } from '../kube/merge-patch.ts';
import type { KubeObject, ObjectKey, Stored } from '../kube/object.ts';
import { claimsOf } from '../kube/pods.ts';
import type { ReadStore } from '../runtime/cache/store.ts';
import { BY_MACHINE, BY_VOLUME, type Caches } from './caches.ts';

/** The NodeDeployment that the object's label names. */
export function ownersOfLabelled(object: Stored<KubeObject>): readonly ObjectKey[] {
  const name = object.metadata.labels?.[LABEL.deployment];
  return name === undefined ? [] : [{ namespace: object.metadata.namespace ?? '', name }];
}

/** Its own NodeDeployment, and those whose claims it mounts: somebody else's pod can hold up a hand-off. */
export function ownersOfPod(pod: Stored<Pod>, claims: ReadStore<Claim>): readonly ObjectKey[] {
  const { namespace = '' } = pod.metadata;
  const held = claimsOf(pod).flatMap((name) => claims.get({ namespace, name }) ?? []);
  return [...ownersOfLabelled(pod), ...held.flatMap(ownersOfLabelled)];
}

/** Those whose claim is bound to the attached volume. */
export function ownersOfAttachment(attachment: Stored<Attachment>, claims: ReadStore<Claim>): readonly ObjectKey[] {
  const volume = attachment.spec.source.persistentVolumeName;
  return volume === undefined ? [] : claims.byIndex(BY_VOLUME, volume).flatMap(ownersOfLabelled);
}

/** Those whose claim is bound to the volume. */
export function ownersOfVolume({ metadata }: Stored<Volume>, claims: ReadStore<Claim>): readonly ObjectKey[] {
  return claims.byIndex(BY_VOLUME, metadata.name).flatMap(ownersOfLabelled);
}

/** Those with a pod on the machine, or with a claim whose volume is attached to it. */
export function ownersOnMachine(
  { metadata: { name } }: Stored<Machine>,
  { pods, attachments, claims }: Pick<Caches, 'pods' | 'attachments' | 'claims'>,
): readonly ObjectKey[] {
  return [
    ...pods.byIndex(BY_MACHINE, name).flatMap((pod) => ownersOfPod(pod, claims)),
    ...attachments.byIndex(BY_MACHINE, name).flatMap((attachment) => ownersOfAttachment(attachment, claims)),
  ];
}

/** Whether more of a (projected) machine has changed than its version: most of its updates are heartbeats. */
export function isMachineNews(before: Stored<Machine>, after: Stored<Machine>): boolean {
  const contentOf = ({ metadata: { labels, deletionTimestamp }, spec, status }: Stored<Machine>) => ({
    labels,
    deletionTimestamp,
    spec,
    status,
  });
  return !isSameJson(contentOf(before), contentOf(after));
}
