// Whose business a change is: the NodeDeployments that an object concerns.
import { LABEL } from '../api/v1alpha1/names.ts';
import type { Attachment, Claim, Pod } from '../kube/kinds.ts';
import type { KubeObject, ObjectKey, Stored } from '../kube/object.ts';
import { claimsOf } from '../kube/pods.ts';
import type { ReadStore } from '../runtime/cache/store.ts';
import { BY_VOLUME } from './caches.ts';

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
