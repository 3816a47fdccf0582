// An API server as a value in memory, for the simulation.
//
// What it models, held against a real server by test/envtest/sim-conformance.test.ts: create, server-side apply (forced),
// merge patch, status subresource, optimistic locks, preconditions, finalizers, graceful and cascading deletion, generations,
// dry runs, list and watch.
//
// Its lies. One namespace, always there. No RBAC, no quota, no admission but pvc-protection and images `refused:*`. Defaults
// only for NodeDeployments. No CEL rules. managedFields are kept, and not shown. Apply without force is not served. Lists come
// in one page. Events are stored and never expire. uids and times are made by counting. Strings are not length-checked, and
// unknown fields are refused in a status only.
import type { Kind } from '../../../src/kube/kinds.ts';
import type { ObjectKey, StoredMeta } from '../../../src/kube/object.ts';
import { POD } from '../../../src/kube/kinds.ts';
import { type Document, isObject, isSame, type Json, mergePatched, pruned, stored } from './document.ts';
import { applied, type Managers, updated } from './field-sets.ts';
import { admitted, defaulted, GENERATIONAL, validate, validateStatus, WITH_STATUS } from './kinds.ts';
import { ModelError, alreadyExists, conflict, invalid, notFound } from './model-error.ts';
import { type Change, ModelStore } from './store.ts';

/** Who writes, and on what condition, as far as the request says. */
export interface Write {
  /** The process that asked. */
  readonly by: string;
  readonly verb: 'create' | 'apply' | 'patch' | 'update' | 'delete';
  readonly subresource?: 'status';
  readonly fieldManager?: string;
  readonly isDryRun?: boolean;
  /** The body of the request, for the invariants. */
  readonly body?: Json;
}

/** An accepted write that changed something. */
export interface Commit extends Change {
  readonly write: Write;
}

export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
}

const POD_GRACE_SECONDS = 30;

export class ModelServer {
  readonly store = new ModelStore();
  readonly #now: () => number;
  readonly #listeners: ((commit: Commit) => void)[] = [];
  #uids = 0;

  /** `now`: milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Called for each commit, in order, before the writer hears of it. */
  onCommit(listener: (commit: Commit) => void): void {
    this.#listeners.push(listener);
  }

  get timestamp(): string {
    return `${new Date(this.#now()).toISOString().slice(0, 19)}Z`;
  }

  create(kind: Kind, object: Json, write: Write): Document {
    const metadata = metaOf(object);
    const key = { namespace: stringOf(metadata['namespace']), name: stringOf(metadata['name']) };
    if (key.name === '') throw invalid(kind, '', 'metadata.name', 'Required value: name or generateName is required');
    if (this.store.get(kind, key) !== undefined) throw alreadyExists(kind, key.name);
    if (metadata['resourceVersion'] !== undefined && write.verb === 'create') {
      throw new ModelError(500, '', 'resourceVersion should not be set on objects to be created');
    }
    return this.#insert(kind, key.name, object, write);
  }

  apply(kind: Kind, key: ObjectKey, wanted: Json, write: Write): Document {
    const { resourceVersion, uid, ...metadata } = metaOf(wanted);
    const live = this.store.get(kind, key);
    const rest: Json = { ...wanted, metadata: { ...metadata, name: key.name } };
    const manager = write.fieldManager ?? '';
    if (live === undefined) {
      if (uid !== undefined) throw conflict(kind, key.name, 'Precondition failed: UID in precondition');
      const fresh = applied(undefined, typeless(rest), new Map(), manager);
      return this.#insert(kind, key.name, { ...fresh.object }, write, fresh.managers);
    }
    if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
      throw conflict(kind, key.name);
    }
    if (uid !== undefined && uid !== live.metadata.uid) {
      throw invalid(kind, key.name, 'metadata.uid', 'field is immutable');
    }
    const merged = applied(live, typeless(rest), this.store.managersOf(live), manager);
    return this.#replace(kind, live, { ...live, ...merged.object }, write, merged.managers);
  }

  mergePatch(kind: Kind, key: ObjectKey, patch: Json, write: Write): Document {
    const live = this.#existing(kind, key);
    const { resourceVersion } = metaOf(patch);
    if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
      throw conflict(kind, key.name);
    }
    // Of a status patch the server takes the version only.
    const { uid = live.metadata.uid } = metaOf(patch);
    if (uid !== live.metadata.uid && write.subresource === undefined) {
      throw invalid(kind, key.name, 'metadata.uid', 'field is immutable');
    }
    const after = mergePatched(live, patch);
    return this.#update(kind, live, isObject(after) ? after : {}, write);
  }

  /** Replaces the object. A version in it has to be the stored one. */
  update(kind: Kind, key: ObjectKey, object: Json, write: Write): Document {
    const live = this.#existing(kind, key);
    const { resourceVersion, uid } = metaOf(object);
    if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
      throw conflict(kind, key.name);
    }
    if (uid !== undefined && uid !== live.metadata.uid) throw conflict(kind, key.name, 'Precondition failed: UID');
    return this.#update(kind, live, object, write);
  }

  /** The object while it is terminating; undefined once it is gone. */
  delete(kind: Kind, key: ObjectKey, options: DeleteOptions, write: Write): Document | undefined {
    const live = this.#existing(kind, key);
    const { uid, resourceVersion, propagation } = options;
    if (uid !== undefined && uid !== live.metadata.uid) throw conflict(kind, key.name, 'Precondition failed: UID');
    if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
      throw conflict(kind, key.name, 'Precondition failed: ResourceVersion');
    }
    const added = propagation === 'Foreground' ? ['foregroundDeletion'] : propagation === 'Orphan' ? ['orphan'] : [];
    const finalizers = [...new Set([...(live.metadata.finalizers ?? []), ...added])];
    const graceSeconds = graceOf(kind, live, options);
    if (finalizers.length === 0 && graceSeconds === 0) {
      if (write.isDryRun !== true) this.#publish(this.store.remove(kind, live), write);
      return undefined;
    }
    const isFirst = live.metadata.deletionTimestamp === undefined;
    const { generation } = live.metadata;
    const at = `${new Date(this.#now() + graceSeconds * 1000).toISOString().slice(0, 19)}Z`;
    const metadata = {
      ...live.metadata,
      ...(finalizers.length === 0 ? {} : { finalizers }),
      deletionTimestamp: isFirst ? at : live.metadata.deletionTimestamp,
      deletionGracePeriodSeconds: isFirst ? graceSeconds : live.metadata.deletionGracePeriodSeconds,
      ...(isFirst && generation !== undefined ? { generation: generation + 1 } : {}),
    } as StoredMeta;
    return this.#store(kind, live, { ...live, metadata }, write, this.store.managersOf(live));
  }

  #existing(kind: Kind, key: ObjectKey): Document {
    const live = this.store.get(kind, key);
    if (live === undefined) throw notFound(kind, key.name);
    return live;
  }

  #update(kind: Kind, live: Document, object: Json, write: Write): Document {
    const status = write.subresource === 'status';
    const hasStatus = WITH_STATUS.has(kind.plural);
    const metadata = status ? live.metadata : { ...live.metadata, ...ownMeta(object) };
    const after: Json = status
      ? { ...live, status: object['status'] }
      : { ...object, metadata, ...(hasStatus && { status: live['status'] }) };
    if (status) validateStatus(kind, live.metadata.name, after['status']);
    const manager = write.fieldManager ?? write.by;
    const managers = status
      ? this.store.managersOf(live)
      : updated(typeless(live), typeless(after), this.store.managersOf(live), manager);
    return this.#replace(kind, live, after, write, managers);
  }

  #insert(kind: Kind, name: string, object: Json, write: Write, managers: Managers = new Map()): Document {
    const full = admitted(kind, defaulted(kind, name, object));
    validate(kind, undefined, full, name);
    const { resourceVersion: _, uid: __, ...metadata } = metaOf(full);
    const fresh = {
      ...full,
      apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
      kind: kind.kind,
      metadata: {
        ...metadata,
        name,
        uid: `00000000-0000-4000-8000-${String((this.#uids += 1)).padStart(12, '0')}`,
        resourceVersion: '',
        creationTimestamp: this.timestamp,
        ...(GENERATIONAL.has(kind.plural) ? { generation: 1 } : {}),
      },
    };
    return this.#store(kind, undefined, stored(fresh) as Document, write, managers);
  }

  #replace(kind: Kind, live: Document, object: Json, write: Write, managers: Managers): Document {
    const { name } = live.metadata;
    const full = isSame(live['spec'], object['spec']) ? object : defaulted(kind, name, object);
    validate(kind, live, full, name);
    const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation = 0 } = live.metadata;
    const old = new Set(live.metadata.finalizers);
    const added = asArray(metaOf(full)['finalizers']).filter((finalizer) => !old.has(String(finalizer)));
    if (deletionTimestamp !== undefined && added.length > 0) {
      throw invalid(kind, name, 'metadata.finalizers', 'Forbidden: no new finalizers can be added');
    }
    const isNewSpec = GENERATIONAL.has(kind.plural) && !isSame(live['spec'] ?? null, pruned(full['spec']) ?? null);
    const metadata = {
      ...metaOf(full),
      ...{ name, uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds },
      resourceVersion: live.metadata.resourceVersion,
      ...(GENERATIONAL.has(kind.plural) && { generation: generation + (isNewSpec ? 1 : 0) }),
    };
    const typed = { apiVersion: live.apiVersion, kind: live.kind };
    return this.#store(kind, live, stored({ ...full, ...typed, metadata }) as Document, write, managers);
  }

  /** Nothing that changes nothing makes a new version; the last finalizer of a terminating object ends it. */
  #store(kind: Kind, live: Document | undefined, object: Document, write: Write, managers: Managers): Document {
    const isUnchanged =
      live !== undefined && isSame(live, object) && isSameManagers(this.store.managersOf(live), managers);
    if (isUnchanged) return live;
    if (write.isDryRun === true) return object;
    const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
    const isOver = deletionTimestamp !== undefined && finalizers.length === 0 && deletionGracePeriodSeconds === 0;
    const change = isOver ? this.store.remove(kind, object) : this.store.put(kind, object, managers);
    this.#publish(change, write);
    // The answer to the write that ends an object shows it at the version that it had.
    return isOver ? object : change.object;
  }

  #publish(change: Change, write: Write): void {
    for (const listener of this.#listeners) listener({ ...change, write });
  }
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function metaOf(object: Json): Json {
  return isObject(object['metadata']) ? object['metadata'] : {};
}

/** Metadata that a client may write: the rest is the server's. */
function ownMeta(object: Json): Json {
  const { labels, annotations, finalizers, ownerReferences } = metaOf(object);
  return { labels, annotations, finalizers, ownerReferences };
}

/** What field ownership is about: neither the type nor the status, and of the metadata what a client may write. */
function typeless(typed: Json): Json {
  const { apiVersion: _, kind: __, status: ___, ...object } = typed;
  const own = pruned(ownMeta(object)) as Json;
  const { name, namespace } = metaOf(object);
  return {
    ...object,
    metadata: { ...own, ...(name !== undefined && { name }), ...(namespace !== undefined && { namespace }) },
  };
}

function isSameManagers(left: Managers, right: Managers): boolean {
  if (left === right) return true;
  const plain = (managers: Managers): unknown =>
    Object.fromEntries(
      [...managers].filter(([, set]) => set.size > 0).map(([name, set]) => [name, [...set].toSorted()]),
    );
  return isSame(plain(left), plain(right));
}

function graceOf(kind: Kind, live: Document, { gracePeriodSeconds }: DeleteOptions): number {
  if (kind !== POD) return 0;
  const spec = isObject(live['spec']) ? live['spec'] : {};
  const status = isObject(live['status']) ? live['status'] : {};
  const isOver = status['phase'] === 'Succeeded' || status['phase'] === 'Failed';
  if (isOver || spec['nodeName'] === undefined) return 0;
  return gracePeriodSeconds ?? POD_GRACE_SECONDS;
}
