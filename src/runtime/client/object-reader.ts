// Reads of objects and collections over a Transport.
//
// Guarantees: no read names a resourceVersion that would allow an old answer; a collection is read in pages of one
// snapshot; an object from a list has apiVersion and kind like one from a get or a watch.
import { apiVersionOf, type Kind } from '../../kube/kinds.ts';
import type { KubeObject, ObjectKey, Stored } from '../../kube/object.ts';
import { ApiError, TransportError, apiErrorOf, isGone, isNotFound, type StatusBody } from './api-error.ts';
import type { ListOptions, ObjectReader, Snapshot, WatchEvent, WatchOptions, Watcher } from './interfaces.ts';
import { collectionPath, objectPath, withQuery } from './rest-path.ts';
import type { HttpRequest, HttpStream, Transport } from './transport.ts';

/** Keeps the pause for parsing a page of large objects near 10 ms; see client-go's `defaultPageSize`. */
const PAGE_SIZE = 500;
const NO_LIMIT = 0;
/** Whoever cannot leave the rest out sends it all. */
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

export function createObjectReader(transport: Transport): ObjectReader & Watcher {
  return {
    get: (kind, key) => get(transport, kind, key),
    getMetadata: async (kind, key) => (await get(transport, kind, key, METADATA))?.metadata,
    list: async (kind, options) => (await snapshot(transport, kind, options)).objects,
    snapshot: (kind, options) => snapshot(transport, kind, options),
    watch: (kind, options) => watch(transport, kind, options),
  };
}

/** One exchange whose answer is JSON. @throws ApiError from status 400 on. TransportError for an answer in pieces. */
export async function requestJson<R>(transport: Transport, request: HttpRequest): Promise<R> {
  const response = await transport.request(request);
  if (response.status >= 400) throw apiErrorOf(request, response);
  return parseJson(request, response.body);
}

function parseJson<R>(request: HttpRequest, text: string): R {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TransportError(request, 'unknown', new Error(`not JSON: ${text.slice(0, 100)}`, { cause }));
  }
}

async function get<T extends KubeObject>(
  transport: Transport,
  kind: Kind<T>,
  key: ObjectKey,
  accept?: string,
): Promise<Stored<T> | undefined> {
  const request: HttpRequest = { method: 'GET', path: objectPath(kind, key), ...(accept && { headers: { accept } }) };
  try {
    return await requestJson<Stored<T>>(transport, request);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

interface Page<T extends KubeObject> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items?: readonly Stored<T>[];
}

async function snapshot<T extends KubeObject>(
  transport: Transport,
  kind: Kind<T>,
  options: ListOptions = {},
): Promise<Snapshot<T>> {
  const objects: Stored<T>[] = [];
  let resumeAt: string | undefined;
  try {
    do {
      const page = await readPage(transport, kind, options, resumeAt, PAGE_SIZE);
      objects.push(...typed(kind, page));
      resumeAt = page.metadata.continue || undefined;
      if (resumeAt === undefined) return { objects, resourceVersion: page.metadata.resourceVersion };
    } while (true);
  } catch (error) {
    if (resumeAt === undefined || !isGone(error)) throw error;
  }
  // The snapshot was compacted away between two pages: one answer with everything cannot expire.
  const all = await readPage(transport, kind, options, undefined, NO_LIMIT);
  return { objects: typed(kind, all), resourceVersion: all.metadata.resourceVersion };
}

function readPage<T extends KubeObject>(
  transport: Transport,
  kind: Kind<T>,
  { namespace, labelSelector, fieldSelector, signal }: ListOptions,
  resumeAt: string | undefined,
  limit: number,
): Promise<Page<T>> {
  const path = withQuery(collectionPath(kind, namespace), { labelSelector, fieldSelector, limit, continue: resumeAt });
  return requestJson(transport, { method: 'GET', path, ...(signal && { signal }) });
}

function typed<T extends KubeObject>(kind: Kind<T>, page: Page<T>): Stored<T>[] {
  const type = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  return (page.items ?? []).map((object) => ({ ...type, ...object }));
}

async function* watch<T extends KubeObject>(
  transport: Transport,
  kind: Kind<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void> {
  const { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, signal } = options;
  const start =
    resourceVersion === undefined
      ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
      : { resourceVersion };
  const query = { watch: true, allowWatchBookmarks: true, timeoutSeconds, labelSelector, fieldSelector, ...start };
  const path = withQuery(collectionPath(kind, namespace), query);
  const request: HttpRequest = { method: 'GET', path, ...(signal && { signal }) };
  const stream = await transport.stream(request);
  if (stream.status >= 400) throw apiErrorOf(request, { ...stream, body: await readAll(stream) });
  for await (const line of stream.lines) yield parseEvent<T>(request, line);
}

async function readAll(stream: HttpStream): Promise<string> {
  const lines: string[] = [];
  for await (const line of stream.lines) lines.push(line);
  return lines.join('\n');
}

type RawEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: Stored<T> }
  | { readonly type: 'ERROR'; readonly object: StatusBody };

function parseEvent<T extends KubeObject>(request: HttpRequest, line: string): WatchEvent<T> {
  const event = parseJson<RawEvent<T>>(request, line);
  if (event.type === 'ERROR') throw new ApiError(request, { ...event.object, code: event.object.code ?? 500 });
  if (event.type !== 'BOOKMARK') return { type: event.type, object: event.object };
  const { resourceVersion, annotations = {} } = event.object.metadata;
  return { type: 'BOOKMARK', resourceVersion, isInitialEventsEnd: annotations[INITIAL_EVENTS_END] === 'true' };
}
