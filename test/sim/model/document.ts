// What the model keeps of an object: plain JSON with the metadata that a server always sets. Never changed in place.
import type { Kind } from '../../../src/kube/kinds.ts';
import type { StoredMeta } from '../../../src/kube/object.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: StoredMeta;
  readonly [field: string]: unknown;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Deep equality of JSON; a member that is undefined is absent. */
export function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((element, index) => isSame(element, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const isIn = (one: Json, other: Json): boolean => Object.keys(one).every((name) => isSame(one[name], other[name]));
  return isIn(left, right) && Object.keys(right).every((name) => name in left || right[name] === undefined);
}

/** `plural.group`: one string for each kind. */
export function typeOf({ group, plural }: Kind): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** Metadata that a server leaves out where it is empty. */
const OMITTED = ['finalizers', 'ownerReferences', 'labels', 'annotations'];

/** As a server stores it: without what is empty of the metadata, and without members that are undefined or null. */
export function stored(object: Json): Json {
  const { metadata } = object;
  if (!isObject(metadata)) return object;
  const isEmpty = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  const kept = Object.entries(metadata).filter(([name, value]) => !(OMITTED.includes(name) && isEmpty(value)));
  return pruned({ ...object, metadata: Object.fromEntries(kept) }) as Json;
}

/** Without the members that are undefined or null: they are absent in what a server stores. */
export function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return Object.fromEntries(kept.map(([name, member]) => [name, pruned(member)]));
}

/** RFC 7386: what a JSON merge patch makes of a value. */
export function mergePatched(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, member] of Object.entries(patch)) {
    if (member === null) delete result[name];
    else result[name] = mergePatched(result[name], member);
  }
  return result;
}
