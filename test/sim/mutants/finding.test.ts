// A hunt says what became of a bug, whatever the bug does to the program that hunts.
import { expect, test } from 'vitest';

import { huntFor } from './finding.ts';
import { edit, type Mutant } from './mutant.ts';

const RECONCILER = 'controller/node-deployment-reconciler.ts';
const BEGINNING = 'return await reconcile(steps, request, context);';

const bug = (replace: string): Mutant => ({ name: 'a bug', edits: [edit(RECONCILER, BEGINNING, replace)] });

test('a bug that ends the process of the operator is found at the seed that it ends', async () => {
  const crash = bug(`setImmediate(() => { throw new Error('boom'); }); ${BEGINNING}`);
  expect(await huntFor(crash, 1)).toEqual({ name: 'a bug', seed: 1, invariant: 'crash', text: 'Error: boom' });
});

test('a bug that nothing notices is found by no seed', async () => {
  expect(await huntFor(bug(BEGINNING), 1)).toEqual({ name: 'a bug', seed: undefined, invariant: undefined, text: '' });
});

test.for([
  ['ends the hunt itself', bug(`process.kill(process.pid, 'SIGKILL'); ${BEGINNING}`), 'killed by SIGKILL'],
  ['cannot be read', bug('return await = 1;'), 'SyntaxError'],
  [
    'has no place',
    { name: 'a bug', edits: [edit(RECONCILER, 'nowhere', '')] },
    `src/${RECONCILER} has 0 times: nowhere`,
  ],
] as const)('a bug that %s is an error of one line, not a find', async ([, mutant, why]) => {
  const { seed, error } = await huntFor(mutant, 1);
  expect(seed).toBeUndefined();
  expect(error).toContain(why);
  expect(error).not.toContain('\n');
});
