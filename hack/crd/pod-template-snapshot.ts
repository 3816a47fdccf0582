// What an API server says about PodTemplateSpec, reduced to what the CRD can use; pinned in pod-template.openapi.json.
//
// The pin lets `make check` generate the CRD without a server. A test on the real server holds the two together.
import { readFileSync, writeFileSync } from 'node:fs';

const SNAPSHOT = new URL('pod-template.openapi.json', import.meta.url);
const ROOT = 'io.k8s.api.core.v1.PodTemplateSpec';
const REF_PREFIX = '#/components/schemas/';

/** Types whose schema in the CRD is our own: see pod-template.ts. */
export const OWN_SCHEMA = ['ObjectMeta', 'Quantity', 'IntOrString'] as const;

/** `Type.field`, absent from a template because a StatefulSet refuses it: only a running pod has it. */
const NOT_IN_A_TEMPLATE = 'PodSpec.ephemeralContainers';

/** A schema in the snapshot: `ref` names another one in it. */
export interface PinnedSchema {
  readonly description?: string;
  readonly ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly format?: string;
  readonly default?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, PinnedSchema>>;
  readonly additionalProperties?: PinnedSchema;
  readonly items?: PinnedSchema;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
}

export interface PodTemplateSnapshot {
  /** The version of the server that published it, for example `v1.36.3`. */
  readonly kubernetesVersion: string;
  /** By the last part of their published name, in alphabetical order. */
  readonly schemas: Readonly<Record<string, PinnedSchema>>;
}

/** A schema as the server publishes it under /openapi/v3. */
interface PublishedSchema {
  readonly description?: string;
  readonly $ref?: string;
  readonly allOf?: readonly PublishedSchema[];
  readonly type?: PinnedSchema['type'];
  readonly format?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, PublishedSchema>>;
  readonly additionalProperties?: PublishedSchema;
  readonly items?: PublishedSchema;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
}
export interface PublishedOpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, PublishedSchema>> };
}

export function readSnapshot(): PodTemplateSnapshot {
  return JSON.parse(readFileSync(SNAPSHOT, 'utf8'));
}

export function writeSnapshot(snapshot: PodTemplateSnapshot): void {
  writeFileSync(SNAPSHOT, `${JSON.stringify(snapshot, undefined, 1)}\n`);
}

/**
 * The snapshot of a server's answer to `/openapi/v3/apis/apps/v1`: every type that PodTemplateSpec reaches, descriptions
 * cut to their first sentence, defaults only where they say more than the type's zero value.
 */
export function snapshotOf(openApi: PublishedOpenApi, kubernetesVersion: string): PodTemplateSnapshot {
  const published = openApi.components.schemas;
  const reached = new Map<string, PinnedSchema>();
  const queue = [ROOT];
  for (const fullName of queue) {
    const name = shortName(fullName);
    const schema = published[fullName];
    if (reached.has(name)) continue;
    if (schema === undefined) throw new Error(`snapshot: the server publishes no schema ${fullName}`);
    reached.set(
      name,
      reduce(schema, name, (ref) => queue.push(ref)),
    );
  }
  return {
    kubernetesVersion,
    schemas: Object.fromEntries([...reached].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Reports the full name of every type that the schema refers to and that the CRD does not define by itself. */
function reduce(schema: PublishedSchema, path: string, onRef: (fullName: string) => void): PinnedSchema {
  const { description, allOf, properties, additionalProperties, items } = schema;
  const reduceAt = (part: PublishedSchema) => reduce(part, '', onRef);
  const fields = Object.entries(properties ?? {}).filter(([name]) => `${path}.${name}` !== NOT_IN_A_TEMPLATE);
  return {
    ...(description !== undefined && { description: firstSentence(description) }),
    ...reference(schema.$ref ?? allOf?.[0]?.$ref, onRef),
    ...keep(schema),
    ...(properties && { properties: Object.fromEntries(fields.map(([name, field]) => [name, reduceAt(field)])) }),
    ...(additionalProperties && { additionalProperties: reduceAt(additionalProperties) }),
    ...(items && { items: reduceAt(items) }),
  };
}

function reference(ref: string | undefined, onRef: (fullName: string) => void): { ref?: string } {
  if (ref === undefined) return {};
  const fullName = ref.slice(REF_PREFIX.length);
  const name = shortName(fullName);
  if (!OWN_SCHEMA.some((own) => own === name)) onRef(fullName);
  return { ref: name };
}

function keep(schema: PublishedSchema): PinnedSchema {
  const { type, format, required, default: byDefault, enum: values } = schema;
  const listType = schema['x-kubernetes-list-type'];
  const listMapKeys = schema['x-kubernetes-list-map-keys'];
  const mapType = schema['x-kubernetes-map-type'];
  return {
    ...(type && { type }),
    ...(format && { format }),
    ...(typeof byDefault === 'string' && byDefault !== '' && { default: byDefault }),
    ...(values && { enum: values }),
    ...(required && { required }),
    ...(listType && { 'x-kubernetes-list-type': listType }),
    ...(listMapKeys && { 'x-kubernetes-list-map-keys': listMapKeys }),
    ...(mapType && { 'x-kubernetes-map-type': mapType }),
  };
}

function shortName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}

/** At most 200 characters: the CRD has to fit into the annotation that `kubectl apply` writes. */
function firstSentence(description: string): string {
  const line = description.replaceAll(/\s+/g, ' ').trim();
  const sentence = /^.*?[^.]{3}[.](?= [^a-z]|$)/.exec(line)?.[0] ?? line;
  return sentence.length <= 200 ? sentence : `${sentence.slice(0, 199)}…`;
}
