// What two servers' answers are compared by. Names of objects made by chance, times and wordings differ; the rest may not.
import type { HttpResponse } from '../../../src/runtime/client/transport.ts';
import { isObject, type Json } from '../model/document.ts';

export interface Answer {
  readonly status: number;
  readonly reason: string | undefined;
  /** Of the object that was answered; undefined for anything else. */
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly content: Json;
}

const field = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export function answerOf({ status, body }: HttpResponse): Answer {
  const json: unknown = body.startsWith('{') ? JSON.parse(body) : { kind: 'Status' };
  const metadata = field(json, 'metadata');
  const isList = Array.isArray(field(json, 'items'));
  const isStatus = field(json, 'kind') === 'Status';
  return {
    status,
    reason: isStatus ? text(field(json, 'reason')) || undefined : undefined,
    uid: text(field(metadata, 'uid')),
    resourceVersion: isList ? undefined : text(field(metadata, 'resourceVersion')),
    content: isStatus ? contentOfStatus(status, json) : isList ? contentOfList(json) : contentOf(json),
  };
}

/** The server names what is not there. */
function contentOfStatus(status: number, json: unknown): Json {
  return status === 404 ? { named: field(field(json, 'details'), 'name') } : {};
}

function contentOfList(json: unknown): Json {
  const items = field(json, 'items');
  return { items: Array.isArray(items) ? items.map((item) => field(field(item, 'metadata'), 'name')) : [] };
}

function contentOf(json: unknown): Json {
  const metadata = field(json, 'metadata');
  const kept = ['name', 'labels', 'finalizers', 'generation', 'deletionGracePeriodSeconds'];
  const spec = field(json, 'spec');
  return {
    metadata: Object.fromEntries(kept.map((name) => [name, field(metadata, name)])),
    owners: ownersIn(field(metadata, 'ownerReferences')),
    isTerminating: field(metadata, 'deletionTimestamp') !== undefined,
    replicas: field(spec, 'replicas'),
    ports: field(spec, 'ports'),
    selector: field(spec, 'selector'),
    resources: field(spec, 'resources'),
    data: field(json, 'data'),
    revision: field(json, 'revision'),
    status: field(json, 'kind') === 'NodeDeployment' ? field(json, 'status') : undefined,
  };
}

function ownersIn(references: unknown): unknown {
  if (!Array.isArray(references)) return undefined;
  return references.map((one) => ({ name: field(one, 'name'), controller: field(one, 'controller') }));
}

/** The answers of a script, with identities and versions as relations: the step that showed them first, and their order. */
export function relations(answers: readonly Answer[]): readonly Json[] {
  const uids = answers.flatMap(({ uid }) => uid ?? []);
  const versions = [...new Set(answers.flatMap(({ resourceVersion }) => Number(resourceVersion ?? NaN)))];
  const ordered = versions.filter((version) => !Number.isNaN(version)).toSorted((a, b) => a - b);
  return answers.map(({ status, reason, uid, resourceVersion, content }) => ({
    status,
    reason,
    uid: uid === undefined ? undefined : new Set(uids.slice(0, uids.indexOf(uid))).size,
    version: resourceVersion === undefined ? undefined : ordered.indexOf(Number(resourceVersion)),
    content,
  }));
}
