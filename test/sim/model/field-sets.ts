// Server-side apply, as far as the operator uses it: who owns which field, and what an apply changes and removes.
//
// An apply is always forced. Ownership is by leaf: a scalar, an atomic list or map, an element of a keyed list. A field
// that a manager sent before and sends no more is removed, unless somebody else owns it.
import { isObject, isSame, type Json } from './document.ts';

/** Paths of the leaves that a manager owns. */
export type FieldSet = ReadonlySet<string>;
export type Managers = ReadonlyMap<string, FieldSet>;

type Path = readonly string[];

/** Lists with keys, by the field that holds them. `finalizers` is a set: its elements are their own keys. */
const LIST_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  volumeMounts: ['mountPath'],
  imagePullSecrets: ['name'],
  ownerReferences: ['uid'],
  conditions: ['type'],
  hostAliases: ['ip'],
};
const CONTAINER_PORT_KEYS = ['containerPort', 'protocol'];
const SERVICE_PORT_KEYS = ['port', 'protocol'];
/** Owned as a whole. */
const ATOMIC = new Set(['selector', 'nodeSelector', 'data', 'affinity']);

const textOf = (path: Path): string => JSON.stringify(path);
const pathOf = (text: string): Path => JSON.parse(text) as Path;

function keysOf(path: Path): readonly string[] | undefined {
  const name = path.at(-1) ?? '';
  if (name === 'ports') return path.includes('containers') ? CONTAINER_PORT_KEYS : SERVICE_PORT_KEYS;
  return LIST_KEYS[name];
}

/** What identifies an element of a keyed list; `protocol` has a default. */
function elementKey(element: unknown, keys: readonly string[]): string {
  const fields = isObject(element) ? element : {};
  return JSON.stringify(keys.map((key) => fields[key] ?? (key === 'protocol' ? 'TCP' : null)));
}

function isAtomic(path: Path): boolean {
  return ATOMIC.has(path.at(-1) ?? '') || path.at(-2) === 'ownerReferences';
}

/** The leaves of a value with what they hold. */
export function leavesOf(value: unknown, path: Path = []): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  gather(value, path, leaves);
  return leaves;
}

function gather(value: unknown, path: Path, leaves: Map<string, unknown>): void {
  if (path.at(-1) === 'finalizers' && Array.isArray(value)) {
    for (const element of value) leaves.set(textOf([...path, String(element)]), element);
    return;
  }
  const keys = keysOf(path);
  if (Array.isArray(value) && keys !== undefined) {
    for (const element of value) gather(element, [...path, elementKey(element, keys)], leaves);
  } else if (isObject(value) && !isAtomic(path) && Object.keys(value).length > 0) {
    for (const [name, member] of Object.entries(value)) gather(member, [...path, name], leaves);
  } else if (path.length > 0) leaves.set(textOf(path), value);
}

/** `live` with everything that `wanted` says. */
function merged(live: unknown, wanted: unknown, path: Path): unknown {
  if (path.at(-1) === 'finalizers' && Array.isArray(wanted)) {
    return mergedOrder((Array.isArray(live) ? live : []).map(String), wanted.map(String));
  }
  const keys = keysOf(path);
  if (Array.isArray(wanted) && keys !== undefined) return mergedList(live, wanted, keys, path);
  if (!isObject(wanted) || isAtomic(path)) return wanted;
  const result: Record<string, unknown> = isObject(live) ? { ...live } : {};
  for (const [name, member] of Object.entries(wanted)) result[name] = merged(result[name], member, [...path, name]);
  return result;
}

function mergedList(live: unknown, wanted: readonly unknown[], keys: readonly string[], path: Path): unknown {
  const byKey = (list: readonly unknown[]) => new Map(list.map((element) => [elementKey(element, keys), element]));
  const [old, fresh] = [byKey(Array.isArray(live) ? live : []), byKey(wanted)];
  return mergedOrder([...old.keys()], [...fresh.keys()]).map((key) =>
    fresh.has(key) ? merged(old.get(key), fresh.get(key), [...path, key]) : old.get(key),
  );
}

/** The order of what is wanted, and between it what only `live` has, where it stood. Source: structured-merge-diff, visitListItems. */
function mergedOrder(live: readonly string[], wanted: readonly string[]): readonly string[] {
  const [isLive, isWanted] = [new Set(live), new Set(wanted)];
  const shared = wanted.filter((key) => isLive.has(key));
  const order: string[] = [];
  const queue = [...live];
  for (const key of new Set(wanted)) {
    while (queue[0] !== undefined && (!isWanted.has(queue[0]) || (queue[0] !== key && queue[0] !== shared[0]))) {
      const old = queue.shift() ?? '';
      if (!isWanted.has(old)) order.push(old);
    }
    order.push(key);
    if (queue[0] === key) queue.shift();
    if (shared[0] === key) shared.shift();
  }
  return [...order, ...queue.filter((key) => !isWanted.has(key))];
}

/** `value` without the leaf at `path`; objects and keyed elements that lose their last leaf go too. */
function without(value: unknown, path: Path, at: Path = []): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return undefined;
  const keys = keysOf(at);
  if (Array.isArray(value)) {
    const isElement = (element: unknown): boolean =>
      at.at(-1) === 'finalizers' ? element === head : keys !== undefined && elementKey(element, keys) === head;
    const left = value.flatMap((element) => {
      if (!isElement(element)) return [element];
      // What tells an element from others goes with the rest of it, or stays.
      if (rest.length === 1 && keys?.includes(rest[0] ?? '')) return hasOnly(element, keys) ? [] : [element];
      const kept = rest.length === 0 ? undefined : without(element, rest, [...at, head]);
      return isObject(kept) && Object.keys(kept).length > 0 ? [kept] : [];
    });
    return left.length === 0 ? undefined : left;
  }
  if (!isObject(value) || !(head in value)) return value;
  const { [head]: member, ...others } = value;
  const kept = without(member, rest, [...at, head]);
  if (kept !== undefined) return { ...others, [head]: kept };
  return Object.keys(others).length === 0 && at.length > 0 ? undefined : others;
}

function isKey(path: Path): boolean {
  return keysOf(path.slice(0, -2))?.includes(path.at(-1) ?? '') ?? false;
}

function hasOnly(element: unknown, keys: readonly string[]): boolean {
  return isObject(element) && Object.keys(element).every((name) => keys.includes(name));
}

/** What an apply makes of an object, and of who owns what. */
export function applied(
  live: Json | undefined,
  wanted: Json,
  managers: Managers,
  manager: string,
): { object: Json; managers: Managers } {
  const leaves = leavesOf(wanted);
  const before = leavesOf(live ?? {});
  const lost = [...(managers.get(manager) ?? [])].filter((path) => !leaves.has(path));
  const isOthers = (path: string): boolean => [...managers].some(([name, set]) => name !== manager && set.has(path));
  let object = merged(live ?? {}, wanted, []);
  // Those of inner elements first: an element goes once it has nothing but its keys.
  const keysLast = lost.map(pathOf).toSorted((a, b) => Number(isKey(a)) - Number(isKey(b)) || b.length - a.length);
  for (const path of keysLast) if (!isOthers(textOf(path))) object = without(object, path);
  // What is wanted empty stays, although it has lost all that was in it.
  object = merged(object, wanted, []);
  const changed = [...leaves].filter(([path, value]) => !isSame(value, before.get(path))).map(([path]) => path);
  const next = withoutPaths(managers, changed);
  next.set(manager, new Set(leaves.keys()));
  return { object: isObject(object) ? object : {}, managers: next };
}

/** Who owns what after a write that is no apply: it owns what it changed, and nobody owns what is gone. */
export function updated(before: Json, after: Json, managers: Managers, manager: string): Managers {
  const [was, is] = [leavesOf(before), leavesOf(after)];
  const changed = [...is].filter(([path, value]) => !isSame(value, was.get(path))).map(([path]) => path);
  const gone = [...was.keys()].filter((path) => !is.has(path));
  if (changed.length + gone.length === 0) return managers;
  const next = withoutPaths(managers, [...changed, ...gone]);
  next.set(manager, new Set([...(next.get(manager) ?? []), ...changed]));
  return next;
}

function withoutPaths(managers: Managers, paths: readonly string[]): Map<string, FieldSet> {
  const taken = new Set(paths);
  return new Map([...managers].map(([name, set]) => [name, new Set([...set].filter((path) => !taken.has(path)))]));
}
