import { expect, test } from 'vitest';

import { runSteps, type Step } from './run-steps.ts';

const node = (script: string): Step['command'] => [process.execPath, '-e', script];

async function linesOf(steps: readonly Step[]) {
  const lines: string[] = [];
  const tally = await runSteps(steps, (line) => lines.push(line.replace(/\d+\.\d s/, 'N s')));
  return { lines, tally };
}

test('a step that passes is one line, without its output', async () => {
  expect(await linesOf([{ name: 'lint', command: node('console.log("noise")') }])).toEqual({
    lines: ['ok     lint (N s)'],
    tally: { passed: 1, failed: 0 },
  });
});

test('a step that fails shows its output and the remedy, and the next step still runs', async () => {
  const steps: Step[] = [
    { name: 'format', command: node('console.log("a.ts"); process.exitCode = 1'), remedy: 'make fix' },
    { name: 'lint', command: node('') },
  ];
  expect(await linesOf(steps)).toEqual({
    lines: ['FAILED format (N s)', '       a.ts', '       remedy: make fix', 'ok     lint (N s)'],
    tally: { passed: 1, failed: 1 },
  });
});

test.for([
  ['a program that does not exist', ['no-such-program'], /no-such-program: .*ENOENT/],
  ['a program that is killed', node('process.kill(process.pid, "SIGKILL")'), /ended by SIGKILL/],
] as const)('%s fails the step and says so', async ([, command, message]) => {
  const { lines, tally } = await linesOf([{ name: 'types', command }]);
  expect(tally).toEqual({ passed: 0, failed: 1 });
  expect(lines[1]).toMatch(message);
});
