// zod schema → structural schema.
//
// Guarantee: nothing is lost in silence; a keyword without a structural form is an error. The API server rejects what
// z.toJSONSchema writes: type unions, property names, bounds of 2^53.
import { z } from 'zod';

import { intOrString, type StructuralSchema } from './structural-schema.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The largest numbers that an int32 and a JavaScript number hold: zod's own bounds of `z.int32()` and `z.int()`. */
const INT32 = 2_147_483_647;

/** Keywords that both kinds of schema have, with the same meaning. */
const SAME = new Set([
  'description',
  'type',
  'format',
  'default',
  'enum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'required',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
]);
const HANDLED = new Set(['properties', 'additionalProperties', 'items', 'anyOf', 'pattern', 'minimum', 'maximum']);

/**
 * The structural schema of a zod schema, as the user writes the value: a field with a default is optional.
 *
 * `z.custom()` becomes a schema with no more than its description: the caller puts the real one there.
 * @throws Error naming the field and the keyword that cannot be expressed
 */
export function fromZod(schema: z.ZodType): StructuralSchema {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  });
  return convert(json, '');
}

function convert(json: JsonSchema, path: string): StructuralSchema {
  const structural: StructuralSchema = { ...pickSame(json, path), ...bounds(json) };
  if (json['x-kubernetes-int-or-string'] === true) return intOrString({ ...structural, ...alternatives(json) });
  if (json.anyOf !== undefined) throw new Error(`zod schema: ${path}: a union has no structural form`);
  if (json.properties !== undefined) {
    structural.properties = mapValues(json.properties, (field, name) =>
      convert(asSchema(field, path), `${path}.${name}`),
    );
  } else if (json.additionalProperties !== undefined) {
    structural.additionalProperties = convert(asSchema(json.additionalProperties, path), `${path}.*`);
  }
  if (json.items !== undefined) structural.items = convert(asSchema(json.items, path), `${path}[]`);
  return structural;
}

function pickSame(json: JsonSchema, path: string): StructuralSchema {
  const picked: [string, unknown][] = [];
  for (const [keyword, value] of Object.entries(json)) {
    if (SAME.has(keyword)) picked.push([keyword, value]);
    else if (!HANDLED.has(keyword) && keyword !== 'x-kubernetes-int-or-string') {
      throw new Error(`zod schema: ${path}: the keyword ${keyword} has no structural form`);
    }
  }
  return Object.fromEntries(picked);
}

/** Bounds that say something: not those that `z.int()` sets because of how JavaScript keeps numbers. */
function bounds(json: JsonSchema): StructuralSchema {
  const { pattern, minimum, maximum } = json;
  const isInt32 = json.type === 'integer' && maximum !== undefined && maximum <= INT32;
  return {
    ...(isInt32 && { format: 'int32' }),
    // A date-time's format says all that its long pattern says.
    ...(pattern !== undefined && json.format === undefined && { pattern }),
    ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && maximum !== INT32 && { maximum }),
  };
}

/** The constraints of a number and of a string together: each of them looks only at values of its own type. */
function alternatives(json: JsonSchema): StructuralSchema {
  const merged: StructuralSchema = {};
  for (const option of json.anyOf ?? []) {
    const { type: _type, format: _format, ...constraints } = convert(asSchema(option, ''), '');
    Object.assign(merged, constraints);
  }
  return merged;
}

function asSchema(json: JsonSchema['items'] | JsonSchema['additionalProperties'], path: string): JsonSchema {
  if (typeof json === 'object' && !Array.isArray(json)) return json;
  throw new Error(`zod schema: ${path}: ${JSON.stringify(json)} has no structural form`);
}

function mapValues<V, W>(record: Readonly<Record<string, V>>, map: (value: V, key: string) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
