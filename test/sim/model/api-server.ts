// An API server as a value in memory, for the simulation.
//
// What it models, held against a real server by test/envtest/sim-conformance.test.ts: create, server-side apply
// (forced), merge patch, status subresource, optimistic locks, preconditions, finalizers, graceful and cascading
// deletion, generations, dry runs, list and watch.
//
// Its lies. One namespace for what is not of the cluster, which ends and is there again at once. No RBAC, no quota, no
// admission but pvc-protection and images `refused:*`. Defaults only for NodeDeployments. No CEL rules. managedFields
// are kept, and not shown. Apply without force is not served. Lists come in one page. Events are stored and never
// expire. uids and times are made by counting. Strings are not length-checked, and unknown fields are refused in a
// status only; what the CRD of the time lacks is shown until the status is written. JSON patches and strategic ones are
// not served, nor are names made by the server, field selectors, collections deleted at once, or applies to a status.
// An object is never too large, and numbers above 2^53 lose digits. A claim that is applied once more after it was made
// keeps its version; a real one gets another, once. Every request is one step: a real server ends an object in two, and
// what is written to it in between is lost with it.
import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import type { Kind } from '../../../src/kube/kinds.ts';
import type { ObjectKey, StoredMeta } from '../../../src/kube/object.ts';
import { POD } from '../../../src/kube/kinds.ts';
import { type Document, isObject, isSame, type Json, mergePatched, pruned, stored } from './document.ts';
import { isHeldAnew, metaOf, ownMeta, stringOf, typeless, versioned } from './metadata.ts';
import { applied, type Managers, updated } from './field-sets.ts';
import { admitted, defaulted, GENERATIONAL, validate, validateStatus, WITH_STATUS } from './kinds.ts';
import { ModelError, alreadyExists, conflict, ending, invalid, notFound, unfit } from './model-error.ts';
import { assertSubject, conditionOf, validateMeta } from './requests.ts';
import { type Change, ModelStore } from './store.ts';

/** Who writes, and on what condition, as far as the request says. */
export interface Write {
  /** The process that asked. */
  readonly by: string;
  readonly verb: 'create' | 'apply' | 'patch' | 'update' | 'delete';
  readonly subresource?: 'status';
  readonly fieldManager?: string;
  readonly isDryRun?: boolean;
  /** Whether a field that the schema lacks is to be refused, not dropped. */
  readonly isStrict?: boolean;
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

/** Kinds that a replacement of what is not there makes. */
export const CREATED_BY_PUT = new Set(['services', 'leases', 'events']);
const POD_GRACE_SECONDS = 30;
/** The namespace that can end. */
const HOME = 'default';

export class ModelServer {
  readonly store = new ModelStore();
  /** A field of a fleet's status that the CRD does not have at the time. */
  lackedField: string | undefined;
  readonly #now: () => number;
  readonly #listeners: ((commit: Commit) => void)[] = [];
  #namespaceEndsSinceMs: number | undefined;
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
    const { deletionTimestamp: _, deletionGracePeriodSeconds: __, ...own } = metadata;
    const wanted = { ...object, metadata: own };
    const managers = updated({}, typeless(wanted), new Map(), managerOf(write));
    return this.#insert(kind, key.name, wanted, write, managers);
  }

  apply(kind: Kind, key: ObjectKey, wanted: Json, write: Write): Document {
    const { resourceVersion, uid, ...metadata } = metaOf(wanted);
    const live = this.store.get(kind, key);
    const rest: Json = { ...wanted, metadata: { ...metadata, name: key.name } };
    const manager = write.fieldManager ?? '';
    if (live === undefined) {
      if (uid !== undefined) throw conflict(kind, key.name, 'Precondition failed: UID in precondition');
      const fresh = applied(undefined, typeless(rest), new Map(), manager);
      const made = this.#insert(kind, key.name, { ...fresh.object }, write, fresh.managers);
      // What is not stored has no version but the one that was sent.
      return write.isDryRun !== true || typeof resourceVersion !== 'string' ? made : versioned(made, resourceVersion);
    }
    if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
      throw conflict(kind, key.name);
    }
    if (uid !== undefined && uid !== live.metadata.uid) throw anotherUid(kind, live, metadata['finalizers']);
    const merged = applied(live, typeless(rest), this.store.managersOf(live), manager);
    return this.#replace(kind, live, { ...live, ...merged.object }, write, merged.managers);
  }

  mergePatch(kind: Kind, key: ObjectKey, patch: Json, write: Write): Document {
    const live = this.#existing(kind, key);
    assertSubject(kind, key, { metadata: metaOf(patch) });
    const { resourceVersion } = metaOf(patch);
    if (resourceVersion !== undefined) this.#assertCondition(kind, live, resourceVersion);
    // Of a status patch the server takes the version only.
    const { uid = live.metadata.uid } = metaOf(patch);
    if (uid !== live.metadata.uid && write.subresource === undefined)
      throw anotherUid(kind, live, metaOf(patch)['finalizers']);
    const after = mergePatched(live, patch);
    return this.#update(kind, live, isObject(after) ? after : {}, write);
  }

  /** Replaces the object. A version in it has to be the stored one. */
  update(kind: Kind, key: ObjectKey, object: Json, write: Write): Document {
    const { resourceVersion, uid } = metaOf(object);
    if (CREATED_BY_PUT.has(kind.plural) && this.store.get(kind, key) === undefined) {
      if (uid !== undefined) throw conflict(kind, key.name, 'Precondition failed: UID in precondition');
      return this.create(kind, object, write);
    }
    const live = this.#existing(kind, key);
    if (uid !== undefined && uid !== live.metadata.uid) throw conflict(kind, key.name, 'Precondition failed: UID');
    this.#assertCondition(kind, live, resourceVersion);
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

  #assertCondition(kind: Kind, live: Document, version: unknown): void {
    const condition = conditionOf(kind, live.metadata.name, version);
    if (condition !== undefined && condition !== live.metadata.resourceVersion) {
      throw conflict(kind, live.metadata.name);
    }
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
    // What is left out has its default before anybody owns it.
    const filled =
      status || isSame(live['spec'], object['spec']) ? object : defaulted(kind, live.metadata.name, object);
    const after: Json = status
      ? { ...live, status: this.#known(kind, object['status'], write) }
      : { ...filled, metadata, ...(hasStatus && { status: live['status'] }) };
    if (status) validateStatus(kind, live.metadata.name, after['status']);
    const manager = managerOf(write);
    const managers = status
      ? this.store.managersOf(live)
      : updated(typeless(live), typeless(stored(after)), this.store.managersOf(live), manager);
    return this.#replace(kind, live, after, write, managers);
  }

  /** Somebody deletes the namespace: nothing new is let in until it is empty. */
  endNamespace(): void {
    this.#namespaceEndsSinceMs ??= this.#now();
  }

  /** It is empty, and there again. */
  renewNamespace(): void {
    this.#namespaceEndsSinceMs = undefined;
  }

  /** How long the namespace has been ending; undefined where it is not. */
  get namespaceEndingForMs(): number | undefined {
    return this.#namespaceEndsSinceMs === undefined ? undefined : this.#now() - this.#namespaceEndsSinceMs;
  }

  get isNamespaceEnding(): boolean {
    return this.#namespaceEndsSinceMs !== undefined;
  }

  /** The status without what the CRD does not have. @throws ModelError 422 where whoever sends that wants to be told */
  #known(kind: Kind, status: unknown, { body, isStrict }: Write): unknown {
    if (kind !== NODE_DEPLOYMENT || this.lackedField === undefined || !isObject(status)) return status;
    const { [this.lackedField]: _, ...known } = status;
    const sent = isObject(body?.['status']) ? body['status'] : {};
    if (isStrict === true && (sent[this.lackedField] ?? undefined) !== undefined) throw unfit(kind, '', ['patch']);
    return known;
  }

  #insert(kind: Kind, name: string, object: Json, write: Write, managers: Managers = new Map()): Document {
    const full = admitted(kind, defaulted(kind, name, object));
    validateMeta(kind, name, full);
    validate(kind, undefined, full, name);
    if (this.isNamespaceEnding && stringOf(metaOf(full)['namespace']) === HOME) throw ending(kind, name);
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
    validateMeta(kind, name, full);
    validate(kind, live, full, name);
    const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation = 0 } = live.metadata;
    if (isHeldAnew(live, metaOf(full)['finalizers'])) {
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
    // Watches are told of what was stored last: the finalizer whose removal ends an object is still in it.
    const change = isOver ? this.store.remove(kind, live ?? object) : this.store.put(kind, object, managers);
    this.#publish(change, write);
    // The answer to the write that ends an object shows it at the version that it had.
    return isOver ? object : change.object;
  }

  #publish(change: Change, write: Write): void {
    for (const listener of this.#listeners) listener({ ...change, write });
  }
}

function anotherUid(kind: Kind, live: Document, finalizers: unknown): ModelError {
  const fields = isHeldAnew(live, finalizers) ? ['metadata.finalizers', 'metadata.uid'] : ['metadata.uid'];
  return unfit(kind, live.metadata.name, fields);
}

/** A manager that applies is another one than itself when it writes in another way. */
function managerOf({ fieldManager, by }: Write): string {
  return `${fieldManager ?? by} (Update)`;
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
