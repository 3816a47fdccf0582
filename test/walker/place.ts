// Puts a value at a path of a spec, with whatever the schema requires beside it.
import type { StructuralSchema } from '../../hack/crd/structural-schema.ts';
import { isObject, type Json } from '../sim/model/document.ts';
import { SCHEMA } from './properties.ts';

/** Key of a map that has none yet. */
const ANY_KEY = 'example.com/a';
/** What an item of a list is made of where the least that the schema asks for would mean something else, by the end of its path. */
const ITEMS: readonly (readonly [RegExp, Json])[] = [
  // No machine has a field of another name.
  [/matchFields\[\]$/, { key: 'metadata.name', operator: 'In', values: ['m1'] }],
];

/** Names of what has to be there, or no pod ever starts. */
const KNOWN: Json = { claimName: 'web-0' };

/** The object with `value` at `path`. Of a list that is there already, its item `index` has it. */
export function place(object: Json, path: string, value: unknown, index = 0): Json {
  const steps = path.split(/\.|(?=\[\])/).filter((step) => step !== '');
  const placed = put(SCHEMA, object, steps, '', value, index);
  return isObject(placed) ? placed : {};
}

function put(
  schema: StructuralSchema,
  current: unknown,
  steps: readonly string[],
  at: string,
  value: unknown,
  index: number,
): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (step === '[]') {
    const items: readonly unknown[] = Array.isArray(current) ? current : [];
    const which = Math.min(index, Math.max(0, items.length - 1));
    const below = put(schema.items ?? {}, items[which] ?? itemAt(`${at}[]`), rest, `${at}[]`, value, index);
    return items.length === 0 ? [below] : items.with(which, below);
  }
  const object = isObject(current) ? current : {};
  const name = step === '*' ? ANY_KEY : step;
  const field = step === '*' ? schema.additionalProperties : schema.properties?.[step];
  return complete(schema, { ...object, [name]: put(field ?? {}, object[name], rest, `${at}.${name}`, value, index) });
}

const itemAt = (path: string): Json | undefined => ITEMS.find(([end]) => end.test(path))?.[1];

/** With the required fields that it lacks. */
function complete(schema: StructuralSchema, object: Json): Json {
  const lacking = (schema.required ?? []).filter((name) => !(name in object));
  return {
    ...Object.fromEntries(lacking.map((name) => [name, KNOWN[name] ?? least(schema.properties?.[name] ?? {})])),
    ...object,
  };
}

/** The least value that the schema takes. */
function least(schema: StructuralSchema): unknown {
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema['x-kubernetes-int-or-string']) return 1;
  if (schema.type === 'array') return schema.minItems === undefined ? [] : [least(schema.items ?? {})];
  if (schema.type === 'object') return complete(schema, {});
  if (schema.type === 'boolean') return false;
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(1, schema.minimum ?? 1);
  return 'x';
}
