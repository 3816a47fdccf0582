// The walk is complete: with two requests each, there are six orders. `make sim EXHAUSTIVE=1` walks the longer ones.
import { expect, test } from 'vitest';

import { explore } from './double-reconcile.ts';

test('two operators that have seen one edit keep every invariant in each of the six orders of their requests', async () => {
  expect(await explore('edit', false)).toEqual({ paths: 6, requests: 4, failures: [] });
});
