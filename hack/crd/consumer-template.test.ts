// The schema of a consumer's template, and the rule that names the fields of a pod which a sidecar leaves alone.
import { expect, test } from 'vitest';

import { OF_THE_POD } from '../../src/api/v1alpha1/consumer-rules.ts';
import { consumerTemplateSchema } from './consumer-template.ts';
import { readSnapshot } from './pod-template-snapshot.ts';
import { schemaAt } from './structural-schema.ts';

const template = consumerTemplateSchema(readSnapshot());

test('has no description anywhere, and requires no container', () => {
  expect(JSON.stringify(template)).not.toContain('"description":"');
  expect(schemaAt(template, 'spec').required).toBeUndefined();
});

test('has no field of a pod that a sidecar neither brings nor is told to leave alone', () => {
  const fields = Object.keys(schemaAt(template, 'spec').properties ?? {});
  expect(fields.toSorted()).toEqual([...OF_THE_POD, 'containers', 'initContainers', 'volumes'].toSorted());
});
