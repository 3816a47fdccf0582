import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { SCENARIOS } from '../scenarios.ts';

const page = readFileSync(new URL('../../../docs/contention.md', import.meta.url), 'utf8');

test('docs/contention.md has the scenarios of the suite, in their order', () => {
  const rows = page.split('\n').filter((line) => /^\| C\d+ \|/.test(line));
  expect(rows).toEqual(SCENARIOS.map(({ id, name, expected }) => `| ${id} | ${name} | ${expected} |`));
});
