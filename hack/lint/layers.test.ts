import { expect, test } from 'vitest';

import { isTestCode, layerOf, layers, layerTable } from './layers.ts';

test.for([
  ['src/domain/desired/claim.ts', 'domain'],
  ['src/main.ts', 'main'],
  ['src/options.ts', 'main'],
  ['src/plugin/main.ts', 'plugin'],
  ['src/elsewhere/a.ts', undefined],
  ['hack/domain/a.ts', undefined],
] as const)('%s is in layer %s', ([path, layer]) => {
  expect(layerOf(path)?.name).toBe(layer);
});

test.for([
  ['src/domain/plan.test.ts', true],
  ['src/runtime/testing/fake-clock.ts', true],
  ['src/domain/testing/build.ts', true],
  ['src/domain/plan.ts', false],
  ['src/domain/testing.ts', false],
] as const)('%s is test code: %s', ([path, expected]) => {
  expect(isTestCode(path)).toBe(expected);
});

test('no layer imports a layer that imports it', () => {
  for (const [index, { imports }] of layers.entries()) {
    const below = layers.slice(0, index).map(({ name }) => name);
    expect(below).toEqual(expect.arrayContaining([...imports]));
  }
});

test('the table has one row per layer, in words a reader knows', () => {
  const rows = layerTable().split('\n');
  expect(rows).toHaveLength(2 + layers.length);
  expect(rows).toContain('| kube | nothing | types of @kubernetes/client-node, node:crypto (hash.ts) |');
  expect(rows).toContain('| controller | kube, api, domain, runtime | – |');
});
