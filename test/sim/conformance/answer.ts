// What two servers' answers are compared by. Names of objects made by chance, times and wordings differ; the rest may
// not.
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

/** What was refused, and about which fields: `<nil>` is of a rule on the whole, which the model has none of, `.spec.replicas` of its scale. */
function contentOfStatus(status: number, json: unknown): Json {
  const details = field(json, 'details');
  const causes = field(details, 'causes');
  const fields = Array.isArray(causes) ? causes.map((cause) => text(field(cause, 'field')) ?? '') : [];
  return {
    named: status === 404 || status === 422 ? text(field(details, 'name')) || undefined : undefined,
    about: [...new Set(fields)].filter((name) => name !== '<nil>' && !name.startsWith('.')).toSorted(),
    outcome: field(json, 'status'),
    code: status < 400 ? undefined : field(json, 'code'),
  };
}

function contentOfList(json: unknown): Json {
  const items = field(json, 'items');
  return { items: Array.isArray(items) ? items.map((item) => field(field(item, 'metadata'), 'name')) : [] };
}

function contentOf(json: unknown): Json {
  const metadata = field(json, 'metadata');
  const kept = ['name', 'labels', 'annotations', 'finalizers', 'generation', 'deletionGracePeriodSeconds'];
  const isFleet = field(json, 'kind') === 'NodeDeployment';
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
    lease: field(json, 'kind') === 'Lease' ? spec : undefined,
    fleet: isFleet ? spec : undefined,
    status: isFleet ? field(json, 'status') : undefined,
    shape: [keysOf(json), keysOf(metadata)],
  };
}

/** The names of its members. Who owns which field is not shown by the model. */
function keysOf(value: unknown): readonly string[] {
  return isObject(value)
    ? Object.keys(value)
        .filter((name) => name !== 'managedFields')
        .toSorted()
    : [];
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
