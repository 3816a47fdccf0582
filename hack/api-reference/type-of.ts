// A field's type and limits in words: `integer, 0 to 256`, `list of objects, at most 8, keyed by name`.
import type { StructuralSchema } from '../crd/structural-schema.ts';

export function typeOf(schema: StructuralSchema): string {
  return [wordOf(schema), ...limitsOf(schema)].join(', ');
}

function wordOf(schema: StructuralSchema): string {
  const { type, format, items, additionalProperties } = schema;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema['x-kubernetes-int-or-string'] === true) return 'integer or string';
  if (items !== undefined) return `list of ${wordOf(items)}s`;
  if (additionalProperties !== undefined) return `map of ${wordOf(additionalProperties)}s`;
  return format === 'date-time' ? 'time' : (type ?? 'any');
}

function limitsOf(schema: StructuralSchema): readonly string[] {
  const limits: string[] = [];
  const range = rangeOf(schema.minimum, schema.maximum);
  if (range !== undefined) limits.push(range);
  if (schema.enum === undefined && schema.maxLength !== undefined)
    limits.push(`at most ${schema.maxLength} characters`);
  const most = schema.maxItems ?? schema.maxProperties;
  if (most !== undefined) limits.push(`at most ${most}`);
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys !== undefined) limits.push(`keyed by ${keys.join(' and ')}`);
  return limits;
}

function rangeOf(minimum: number | undefined, maximum: number | undefined): string | undefined {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (minimum !== undefined) return `at least ${minimum}`;
  return maximum === undefined ? undefined : `at most ${maximum}`;
}
