// The model behind HTTP: requests to paths in, statuses and JSON out, as the operator's transport sees a server.
import type { HttpRequest, HttpResponse } from '../../../src/runtime/client/transport.ts';
import { apiVersionOf, type Kind } from '../../../src/kube/kinds.ts';
import { formatKey, keyOf, type ObjectKey } from '../../../src/kube/object.ts';
import type { DeleteOptions, ModelServer, Write } from './api-server.ts';
import { type Document, isObject, type Json } from './document.ts';
import { KINDS, WITH_STATUS } from './kinds.ts';
import { ModelError, badRequest, notFound } from './model-error.ts';
import { assertPatchType, assertSubject } from './requests.ts';
import { matcherOf } from './selector.ts';

export interface Target {
  readonly kind: Kind;
  readonly namespace: string;
  /** Absent: the collection. */
  readonly name: string | undefined;
  readonly isStatus: boolean;
  readonly query: URLSearchParams;
}

const targets = new Map<string, Kind>(
  KINDS.map((kind) => [`${kind.group === '' ? 'api' : `apis/${kind.group}`}/${kind.version} ${kind.plural}`, kind]),
);

/** What a path names; undefined for a kind that is not served. */
export function targetOf(path: string): Target | undefined {
  const url = new URL(path, 'http://model');
  const match = /^\/(api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(\/status)?$/.exec(
    url.pathname,
  );
  const [, root = '', namespace = '', plural = '', name, status] = match ?? [];
  const kind = targets.get(`${root} ${plural}`);
  if (kind === undefined) return undefined;
  return { kind, namespace, name, isStatus: status !== undefined, query: url.searchParams };
}

/** Carries out one request of the process `by`. */
export function handle(server: ModelServer, { method, path, body, headers }: HttpRequest, by: string): HttpResponse {
  const target = targetOf(path);
  if (target === undefined) {
    return { status: 404, headers: {}, body: '404 page not found' };
  }
  try {
    if (target.isStatus && !WITH_STATUS.has(target.kind.plural))
      throw new ModelError(404, 'NotFound', 'the server could not find the requested resource');
    if (method === 'GET') return read(server, target);
    if (method === 'PATCH') assertPatchType(headers?.['content-type']);
    const json: unknown = body === undefined ? {} : JSON.parse(body);
    return write(server, target, { method, by, json: isObject(json) ? json : {}, type: headers?.['content-type'] });
  } catch (error) {
    if (error instanceof ModelError) return error.response();
    throw error;
  }
}

const APPLY = 'application/apply-patch+yaml';

/** As a database lists them, by name. */
export function inOrder(objects: readonly Document[]): readonly Document[] {
  return objects.toSorted((one, other) => (formatKey(keyOf(one)) < formatKey(keyOf(other)) ? -1 : 1));
}

const texts = new WeakMap<Document, string>();

/** The object as JSON, made once. */
export function textOf(object: Document): string {
  const text = texts.get(object) ?? JSON.stringify(object);
  texts.set(object, text);
  return text;
}

function read(server: ModelServer, { kind, namespace, name, query }: Target): HttpResponse {
  if (name !== undefined) {
    const object = server.store.get(kind, { namespace, name });
    if (object === undefined) throw notFound(kind, name);
    return { status: 200, headers: {}, body: textOf(object) };
  }
  const matches = matcherOf(query.get('labelSelector') ?? undefined, namespace);
  const items = inOrder(server.store.list(kind).filter(matches)).map(textOf);
  const type = `"apiVersion":"${apiVersionOf(kind)}","kind":"${kind.kind}List"`;
  const metadata = `"metadata":{"resourceVersion":"${server.store.revision}"}`;
  return { status: 200, headers: {}, body: `{${type},${metadata},"items":[${items.join(',')}]}` };
}

interface Sent {
  readonly method: HttpRequest['method'];
  readonly by: string;
  readonly json: Json;
  readonly type: string | undefined;
}

function write(server: ModelServer, target: Target, sent: Sent): HttpResponse {
  const { kind, namespace, name, query } = target;
  const common = {
    by: sent.by,
    body: sent.json,
    ...(target.isStatus && { subresource: 'status' as const }),
    ...(query.has('fieldManager') && { fieldManager: query.get('fieldManager') ?? '' }),
    isDryRun: query.get('dryRun') === 'All',
    isStrict: query.get('fieldValidation') === 'Strict',
  };
  const isWhole = sent.method === 'POST' || sent.method === 'PUT' || sent.type === APPLY;
  if (isWhole) assertSubject(kind, { namespace, name: name ?? '' }, sent.json);
  if (sent.method === 'POST') {
    const metadata = {
      ...(isObject(sent.json['metadata']) ? sent.json['metadata'] : {}),
      ...(namespace && { namespace }),
    };
    const { status: _, ...own } = sent.json;
    return stored(201, server.create(kind, { ...own, metadata }, { ...common, verb: 'create' }));
  }
  if (name === undefined) throw badRequest('a write of a collection');
  const key: ObjectKey = { namespace, name };
  if (sent.method === 'DELETE') {
    // The query is not looked at where there is a body.
    const isDryRun = Array.isArray(sent.json['dryRun']) && sent.json['dryRun'].includes('All');
    const last = server.store.get(kind, key);
    const left = server.delete(kind, key, deleteOptions(sent.json), { ...common, isDryRun, verb: 'delete' });
    if (left === undefined && last !== undefined && RETURNED.has(kind.plural)) return stored(200, gone(server, last));
    const over = { kind: 'Status', apiVersion: 'v1', status: 'Success', details: { name, kind: kind.plural } };
    return left === undefined ? { status: 200, headers: {}, body: JSON.stringify(over) } : stored(200, left);
  }
  const isNew = server.store.get(kind, key) === undefined;
  if (sent.method === 'PUT') {
    const object = server.update(kind, key, withNamespace(sent.json, namespace), { ...common, verb: 'update' });
    return stored(isNew ? 201 : 200, object);
  }
  if (sent.type !== APPLY) {
    return stored(200, server.mergePatch(kind, key, sent.json, { ...common, verb: 'patch' }));
  }
  if (query.get('force') !== 'true') throw badRequest('the model serves no apply without force');
  const write: Write = { ...common, verb: 'apply' };
  return stored(isNew ? 201 : 200, server.apply(kind, key, withNamespace(sent.json, namespace), write));
}

/** Kinds whose deletion is answered with the object, at the version of its end. */
const RETURNED = new Set(['pods', 'services', 'persistentvolumeclaims', 'persistentvolumes']);

function gone({ store }: ModelServer, object: Document): Document {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(store.revision) } };
}

function withNamespace(object: Json, namespace: string): Json {
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  return namespace === '' ? object : { ...object, metadata: { ...metadata, namespace } };
}

function deleteOptions(body: Json): DeleteOptions {
  const { preconditions, propagationPolicy, gracePeriodSeconds } = body;
  const { uid, resourceVersion } = isObject(preconditions) ? preconditions : {};
  return {
    ...(typeof uid === 'string' && { uid }),
    ...(typeof resourceVersion === 'string' && { resourceVersion }),
    ...(typeof gracePeriodSeconds === 'number' && { gracePeriodSeconds }),
    ...((propagationPolicy === 'Orphan' || propagationPolicy === 'Foreground') && { propagation: propagationPolicy }),
  };
}

function stored(status: number, object: Document): HttpResponse {
  return { status, headers: {}, body: object.metadata.resourceVersion === '' ? unversioned(object) : textOf(object) };
}

/** What a dry run has not made has no version. */
function unversioned({ metadata, ...object }: Document): string {
  return JSON.stringify({ ...object, metadata: { ...metadata, resourceVersion: undefined } });
}
