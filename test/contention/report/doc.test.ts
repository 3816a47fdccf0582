import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { MUTANTS } from '../../sim/mutants/mutants.ts';
import { PUBLIC_BUGS } from '../public-bugs.ts';
import { SCENARIOS } from '../scenarios.ts';

const page = readFileSync(new URL('../../../docs/contention.md', import.meta.url), 'utf8');

test('docs/contention.md has the scenarios of the suite, in their order', () => {
  const rows = page.split('\n').filter((line) => /^\| C\d+ \|/.test(line));
  expect(rows).toEqual(SCENARIOS.map(({ id, name, expected }) => `| ${id} | ${name} | ${expected} |`));
});

test('docs/contention.md has the public bugs, each mirrored by a scenario and planted by a mutant that there is', () => {
  const scenarios = [...SCENARIOS.map(({ id }) => id), 'create', 'scale', 'rollout', 'resize', 'delete', 'scenario 2'];
  for (const { scenario, mutant } of PUBLIC_BUGS) {
    expect(scenarios).toContain(scenario);
    expect(MUTANTS.map(({ name }) => name)).toContain(mutant);
  }
  const rows = page.split('\n').filter((line) => /^\| \[[\w/-]+#\d+\]/.test(line));
  const wanted = PUBLIC_BUGS.map(({ issue, what, scenario, mutant, immuneBecause }) => {
    const link = `[${issue}](https://github.com/${issue.replace('#', '/issues/')})`;
    return `| ${link} | ${what} | ${scenario} | ${mutant} | ${immuneBecause} |`;
  });
  expect(rows).toEqual(wanted);
});
