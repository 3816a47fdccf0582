// `make check`: everything that needs no running program. One line per step; exit code 1 if any failed.
import { runSteps, type Step } from './run-steps.ts';

const steps: readonly Step[] = [
  { name: 'format', command: ['oxfmt', '--check', '.'], remedy: 'make fix' },
  { name: 'lint', command: ['oxlint'] },
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'unused code', command: ['knip', '--no-progress'] },
  { name: 'generated files', command: ['node', 'hack/generate-crds.ts', '--check'], remedy: 'make generate' },
  { name: 'generated roles', command: ['node', 'hack/generate-config.ts', '--check'], remedy: 'make generate' },
  { name: 'API reference', command: ['node', 'hack/generate-api-reference.ts', '--check'], remedy: 'make generate' },
  { name: 'commit messages', command: ['node', 'hack/check-commits.ts'] },
  { name: 'layer table', command: ['node', 'hack/check-layer-table.ts'] },
  { name: 'portable text', command: ['node', 'hack/check-portable.ts'] },
];

const { passed, failed } = await runSteps(steps, (line) => console.log(line));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
