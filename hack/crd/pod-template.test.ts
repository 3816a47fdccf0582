import { describe, expect, test } from 'vitest';

import { podTemplateSchema } from './pod-template.ts';
import { readSnapshot } from './pod-template-snapshot.ts';
import { schemaAt, type StructuralSchema } from './structural-schema.ts';

const template = podTemplateSchema(readSnapshot());

/** Every schema in `schema`, itself included, by path. */
function* walk(schema: StructuralSchema, path = ''): Generator<readonly [string, StructuralSchema]> {
  yield [path, schema];
  for (const [name, field] of Object.entries(schema.properties ?? {})) yield* walk(field, `${path}.${name}`);
  if (schema.items) yield* walk(schema.items, `${path}[]`);
  if (schema.additionalProperties) yield* walk(schema.additionalProperties, `${path}.*`);
}
const pathsOf = (matches: (schema: StructuralSchema) => boolean) =>
  [...walk(template)].filter(([, schema]) => matches(schema)).map(([path]) => path);

test('every schema has a type, as structural schemas must', () => {
  expect(pathsOf((schema) => schema.type === undefined && !schema['x-kubernetes-int-or-string'])).toEqual([]);
});

test('every list, map and string is bounded', () => {
  expect(pathsOf(({ type, maxItems }) => type === 'array' && maxItems === undefined)).toEqual([]);
  expect(pathsOf((schema) => schema.additionalProperties !== undefined && schema.maxProperties === undefined)).toEqual(
    [],
  );
  expect(
    pathsOf((schema) => schema.type === 'string' && schema.enum === undefined && schema.maxLength === undefined),
  ).toEqual([]);
});

test('has defaults only for the protocol of a port, a key of its list', () => {
  expect(pathsOf((schema) => schema.default !== undefined)).toEqual([
    '.spec.containers[].ports[].protocol',
    '.spec.initContainers[].ports[].protocol',
  ]);
});

test('each key of a list map is required or has a default', () => {
  const isLoose = ({ items, 'x-kubernetes-list-map-keys': keys = [] }: StructuralSchema) =>
    keys.some((key) => !items?.required?.includes(key) && items?.properties?.[key]?.default === undefined);
  expect(pathsOf(isLoose)).toEqual([]);
  expect(schemaAt(template, 'spec.imagePullSecrets[]').required).toEqual(['name']);
});

test('a fleet has containers, and metadata of labels and annotations', () => {
  expect(template.required).toEqual(['spec']);
  expect(schemaAt(template, 'spec').required).toEqual(['containers']);
  expect(schemaAt(template, 'spec.containers')).toMatchObject({ minItems: 1, maxItems: 32 });
  expect(Object.keys(schemaAt(template, 'metadata').properties ?? {})).toEqual(['labels', 'annotations']);
});

describe('a field that refers to a type', () => {
  const container = { type: 'object', description: 'The type.', properties: { name: { type: 'string' } } } as const;
  const schema = podTemplateSchema({
    kubernetesVersion: '',
    schemas: {
      PodTemplateSpec: {
        type: 'object',
        properties: {
          spec: { ref: 'Spec', description: 'The field.' },
          again: { ref: 'Spec' },
          size: { ref: 'Quantity' },
        },
      },
      Spec: container,
    },
  });

  test('describes itself, or is described by its type', () => {
    expect(schemaAt(schema, 'spec').description).toBe('The field.');
    expect(schemaAt(schema, 'again').description).toBe('The type.');
  });

  test('is a copy: what is added to one is not added to the other', () => {
    expect(schemaAt(schema, 'spec.name')).not.toBe(schemaAt(schema, 'again.name'));
  });

  test.for([['1', '0.5', '.5', '1.', '-1', '100m', '1Ki', '1.5Gi', '12e6', '1E']])(
    'takes quantities as the server reads them: %s',
    (quantities) => {
      const { pattern = '' } = schemaAt(schema, 'size');
      expect(quantities.filter((quantity) => !new RegExp(pattern).test(quantity))).toEqual([]);
      expect(['', '1GB', 'Gi', '1 Gi', '1e', '--1'].filter((text) => new RegExp(pattern).test(text))).toEqual([]);
    },
  );

  test('that the snapshot lacks is an error', () => {
    const schemas = { PodTemplateSpec: { ref: 'Gone' } };
    expect(() => podTemplateSchema({ kubernetesVersion: '', schemas })).toThrow('the snapshot has no schema Gone');
  });
});
