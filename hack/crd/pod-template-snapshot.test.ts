import { describe, expect, test } from 'vitest';

import { snapshotOf, type PublishedOpenApi } from './pod-template-snapshot.ts';

type Schemas = PublishedOpenApi['components']['schemas'];

const ref = (name: string) => ({ $ref: `#/components/schemas/io.k8s.api.core.v1.${name}` });
const snapshot = (properties: Schemas, types: Schemas = {}) => {
  const named = Object.entries(types).map(([name, schema]) => [`io.k8s.api.core.v1.${name}`, schema]);
  const root = { 'io.k8s.api.core.v1.PodTemplateSpec': { type: 'object', properties } } as const;
  return snapshotOf({ components: { schemas: { ...root, ...Object.fromEntries(named) } } }, 'v1.36.3').schemas;
};
const field = (schema: Schemas[string]) => snapshot({ field: schema })['PodTemplateSpec']?.properties?.['field'];

test('holds every type that the template reaches, in alphabetical order, and no other', () => {
  const schemas = snapshot(
    { spec: { default: {}, allOf: [ref('PodSpec')] } },
    {
      PodSpec: { type: 'object', properties: { a: { type: 'array', items: { allOf: [ref('Container')] } } } },
      Container: { type: 'object', properties: { self: { additionalProperties: ref('Container') } } },
      Node: { type: 'object' },
    },
  );
  expect(Object.keys(schemas)).toEqual(['Container', 'PodSpec', 'PodTemplateSpec']);
  expect(schemas['PodTemplateSpec']?.properties?.['spec']).toEqual({ ref: 'PodSpec' });
});

test('does not follow the types that the CRD defines by itself', () => {
  expect(Object.keys(snapshot({ metadata: { allOf: [ref('ObjectMeta')] } }))).toEqual(['PodTemplateSpec']);
});

test('leaves out ephemeral containers, which only a running pod can have', () => {
  const podSpec = {
    type: 'object',
    properties: { ephemeralContainers: { type: 'array' }, containers: { type: 'array' } },
  } as const;
  const { PodSpec } = snapshot({ spec: ref('PodSpec') }, { PodSpec: podSpec });
  expect(Object.keys(PodSpec?.properties ?? {})).toEqual(['containers']);
});

test('throws when a type is missing', () => {
  expect(() => snapshot({ spec: ref('PodSpec') })).toThrow('publishes no schema io.k8s.api.core.v1.PodSpec');
});

describe('a description is cut to its first sentence', () => {
  test.for([
    { description: 'Ends here. Not here.', is: 'Ends here.' },
    { description: 'Over\n  lines. And on.', is: 'Over lines.' },
    { description: 'No end', is: 'No end' },
    { description: 'For example, e.g. this one. More.', is: 'For example, e.g. this one.' },
    { description: `${'x'.repeat(300)}.`, is: `${'x'.repeat(199)}…` },
  ])('$is', ({ description, is }) => {
    expect(field({ description })).toEqual({ description: is });
  });
});

test.for([
  { what: 'an empty object', schema: { type: 'object', default: {} }, is: { type: 'object' } },
  { what: 'an empty string', schema: { type: 'string', default: '' }, is: { type: 'string' } },
  { what: 'a zero', schema: { type: 'integer', default: 0 }, is: { type: 'integer' } },
  { what: 'TCP', schema: { type: 'string', default: 'TCP' }, is: { type: 'string', default: 'TCP' } },
] as const)('of the default $what it keeps only what says something', ({ schema, is }) => {
  expect(field(schema)).toEqual(is);
});
