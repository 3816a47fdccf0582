// The structural schema of `spec.consumers[].template`: that of `spec.template`, without its descriptions.
//
// kubectl apply keeps the manifest in an annotation, which has no room to describe every field of a pod twice; `kubectl
// explain nodedeployment.spec.template` has them. Lists are shorter: the cost of a rule counts every consumer in full.
import type { PodTemplateSnapshot } from './pod-template-snapshot.ts';
import { podTemplateSchema } from './pod-template.ts';
import { schemaAt, type StructuralSchema } from './structural-schema.ts';

const MAX_CONTAINERS = 8;
const MAX_VOLUMES = 32;
const MAX_ARGUMENTS = 64;

export function consumerTemplateSchema(snapshot: PodTemplateSnapshot): StructuralSchema {
  const template = podTemplateSchema(snapshot);
  removeDescriptions(template);
  const spec = schemaAt(template, 'spec');
  // A sidecar may have nothing but native sidecars, which are init containers: a rule says what each kind needs.
  spec.required = (spec.required ?? []).filter((field) => field !== 'containers');
  if (spec.required.length === 0) delete spec.required;
  const containers = schemaAt(spec, 'containers');
  delete containers.minItems;
  for (const list of [containers, schemaAt(spec, 'initContainers')]) {
    list.maxItems = MAX_CONTAINERS;
    for (const field of ['args', 'command', 'env']) schemaAt(list, `[].${field}`).maxItems = MAX_ARGUMENTS;
  }
  schemaAt(spec, 'volumes').maxItems = MAX_VOLUMES;
  return template;
}

function removeDescriptions(schema: StructuralSchema): void {
  delete schema.description;
  const { properties = {}, items, additionalProperties } = schema;
  for (const part of [...Object.values(properties), items, additionalProperties]) {
    if (part !== undefined) removeDescriptions(part);
  }
}
