// What distinguishes two templates, a line for each field. Pure.

/** A field that is, was, or has another value; undefined means absent. */
export interface Difference {
  /** As `spec.containers[geth].image`. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Lists of named objects are compared by name, other lists as a whole. */
export function differences(from: unknown, to: unknown, path = ''): readonly Difference[] {
  if (isObject(from) && isObject(to)) return ofMembers(from, to, (key) => (path === '' ? key : `${path}.${key}`));
  if (isNamedList(from) && isNamedList(to)) return ofMembers(byName(from), byName(to), (key) => `${path}[${key}]`);
  return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ path, from, to }];
}

function ofMembers(from: JsonObject, to: JsonObject, pathOf: (key: string) => string): readonly Difference[] {
  const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...keys].flatMap((key) => differences(from[key], to[key], pathOf(key)));
}

const MAX_LINES = 20;

/** `- path: old` and `+ path: new`, cut after 20 lines. */
export function differenceLines(all: readonly Difference[]): readonly string[] {
  const lines = all.flatMap(({ path, from, to }) => [
    ...(from === undefined ? [] : [`- ${path}: ${short(from)}`]),
    ...(to === undefined ? [] : [`+ ${path}: ${short(to)}`]),
  ]);
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `… and ${lines.length - MAX_LINES} lines more`];
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Named {
  readonly name: string;
}

function isNamedList(value: unknown): value is readonly Named[] {
  return Array.isArray(value) && value.every((element) => isObject(element) && typeof element['name'] === 'string');
}

/** A name that occurs twice makes the list no map: then only the last would count, so positions take their place. */
function byName(list: readonly Named[]): JsonObject {
  const names = new Set(list.map(({ name }) => name));
  return Object.fromEntries(
    list.map((element, index) => [names.size === list.length ? element.name : `${index}`, element]),
  );
}
