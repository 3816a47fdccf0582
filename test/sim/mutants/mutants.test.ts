// Each planted bug still has its place in the sources: whoever changes such a line changes the bug with it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { MUTANTS } from './mutants.ts';

const SOURCES = join(import.meta.dirname, '../../../src');

test.for(MUTANTS)('there is one place for the bug: $name', ({ edits }) => {
  const places = edits.map(({ file, find }) => ({
    file,
    find,
    times: readFileSync(join(SOURCES, file), 'utf8').split(find).length - 1,
  }));
  expect(places.filter(({ times }) => times !== 1)).toEqual([]);
});

test('no two bugs have one name, and there are at least 25', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(25);
});
