import { expect, test } from 'vitest';

import { RULES } from '../../src/api/v1alpha1/rules.ts';
import { nodeDeploymentCrd } from '../crd/custom-resource-definition.ts';
import type { StructuralSchema } from '../crd/structural-schema.ts';
import { renderApiReference } from './render.ts';
import { typeOf } from './type-of.ts';

const crd = nodeDeploymentCrd();
const page = renderApiReference(crd);

test('every rule of the schema stands on the page with its message, once', () => {
  const told = RULES.map(({ id, message }) => [id, page.split(`${message}\n`).length - 1]);
  expect(told).toEqual(RULES.map(({ id, message }) => [id, RULES.filter((rule) => rule.message === message).length]));
});

test('every field of spec and status has a row in the section of its object', () => {
  const missing: string[] = [];
  const walk = (path: string, schema: StructuralSchema): void => {
    const [, section = ''] = page.split(`## ${path}\n`);
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      if (!section.split('\n## ')[0]?.includes(`| \`${name}\` | `)) missing.push(`${path}.${name}`);
      if (name === 'template') continue;
      if (field.items?.properties !== undefined) walk(`${path}.${name}[]`, field.items);
      else if (field.properties !== undefined) walk(`${path}.${name}`, field);
    }
  };
  const { properties = {} } = crd.spec.versions[0]?.schema.openAPIV3Schema ?? {};
  for (const name of ['spec', 'status']) walk(name, properties[name] ?? {});
  expect(missing).toEqual([]);
});

test('every link within the page has its heading', () => {
  const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading.toLowerCase().replaceAll(/[^a-z0-9-]/g, ''),
  );
  const links = [...page.matchAll(/\(#([^)]*)\)/g)].map(([, link = '']) => link);
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !anchors.includes(link))).toEqual([]);
});

test.for<[string, StructuralSchema, string]>([
  ['both limits', { type: 'integer', minimum: 0, maximum: 256 }, 'integer, 0 to 256'],
  ['one limit', { type: 'integer', minimum: 1 }, 'integer, at least 1'],
  ['values', { type: 'string', enum: ['A', 'B'], maxLength: 1 }, '`A`, `B`'],
  ['an amount', { 'x-kubernetes-int-or-string': true, minimum: 0 }, 'integer or string, at least 0'],
  ['a time', { type: 'string', format: 'date-time' }, 'time'],
  [
    'a map',
    { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 3 },
    'map of strings, at most 3',
  ],
  [
    'a keyed list',
    { type: 'array', items: { type: 'object' }, maxItems: 8, 'x-kubernetes-list-map-keys': ['port', 'protocol'] },
    'list of objects, at most 8, keyed by port and protocol',
  ],
])('a type is told in words: %s', ([, schema, words]) => {
  expect(typeOf(schema)).toBe(words);
});
