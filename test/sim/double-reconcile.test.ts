// The walk is complete: with two requests of the loser and four of the winner there are 24 orders. `make sim EXHAUSTIVE=1` walks the longer ones.
import { expect, test } from 'vitest';

import { explore } from './double-reconcile.ts';

test('two operators that have seen one edit keep every invariant in each of the 24 orders of their requests', async () => {
  expect(await explore('edit', false)).toEqual({ paths: 24, requests: 6, failures: [] });
});
