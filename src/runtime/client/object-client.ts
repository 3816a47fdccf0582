// The client of the runtime: reads, watches and conditional writes of any kind over a Transport.
//
// Guarantees: every write carries its condition, and one without is refused before it is sent (Events have none, they are
// records); unknown fields are refused by the server (`fieldValidation=Strict`) instead of being dropped in silence;
// nothing is sent twice.
// Not guaranteed: that a write which failed was not carried out; see `isUnknownOutcome`.
import { EVENT, apiVersionOf, type Kind } from '../../kube/kinds.ts';
import { keyOf, type KubeObject, type ObjectKey } from '../../kube/object.ts';
import { isNotFound } from './api-error.ts';
import type {
  EventWriter,
  Fence,
  ObjectChecker,
  ObjectReader,
  ObjectWriter,
  Preconditions,
  StatusWriter,
  Watcher,
} from './interfaces.ts';
import { createObjectReader, requestJson } from './object-reader.ts';
import { collectionPath, objectPath, withQuery } from './rest-path.ts';
import type { HttpRequest, Transport } from './transport.ts';

/**
 * Older than any object: applied over an existing object it is a conflict, whatever the object's state, and an absent
 * one it does not keep from being created (measured on v1.36.3; test/envtest/client.test.ts).
 */
const NO_VERSION = '1';

const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/** How a write ended. */
export interface WriteReport {
  readonly verb: 'apply' | 'patchFinalizers' | 'delete' | 'mergePatchStatus' | 'createEvent' | 'patchEventSeries';
  readonly kind: Kind;
  readonly key: ObjectKey;
  /** What the caller got thrown; undefined for a write that succeeded. */
  readonly error: unknown;
}

export interface ObjectClientOptions {
  /** Called after each write, before its caller hears of it. For metrics; must not throw. */
  readonly onWrite?: (report: WriteReport) => void;
  /** Field manager of finalizer and status patches; default: the server takes it from the user agent. */
  readonly statusFieldManager?: string;
}

/** Everything in one object; hand out only the interface that the receiver needs. */
export type ObjectClient = ObjectReader & ObjectWriter & ObjectChecker & StatusWriter & EventWriter & Watcher;

export function createObjectClient(transport: Transport, options: ObjectClientOptions = {}): ObjectClient {
  const write = async <R>(report: Omit<WriteReport, 'error'>, request: HttpRequest): Promise<R> => {
    try {
      const stored = await requestJson<R>(transport, request);
      options.onWrite?.({ ...report, error: undefined });
      return stored;
    } catch (error) {
      options.onWrite?.({ ...report, error });
      throw error;
    }
  };
  return {
    ...createObjectReader(transport),
    ...createWriter(write, options.statusFieldManager),
    ...createChecker(transport),
    ...createEventWriter(write),
  };
}

type Write = <R>(report: Omit<WriteReport, 'error'>, request: HttpRequest) => Promise<R>;

function createWriter(write: Write, statusFieldManager: string | undefined): ObjectWriter & StatusWriter {
  return {
    apply: async (kind, object, fence, fieldManager) => {
      const key = keyOf(object);
      return write({ verb: 'apply', kind, key }, applyRequest(kind, object, fence, fieldManager));
    },
    patchFinalizers: async (kind, base, finalizers) => {
      const key = keyOf(base);
      const { uid, resourceVersion } = base.metadata;
      const metadata = { uid, resourceVersion: assertVersion(kind, key, resourceVersion), finalizers };
      return write({ verb: 'patchFinalizers', kind, key }, mergePatch(objectPath(kind, key), { metadata }));
    },
    mergePatchStatus: async (kind, key, { metadata, status }) => {
      assertVersion(kind, key, metadata.resourceVersion);
      const request = mergePatch(`${objectPath(kind, key)}/status`, { metadata, status }, statusFieldManager);
      return write({ verb: 'mergePatchStatus', kind, key }, request);
    },
    delete: async (kind, key, preconditions) => {
      try {
        await write({ verb: 'delete', kind, key }, deleteRequest(kind, key, preconditions));
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}

function createEventWriter(write: Write): EventWriter {
  return {
    createEvent: async (event, signal) => {
      const key = keyOf(event);
      const request: HttpRequest = {
        method: 'POST',
        path: withQuery(collectionPath(EVENT, key.namespace), { fieldValidation: 'Strict' }),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...event, apiVersion: apiVersionOf(EVENT), kind: EVENT.kind }),
        ...(signal && { signal }),
      };
      await write({ verb: 'createEvent', kind: EVENT, key }, request);
    },
    patchEventSeries: async (key, series, signal) => {
      const request = { ...mergePatch(objectPath(EVENT, key), { series }), ...(signal && { signal }) };
      await write({ verb: 'patchEventSeries', kind: EVENT, key }, request);
    },
  };
}

function createChecker(transport: Transport): ObjectChecker {
  return {
    checkApply: async (kind, object, fence, fieldManager) => {
      await requestJson(transport, applyRequest(kind, object, fence, fieldManager, { dryRun: 'All' }));
    },
  };
}

function applyRequest(
  kind: Kind,
  object: KubeObject,
  fence: Fence,
  fieldManager: string,
  options: { readonly dryRun?: 'All' } = {},
): HttpRequest {
  const key = keyOf(object);
  const type = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  const metadata = { ...object.metadata, ...fenceFields(kind, key, fence) };
  const query = { fieldManager, force: true, fieldValidation: 'Strict', ...options };
  return {
    method: 'PATCH',
    path: withQuery(objectPath(kind, key), query),
    headers: { 'content-type': APPLY_PATCH },
    body: JSON.stringify({ ...object, ...type, metadata }),
  };
}

/** An absent object has no uid: sent with one, the create is refused too. */
function fenceFields(kind: Kind, key: ObjectKey, fence: Fence): { uid?: string; resourceVersion: string } {
  if (fence === 'absent') return { resourceVersion: NO_VERSION };
  return { uid: fence.uid, resourceVersion: assertVersion(kind, key, fence.resourceVersion) };
}

function mergePatch(path: string, body: object, fieldManager?: string): HttpRequest {
  return {
    method: 'PATCH',
    path: withQuery(path, { fieldManager, fieldValidation: 'Strict' }),
    headers: { 'content-type': MERGE_PATCH },
    body: JSON.stringify(body),
  };
}

function deleteRequest(kind: Kind, key: ObjectKey, { uid, resourceVersion }: Preconditions): HttpRequest {
  if (uid === '') throw new Error(`client: ${kind.kind} ${key.name} is not deleted without a uid`);
  const preconditions = { uid, resourceVersion };
  return {
    method: 'DELETE',
    path: objectPath(kind, key),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy: 'Background' }),
  };
}

/**
 * The belt below the types: JSON.stringify leaves an undefined version out, and the server takes a write without one as
 * unconditional. `"0"` is refused for the same reason.
 */
function assertVersion(kind: Kind, key: ObjectKey, version: string): string {
  if (typeof version === 'string' && version !== '' && version !== '0') return version;
  throw new Error(`client: refused to write ${kind.kind} ${key.name} without the resourceVersion it was read at`);
}
