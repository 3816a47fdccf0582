// JSON merge patches (RFC 7386): the smallest patch that turns one JSON document into another.
//
// `undefined` means absent, as in JSON.stringify. A merge patch cannot set null, so a null in the target means absent
// too, except within an array, which travels whole.

/** A JSON object as it is about to be sent; values are JSON, or undefined for "leave out". */
type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The patch that makes `from` say the same as `to`, or undefined when it does already. Objects are compared field by
 * field, in any order; arrays, and a value that changes its type, are replaced whole.
 */
export function mergePatchOf(from: unknown, to: unknown): unknown {
  if (isObject(from) && isObject(to)) return objectPatch(from, to);
  return isSameJson(from, to) ? undefined : to;
}

/** Whether both say the same: field order and undefined fields do not matter. */
export function isSameJson(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((element, index) => isSameJson(element, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const isSameAt = (key: string): boolean => isSameJson(left[key], right[key]);
  return (
    Object.keys(left).every(isSameAt) && Object.keys(right).every((key) => Object.hasOwn(left, key) || isSameAt(key))
  );
}

function objectPatch(from: JsonObject, to: JsonObject): JsonObject | undefined {
  const patch: Record<string, unknown> = {};
  const compareAt = (key: string): void => {
    const before = from[key] ?? undefined;
    const after = to[key] ?? undefined;
    const change = after === undefined ? (before === undefined ? undefined : null) : mergePatchOf(before, after);
    if (change !== undefined) patch[key] = change;
  };
  for (const key of Object.keys(from)) compareAt(key);
  for (const key of Object.keys(to)) if (!Object.hasOwn(from, key)) compareAt(key);
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
