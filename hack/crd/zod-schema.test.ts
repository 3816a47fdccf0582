import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { fromZod } from './zod-schema.ts';

const field = (schema: z.ZodType) => fromZod(z.object({ field: schema })).properties?.['field'];

describe('a zod schema becomes structural', () => {
  test.for([
    {
      what: 'a string with bounds',
      schema: z.string().min(1).max(9),
      is: { type: 'string', minLength: 1, maxLength: 9 },
    },
    { what: 'a pattern', schema: z.string().regex(/^a$/), is: { type: 'string', pattern: '^a$' } },
    { what: 'a date-time, without its pattern', schema: z.iso.datetime(), is: { type: 'string', format: 'date-time' } },
    {
      what: 'an int32, without the bounds of its type',
      schema: z.int32().min(0),
      is: { type: 'integer', format: 'int32', minimum: 0 },
    },
    {
      what: 'an int64, without the bounds of JavaScript',
      schema: z.int().meta({ format: 'int64' }),
      is: { type: 'integer', format: 'int64' },
    },
    {
      what: 'an enum with a default',
      schema: z.enum(['A', 'B']).default('A'),
      is: { type: 'string', enum: ['A', 'B'], default: 'A' },
    },
    {
      what: 'a map',
      schema: z.record(z.string(), z.string().max(9)).meta({ maxProperties: 2 }),
      is: { type: 'object', additionalProperties: { type: 'string', maxLength: 9 }, maxProperties: 2 },
    },
    {
      what: 'a list',
      schema: z.array(z.string()).max(3).meta({ 'x-kubernetes-list-type': 'set' }),
      is: { type: 'array', items: { type: 'string' }, maxItems: 3, 'x-kubernetes-list-type': 'set' },
    },
    {
      what: 'int-or-string, with the constraints of both',
      schema: z.union([z.int32().min(1), z.string().regex(/%$/)]).meta({ 'x-kubernetes-int-or-string': true }),
      is: {
        anyOf: [{ type: 'integer' }, { type: 'string' }],
        minimum: 1,
        pattern: '%$',
        'x-kubernetes-int-or-string': true,
      },
    },
    { what: 'a description', schema: z.boolean().describe('Why.'), is: { type: 'boolean', description: 'Why.' } },
    {
      what: 'a custom schema, for the caller to fill',
      schema: z.custom().describe('Any.'),
      is: { description: 'Any.' },
    },
  ])('$what', ({ schema, is }) => {
    expect(field(schema)).toEqual(is);
  });
});

test('requires what has neither a default nor optional()', () => {
  const schema = z.object({
    a: z.string(),
    b: z.string().optional(),
    c: z.string().default(''),
    d: z.object({}).prefault({}),
  });
  expect(fromZod(schema).required).toEqual(['a']);
  expect(fromZod(schema).properties?.['d']?.default).toEqual({});
});

describe('what has no structural form is an error that names the field', () => {
  test.for([
    { what: 'a union', schema: z.union([z.string(), z.boolean()]), says: '.field: a union has no structural form' },
    { what: 'null', schema: z.string().nullable(), says: '.field: the keyword nullable has no structural form' },
    { what: 'a multiple', schema: z.number().multipleOf(5), says: '.field: the keyword multipleOf' },
    { what: 'two patterns', schema: z.string().regex(/a/).regex(/b/), says: '.field: the keyword allOf' },
  ])('$what', ({ schema, says }) => {
    expect(() => field(schema)).toThrow(says);
  });
});
