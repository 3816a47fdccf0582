// That the rules themselves are well formed. What they accept and refuse is asked of a real API server:
// crd-rules.test.ts.
import { expect, test } from 'vitest';

import { MAX_NAME_LENGTH, RULES } from './rules.ts';
import { MAX_REPLICAS } from './spec.ts';

test('each has an id of its own', () => {
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
});

test.for([...RULES])('$id is kebab-case, and its message one line without an end mark', ({ id, message }) => {
  expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(message).toMatch(/^[^\n]+[^.\n]$/);
});

test('the longest name leaves room in a label for everything that Kubernetes appends to it', () => {
  const surge = `${'n'.repeat(MAX_NAME_LENGTH)}-${MAX_REPLICAS - 1}-surge`;
  const controllerRevisionHash = `${surge}-${'0'.repeat(10)}`;
  expect(controllerRevisionHash.length).toBeLessThanOrEqual(63);
});
