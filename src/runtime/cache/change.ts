// What a watch event or a fresh list changes in a store. Pure: nothing is stored here.
//
// Guarantees: an older event never replaces a newer object; an object that was deleted and made anew under its name is a
// deletion and an addition, never an update; what vanished between two lists is a deletion.
import { formatKey, keyOf, type KubeObject, type Stored } from '../../kube/object.ts';
import type { WatchEvent } from '../client/interfaces.ts';
import { compareVersions } from './resource-version.ts';

export type Change<T extends KubeObject> =
  | { readonly type: 'added'; readonly object: Stored<T> }
  | { readonly type: 'updated'; readonly object: Stored<T>; readonly previous: Stored<T> }
  | Deleted<T>;

export interface Deleted<T extends KubeObject> {
  readonly type: 'deleted';
  readonly object: Stored<T>;
  /**
   * Whether the server told of the deletion, and `object` is the last that there was of it. False: it was missing from a
   * list, or may not be read any more, and `object` is the last that was seen of it: anything may have happened since.
   * With a label selector the server also calls an object deleted that has lost its labels.
   */
  readonly isFinal: boolean;
}

export type ObjectEvent<T extends KubeObject> = Exclude<WatchEvent<T>, { type: 'BOOKMARK' }>;

/** @param stored the object of the event's key, if there is one */
export function changesOfEvent<T extends KubeObject>(
  stored: Stored<T> | undefined,
  { type, object }: ObjectEvent<T>,
): readonly Change<T>[] {
  const isSame = stored?.metadata.uid === object.metadata.uid;
  if (type === 'DELETED') return isSame ? [{ type: 'deleted', object, isFinal: true }] : [];
  if (stored === undefined) return [{ type: 'added', object }];
  if (compareVersions(object.metadata.resourceVersion, stored.metadata.resourceVersion) < 0) return [];
  return replacement(stored, object);
}

/**
 * The list is the truth, also where its versions are older than the stored ones: then etcd was restored from a backup.
 * Deletions come first.
 */
export function changesOfList<T extends KubeObject>(
  stored: readonly Stored<T>[],
  listed: readonly Stored<T>[],
): readonly Change<T>[] {
  const before = byKey(stored);
  const after = byKey(listed);
  const vanished = [...before].flatMap(([key, object]) => (after.has(key) ? [] : [object]));
  const deletions = vanished.map((object): Change<T> => ({ type: 'deleted', object, isFinal: false }));
  const others = [...after].flatMap(([key, object]): readonly Change<T>[] => {
    const previous = before.get(key);
    return previous === undefined ? [{ type: 'added', object }] : replacement(previous, object);
  });
  return [...deletions, ...others];
}

function replacement<T extends KubeObject>(previous: Stored<T>, object: Stored<T>): readonly Change<T>[] {
  if (previous.metadata.uid !== object.metadata.uid) {
    return [
      { type: 'deleted', object: previous, isFinal: false },
      { type: 'added', object },
    ];
  }
  if (previous.metadata.resourceVersion === object.metadata.resourceVersion) return [];
  return [{ type: 'updated', object, previous }];
}

function byKey<T extends KubeObject>(objects: readonly Stored<T>[]): Map<string, Stored<T>> {
  return new Map(objects.map((object) => [formatKey(keyOf(object)), object]));
}
