// The walk is complete: what it counts is what the mode that walked every path to its end has counted, and what is
// planted is found. `make sim EXHAUSTIVE=1` walks the longer courses.
import { describe, expect, test } from 'vitest';

import { MUTANTS } from '../mutants/mutants.ts';
import { runPlanted } from '../mutants/planted.ts';
import { exploreCourse } from './double-reconcile.ts';
import { courseOf } from './moments.ts';

const SLOW = { timeout: 240_000 };

test(
  'two operators of which one may be killed keep every invariant in each of the 176 orders after an edit',
  SLOW,
  async () => {
    const { interleavings, failures } = await exploreCourse(courseOf('edit, a kill'));
    expect([interleavings, failures]).toEqual([176, []]);
  },
);

describe('a planted bug', SLOW, () => {
  test.for([
    ['a status patch without its version', 'edit, an audit', 'I1'],
    ['the same patch again after a conflict', 'edit, an audit', '(I3|I17)'],
  ] as const)('%s in the course "%s" breaks %s in some order', async ([name, course, invariant]) => {
    const mutant = MUTANTS.find((one) => one.name === name);
    if (mutant === undefined) throw new Error(`no planted bug is called ${name}`);
    const found = await runPlanted(mutant, 'test/sim/exhaustive/hunt.ts', [course]);
    expect(found).toMatch(new RegExp(`^\\d+ walks: ${invariant}: `));
  });
});
