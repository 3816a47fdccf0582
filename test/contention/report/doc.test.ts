import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { MUTANTS } from '../../sim/mutants/mutants.ts';
import { OPERATIONS } from '../../crash-points/operations.ts';
import { NOT_FOUND, PUBLIC_BUGS, urlOf } from '../public-bugs.ts';
import { SCENARIOS } from '../scenarios.ts';

const page = readFileSync(new URL('../../../docs/contention.md', import.meta.url), 'utf8');

test('docs/contention.md has the scenarios of the suite, in their order', () => {
  const rows = page.split('\n').filter((line) => /^\| C\d+ \|/.test(line));
  expect(rows).toEqual(SCENARIOS.map(({ id, name, expected }) => `| ${id} | ${name} | ${expected} |`));
});

test('docs/contention.md has the public bugs, each mirrored by scenarios and planted by a mutant that there are', () => {
  const scenarios = [...SCENARIOS, ...OPERATIONS].map(({ id }) => id);
  for (const { issue, mirroredBy, mutant } of PUBLIC_BUGS) {
    for (const mirror of mirroredBy.split(', ')) expect([...scenarios, 'scenario 2'], issue).toContain(mirror);
    if (mutant !== undefined) expect(MUTANTS.map(({ name }) => name)).toContain(mutant);
  }
  const rows = page.split('\n').filter((line) => /^\| \[[\w/#@-]+\]\(/.test(line));
  const wanted = PUBLIC_BUGS.map(
    ({ issue, what, mirroredBy, mutant = '–', immuneBecause }) =>
      `| [${issue}](${urlOf(issue)}) | ${what} | ${mirroredBy} | ${mutant} | ${immuneBecause} |`,
  );
  expect(rows).toEqual(wanted);
});

test('docs/contention.md says which public bugs could not be read', () => {
  for (const issue of NOT_FOUND) expect(page.replaceAll('\n', ' ')).toContain(`[${issue}](${urlOf(issue)})`);
});

test('scenario 2, to which the page points, is there', () => {
  const leaders = readFileSync(new URL('../../envtest/scenarios/leaders.test.ts', import.meta.url), 'utf8');
  expect(leaders).toContain("describe('scenario 2: an operator restarted on a stale view deletes no claim");
});

test('the suite has C1 to C31, but for the crash points (C15) and two numbers that were never given', () => {
  const numbers = Array.from({ length: 31 }, (_, index) => index + 1).filter(
    (number) => ![15, 19, 21].includes(number),
  );
  expect(SCENARIOS.map(({ id }) => id)).toEqual(numbers.map((number) => `C${number}`));
});

test('each scenario has a test whose name begins with its number', () => {
  const folder = join(import.meta.dirname, '..');
  const files = [folder, join(folder, 'support')].flatMap((parent) =>
    readdirSync(parent).flatMap((name) => (name.endsWith('.ts') ? [readFileSync(join(parent, name), 'utf8')] : [])),
  );
  const without = SCENARIOS.filter(({ id }) => !files.some((text) => new RegExp(`['\`]${id} `).test(text)));
  expect(without.map(({ id }) => id)).toEqual([]);
});
