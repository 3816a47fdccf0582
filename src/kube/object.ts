// What every Kubernetes object has, and how one is named inside its kind.
import type { V1ObjectMeta } from '@kubernetes/client-node';

import type { Wire } from './wire.ts';

export type ObjectMeta = Wire<V1ObjectMeta>;

/** Any Kubernetes object. What an API server returned also has a uid and a resourceVersion: see `StoredObject`. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: ObjectMeta;
}

/** Metadata of an object that the API server has stored: the fields that it always sets are not optional. */
export type StoredMeta = ObjectMeta & {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
};

/** An object as an API server returned it. */
export type Stored<T extends KubeObject = KubeObject> = T & { readonly metadata: StoredMeta };

/** Names one object within its kind. `namespace` is `''` for cluster-scoped kinds. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** The key of an object; absent parts are `''`. */
export function keyOf(object: KubeObject): ObjectKey {
  return { namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? '' };
}

/** `namespace/name`, or `name` alone where there is no namespace; unique within a kind (as client-go MetaNamespaceKeyFunc). */
export function formatKey(key: ObjectKey): string {
  return key.namespace === '' ? key.name : `${key.namespace}/${key.name}`;
}

/** The inverse of `formatKey`. */
export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return slash < 0 ? { namespace: '', name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

/** Whether the API server has accepted the object's deletion; finalizers may still hold it. */
export function isTerminating(object: KubeObject): boolean {
  return object.metadata?.deletionTimestamp !== undefined;
}
