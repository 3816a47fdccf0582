// Prints the table of a project's scenarios and, after a whole run, writes it as JSON to .run/reliability.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { rowsOf, tableLines, type Scenario, type TestRun } from './report.ts';

const FOLDER = join(import.meta.dirname, '../../../.run/reliability');

/** @throws Error when a scenario has no test, or one that fails, in a whole run: of a part of the tests, only what ran is told */
export async function tell(
  project: TestProject,
  name: 'contention' | 'crash-points',
  scenarios: readonly Scenario[],
  startedAt: Date,
): Promise<void> {
  const modules = project.vitest.state.getTestModules().filter((module) => module.project === project);
  const { testFiles } = await project.globTestFiles();
  const isWhole = modules.length === testFiles.length && project.config.testNamePattern === undefined;
  const rows = rowsOf(scenarios, runsOf(project)).filter(({ tests }) => isWhole || tests.length > 0);
  const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000);
  if (rows.length > 0) process.stdout.write(`\n${tableLines(rows).join('\n')} in ${seconds} s\n`);
  if (!isWhole) return;
  mkdirSync(FOLDER, { recursive: true });
  const failed = rows.filter(({ passed }) => !passed).length;
  const summary = { name, startedAt, seconds, cores: availableParallelism(), passed: rows.length - failed, failed };
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify({ ...summary, scenarios: rows }, undefined, 2)}\n`);
  const missing = rows.filter(({ tests }) => tests.length === 0).map(({ id }) => id);
  if (missing.length > 0) throw new Error(`${name}: no test of ${missing.join(', ')} has run`);
}

function runsOf(project: TestProject): readonly TestRun[] {
  const modules = project.vitest.state.getTestModules().filter((module) => module.project === project);
  return modules
    .flatMap((module) => [...module.children.allTests()])
    .filter((test) => test.result().state !== 'pending')
    .filter((test) => !(test.result().state === 'skipped' && project.config.testNamePattern !== undefined))
    .map((test) => ({
      name: test.name,
      passed: test.result().state === 'passed',
      seconds: (test.diagnostic()?.duration ?? 0) / 1000,
      figures: test.meta().figures ?? {},
    }));
}
