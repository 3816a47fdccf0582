// How one object names another across kinds, as in the `regarding` of an Event.
import { apiVersionOf, type Kind } from './kinds.ts';
import type { KubeObject, Stored } from './object.ts';

/** The fields of `core/v1.ObjectReference` that name a whole object. Without a namespace: cluster-scoped. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  /** Absent where only the name is known. */
  readonly uid?: string;
}

/** The reference to an object of this name and, if it is known, this uid. */
export function referenceTo(
  kind: Kind,
  { namespace, name, uid }: { readonly namespace?: string; readonly name: string; readonly uid?: string | undefined },
): ObjectReference {
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    ...(kind.isNamespaced && namespace !== undefined && { namespace }),
    name,
    ...(uid !== undefined && { uid }),
  };
}

/** The reference to exactly this object. */
export function referenceOf<T extends KubeObject>(kind: Kind<T>, { metadata }: Stored<T>): ObjectReference {
  return referenceTo(kind, metadata);
}
