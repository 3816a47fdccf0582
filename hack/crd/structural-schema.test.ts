import { expect, test } from 'vitest';

import { schemaAt, type StructuralSchema } from './structural-schema.ts';

const name: StructuralSchema = { type: 'string' };
const schema: StructuralSchema = {
  type: 'object',
  properties: { list: { type: 'array', items: { type: 'object', properties: { name } } } },
};

test('finds a schema by its path, through lists', () => {
  expect(schemaAt(schema, '')).toBe(schema);
  expect(schemaAt(schema, 'list[].name')).toBe(name);
});

test.for(['lists', 'list.name', 'list[].nam', '[]'])('throws on %s, which leads nowhere', (path) => {
  expect(() => schemaAt(schema, path)).toThrow(path);
});
