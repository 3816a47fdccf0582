// The status helper: the only code that writes a status subresource.
//
// Expected flow: read the object; compute its whole new status from that object and nothing newer; call `patchStatus`
// once, as the last write of the reconcile. On a conflict drop everything and reconcile again on fresh state.
//
// Guarantees: the patch takes effect only if nobody has changed the object, in any part of it, since `base` was read:
// two writers that read the same version never both succeed, and neither loses a field of the other's. When `status`
// says the same as `base.status`, nothing is sent. Fields that the schema does not know are refused, not dropped.
//
// Not guaranteed: protection of any other object (writes of children are fenced on their own), and uniqueness of
// resource versions after etcd was restored from a backup. A field of `status` that is null or undefined is removed.
//
// Errors: ApiError 409 `Conflict` when the object has moved on or was deleted and made anew; 404 when it is gone; 422
// when the status is refused. After a 5xx or a TransportError the status may have been written: read again. This code
// never sends a patch a second time: under a newer version that would turn a detected conflict into a lost update.
import type { Kind } from '../../kube/kinds.ts';
import { formatKey, keyOf, type KubeObject, type Stored } from '../../kube/object.ts';
import type { ApiError } from './api-error.ts';
import type { ResourceVersionLock, StatusWriter } from './interfaces.ts';
import { mergePatchOf } from '../../kube/merge-patch.ts';

export type { ResourceVersionLock } from './interfaces.ts';

/** A kind of object that has a status. */
export type WithStatus = KubeObject & { readonly status?: object };

export interface StatusPatched<T extends KubeObject> {
  /** False: the status was up to date and nothing was sent. */
  readonly written: boolean;
  /** What the API server stored; `base` itself when nothing was sent. */
  readonly object: Stored<T>;
}

/**
 * Makes `status` the whole status of the object, if the object is still exactly `base`.
 *
 * @param base the object that `status` was computed from, as it was read
 */
export async function patchStatus<T extends WithStatus>(
  writer: StatusWriter,
  kind: Kind<T>,
  base: Stored<T>,
  status: NonNullable<T['status']>,
): Promise<StatusPatched<T>> {
  const resourceVersion = lockOf(base);
  const change = mergePatchOf(base.status ?? {}, status);
  if (change === undefined) return { written: false, object: base };
  const patch = { metadata: { resourceVersion, uid: base.metadata.uid }, status: change };
  return { written: true, object: await writer.mergePatchStatus(kind, keyOf(base), patch) };
}

/** Whether the object says this status already: `patchStatus` would send nothing. */
export function isStatusOf<T extends WithStatus>(
  { status: stored }: Stored<T>,
  status: NonNullable<T['status']>,
): boolean {
  return mergePatchOf(stored ?? {}, status) === undefined;
}

/** Whether it is a write of a status that was answered so. */
export function isOfStatus({ path }: ApiError): boolean {
  return path.endsWith('/status');
}

/** The version that a write computed from `base` is conditional on. @throws Error if `base` has none: it was not read. */
export function lockOf(base: Stored): ResourceVersionLock {
  const { resourceVersion } = base.metadata;
  if (isLock(resourceVersion)) return resourceVersion;
  throw new Error(`status: ${base.kind ?? 'object'} ${formatKey(keyOf(base))} has no resourceVersion to lock on`);
}

/** Empty, missing and `"0"` mean "any version" to the API server, or are refused by it. */
function isLock(version: string): version is ResourceVersionLock {
  return typeof version === 'string' && version !== '' && version !== '0';
}
