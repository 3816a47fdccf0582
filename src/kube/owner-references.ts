// Who controls an object, by uid: a name is not an identity, because it can be used again.
import type { V1OwnerReference } from '@kubernetes/client-node';

import { apiVersionOf, type Kind } from './kinds.ts';
import type { KubeObject, Stored } from './object.ts';
import type { Wire } from './wire.ts';

export type OwnerReference = Wire<V1OwnerReference>;

/** The reference that makes `owner` the controller of a child: the garbage collector deletes the child after it. */
export function controllerReference(kind: Kind, owner: Stored): OwnerReference {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The controller of an object, if it has one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true);
}
