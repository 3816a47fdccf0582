// The metadata of an object: what of it a client may write, and what ownership of fields is about.
import { type Document, isObject, type Json, pruned } from './document.ts';

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function metaOf(object: Json): Json {
  return isObject(object['metadata']) ? object['metadata'] : {};
}

/** Metadata that a client may write: the rest is the server's. */
export function ownMeta(object: Json): Json {
  const { labels, annotations, finalizers, ownerReferences } = metaOf(object);
  return { labels, annotations, finalizers, ownerReferences };
}

/** What field ownership is about: neither the type nor the status, and of the metadata what a client may write. */
export function typeless(typed: Json): Json {
  const { apiVersion: _, kind: __, status: ___, ...object } = typed;
  const own = pruned(ownMeta(object)) as Json;
  const { name, namespace } = metaOf(object);
  return {
    ...object,
    metadata: { ...own, ...(name !== undefined && { name }), ...(namespace !== undefined && { namespace }) },
  };
}

/** Whether a finalizer is added to what is terminating. */
export function isHeldAnew({ metadata: { deletionTimestamp, finalizers } }: Document, wanted: unknown): boolean {
  const old = new Set(finalizers);
  return deletionTimestamp !== undefined && asArray(wanted).some((finalizer) => !old.has(String(finalizer)));
}

export function versioned(object: Document, resourceVersion: string): Document {
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}
