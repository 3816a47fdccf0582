// The model behind HTTP: requests to paths in, statuses and JSON out, as the operator's transport sees a server.
import type { HttpRequest, HttpResponse } from '../../../src/runtime/client/transport.ts';
import { apiVersionOf, type Kind } from '../../../src/kube/kinds.ts';
import type { ObjectKey } from '../../../src/kube/object.ts';
import type { DeleteOptions, ModelServer, Write } from './api-server.ts';
import { type Document, isObject, type Json } from './document.ts';
import { KINDS } from './kinds.ts';
import { ModelError, badRequest, notFound } from './model-error.ts';
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
    if (method === 'GET') return read(server, target);
    const json: unknown = body === undefined ? {} : JSON.parse(body);
    return write(server, target, { method, by, json: isObject(json) ? json : {}, type: headers?.['content-type'] });
  } catch (error) {
    if (error instanceof ModelError) return error.response();
    throw error;
  }
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
  const items = server.store.list(kind).filter(matches).map(textOf);
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
  };
  if (sent.method === 'POST') {
    const metadata = {
      ...(isObject(sent.json['metadata']) ? sent.json['metadata'] : {}),
      ...(namespace && { namespace }),
    };
    return stored(201, server.create(kind, { ...sent.json, metadata }, { ...common, verb: 'create' }));
  }
  if (name === undefined) throw badRequest('a write of a collection');
  const key: ObjectKey = { namespace, name };
  if (sent.method === 'DELETE') {
    const left = server.delete(kind, key, deleteOptions(sent.json), { ...common, verb: 'delete' });
    const over = { kind: 'Status', apiVersion: 'v1', status: 'Success', details: { name, kind: kind.plural } };
    return left === undefined ? { status: 200, headers: {}, body: JSON.stringify(over) } : stored(200, left);
  }
  if (sent.method === 'PUT') return stored(200, server.update(kind, key, sent.json, { ...common, verb: 'update' }));
  if (sent.type !== 'application/apply-patch+yaml') {
    return stored(200, server.mergePatch(kind, key, sent.json, { ...common, verb: 'patch' }));
  }
  if (query.get('force') !== 'true') throw badRequest('the model serves no apply without force');
  const isNew = server.store.get(kind, key) === undefined;
  const write: Write = { ...common, verb: 'apply' };
  return stored(isNew ? 201 : 200, server.apply(kind, key, withNamespace(sent.json, namespace), write));
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
  return { status, headers: {}, body: textOf(object) };
}
