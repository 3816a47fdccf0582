// Whether an object already says what an apply would make it say.
//
// The API server fills in defaults, drops empty members and rewrites quantities, so equality is the wrong question. The
// right one: is everything that we would send there? What we send no more is noticed by the applied hash, not here.
import { parseNano } from './quantity.ts';

/** Whether every member of `wanted` is in `live`. Lists of named objects are compared by name, others by position. */
export function isApplied(wanted: unknown, live: unknown): boolean {
  if (isEmpty(wanted) && isEmpty(live)) return true;
  if (Array.isArray(wanted)) return Array.isArray(live) && isListApplied(wanted, live);
  if (isObject(wanted)) {
    return (
      isObject(live) && Object.entries(wanted).every(([name, member]) => isMemberApplied(name, member, live[name]))
    );
  }
  return wanted === live || isSameQuantity(wanted, live);
}

/** Maps that have one owner as a whole (`x-kubernetes-map-type: atomic`): one key more selects other pods or machines. */
const ATOMIC_MAPS: ReadonlySet<string> = new Set(['selector', 'matchLabels', 'nodeSelector']);

function isMemberApplied(name: string, wanted: unknown, live: unknown): boolean {
  if (!isApplied(wanted, live)) return false;
  if (!ATOMIC_MAPS.has(name) || !isObject(wanted) || !isObject(live)) return true;
  return Object.keys(live).every((key) => key in wanted);
}

function isListApplied(wanted: readonly unknown[], live: readonly unknown[]): boolean {
  if (wanted.every(hasName)) {
    // A name need not be unique: one volume is mounted at several paths.
    return wanted.every((element) =>
      live.some((other) => hasName(other) && other.name === element.name && isApplied(element, other)),
    );
  }
  return wanted.length === live.length && wanted.every((element, index) => isApplied(element, live[index]));
}

/** The API server's `omitempty` drops these; an absent one means the same. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

function isSameQuantity(wanted: unknown, live: unknown): boolean {
  if (!isScalar(wanted) || !isScalar(live)) return false;
  const quantity = parseNano(String(wanted));
  return quantity !== undefined && quantity === parseNano(String(live));
}

function isScalar(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasName(value: unknown): value is { readonly name: string } {
  return isObject(value) && typeof value['name'] === 'string';
}
