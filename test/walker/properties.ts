// Every property of the spec, from the generated CRD itself: nothing is listed by hand, so that a new field is walked, or
// missed aloud.
import { nodeDeploymentCrd } from '../../hack/crd/custom-resource-definition.ts';
import { schemaAt, type StructuralSchema } from '../../hack/crd/structural-schema.ts';

export interface Property {
  /** `spec.template.spec.containers[].image`; `.*` is any key of a map. */
  readonly path: string;
  readonly schema: StructuralSchema;
}

function objectSchema(): StructuralSchema {
  const [version] = nodeDeploymentCrd().spec.versions;
  if (version === undefined) throw new Error('walker: the CRD has no version');
  return version.schema.openAPIV3Schema;
}

/** Of a whole NodeDeployment. */
export const SCHEMA = objectSchema();

/** The leaves: what holds a value and no further fields. */
export const PROPERTIES: readonly Property[] = leaves(schemaAt(SCHEMA, 'spec'), 'spec');

function leaves(schema: StructuralSchema, path: string): readonly Property[] {
  if (schema.properties !== undefined)
    return Object.entries(schema.properties).flatMap(([name, field]) => leaves(field, `${path}.${name}`));
  if (schema.items !== undefined) return leaves(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) return leaves(schema.additionalProperties, `${path}.*`);
  return [{ path, schema }];
}

/** Whether it is one of the pod's, whose schema is Kubernetes' own. */
export function isOfPod({ path }: Property): boolean {
  return /^spec\.(template|consumers\[\]\.template)\./.test(path);
}
