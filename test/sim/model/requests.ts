// What a server refuses before it asks what is stored: bodies of another type, of another object than the path names,
// with names and labels that are none.
import { apiVersionOf, type Kind } from '../../../src/kube/kinds.ts';
import type { ObjectKey } from '../../../src/kube/object.ts';
import { isObject, type Json } from './document.ts';
import { metaOf } from './metadata.ts';
import { badRequest, invalid, ModelError } from './model-error.ts';

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';

/** Kinds that are never replaced without a version. */
const CONDITIONAL = new Set(['nodedeployments', 'leases', 'poddisruptionbudgets']);
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

/** @throws ModelError 415. A real server takes JSON patches too, and strategic ones of its own kinds. */
export function assertPatchType(type: string | undefined): void {
  if (type === undefined || type === APPLY || type === MERGE) return;
  throw new ModelError(415, 'UnsupportedMediaType', `the body of the request was in an unknown format: ${type}`);
}

/** @throws ModelError 400 where the body is about another object than the path; an empty name in the key is any. */
export function assertSubject(kind: Kind, key: ObjectKey, body: Json): void {
  const { name, namespace } = metaOf(body);
  const isOther = (said: unknown, expected: string): boolean => said !== undefined && said !== '' && said !== expected;
  if (isOther(body['kind'], kind.kind) || isOther(body['apiVersion'], apiVersionOf(kind)))
    throw badRequest(`${String(body['kind'])} cannot be handled as a ${kind.kind}`);
  if (key.name !== '' && isOther(name, key.name))
    throw badRequest(`the name of the object (${String(name)}) does not match the name on the URL (${key.name})`);
  if (isOther(namespace, key.namespace))
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** @throws ModelError 422 */
export function validateMeta(kind: Kind, name: string, object: Json): void {
  if (!SUBDOMAIN.test(name)) throw invalid(kind, name, 'metadata.name', 'a lowercase RFC 1123 subdomain');
  const { labels } = metaOf(object);
  const values = isObject(labels) ? Object.values(labels) : [];
  if (values.some((value) => typeof value === 'string' && !LABEL_VALUE.test(value)))
    throw invalid(kind, name, 'metadata.labels', 'a valid label must be an empty string or consist of alphanumeric');
}

/**
 * The version that a write is conditional on; undefined where it is on none.
 *
 * @throws ModelError 500 for what is no version, 422 for none where the kind demands one
 */
export function conditionOf(kind: Kind, name: string, version: unknown): string | undefined {
  if (typeof version === 'string' && version !== '' && version !== '0') {
    if (/^\d+$/.test(version)) return version;
    throw new ModelError(500, '', `strconv.ParseUint: parsing "${version}": invalid syntax`);
  }
  if (!CONDITIONAL.has(kind.plural)) return undefined;
  throw invalid(kind, name, 'metadata.resourceVersion', 'Invalid value: 0: must be specified for an update');
}
