// Where objects are served: REST paths from kinds and keys.
import type { Kind } from '../../kube/kinds.ts';
import type { ObjectKey } from '../../kube/object.ts';

/** The path of a kind's collection, across all namespaces if none is given. */
export function collectionPath(kind: Kind, namespace = ''): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope = kind.isNamespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${kind.plural}`;
}

/** The path of one object. @throws Error for a key without a name or, for a namespaced kind, without a namespace. */
export function objectPath(kind: Kind, key: ObjectKey): string {
  if (key.name === '') throw new Error(`client: a ${kind.kind} without a name has no path`);
  if (kind.isNamespaced && key.namespace === '') {
    throw new Error(`client: ${kind.kind} ${key.name} has no path without a namespace`);
  }
  return `${collectionPath(kind, key.namespace)}/${encodeURIComponent(key.name)}`;
}

/** `path?a=1&b=2`; undefined values are left out. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}
