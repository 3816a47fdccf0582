// The part of JSON schema that a CustomResourceDefinition may hold: "structural", without references and type unions.
//
//
// https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One rule of `x-kubernetes-validations`. `id` is ours: yaml.ts makes a comment of it. */
export interface ValidationRule {
  readonly id: string;
  readonly rule: string;
  readonly message: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
  readonly reason?: string;
}

/** One node of a structural schema; in OpenAPI v3 terms and order of `kubectl explain`. */
export interface StructuralSchema {
  description?: string;
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  format?: string;
  default?: Json;
  enum?: readonly string[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  required?: readonly string[];
  properties?: { [name: string]: StructuralSchema };
  additionalProperties?: StructuralSchema;
  items?: StructuralSchema;
  anyOf?: readonly { readonly type: 'integer' | 'string' }[];
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  'x-kubernetes-list-map-keys'?: readonly string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  'x-kubernetes-validations'?: readonly ValidationRule[];
}

/** A number or a string: the one type union that a structural schema may hold, in the one form it may have. */
export function intOrString(constraints: StructuralSchema = {}): StructuralSchema {
  return { ...constraints, anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true };
}

/**
 * The schema at a path like `spec.template.spec.containers[].ports`; `''` is the schema itself.
 *
 * @throws Error when there is none
 */
export function schemaAt(root: StructuralSchema, path: string): StructuralSchema {
  let schema: StructuralSchema | undefined = root;
  for (const step of path.split(/\.|(?=\[\])/).filter((part) => part !== '')) {
    schema = step === '[]' ? schema.items : schema.properties?.[step];
    if (schema === undefined) throw new Error(`schema: no field ${step} on the path ${path}`);
  }
  return schema;
}
