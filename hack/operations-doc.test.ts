// docs/operations.md has a paragraph for every reason for which a person is called.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { expect, test } from 'vitest';

import { STALLED_REASONS } from '../src/api/v1alpha1/conditions.ts';

const page = readFileSync(resolve(import.meta.dirname, '../docs/operations.md'), 'utf8');

test('docs/operations.md has a paragraph for every reason of Stalled and Accepted=False, in the order of urgency', () => {
  const [, runbook = ''] = page.split('\n## When a fleet is stuck\n');
  const headings = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual([...STALLED_REASONS, 'InvalidSpec', 'InvalidTemplate']);
});

test('every paragraph says more than its name', () => {
  const paragraphs = page.split('\n### ').slice(1);
  expect(paragraphs.filter((text) => text.split(/\s+/).length < 25)).toEqual([]);
});
