import { expect, test } from 'vitest';

import { unlessSettled } from './children.ts';
import { deployment, statefulSet } from './testing/build.ts';

const web = deployment();
const child = () => statefulSet(web, 0);
const again = { type: 'AddFinalizer' } as const;

/** How often it is asked what the child needs. */
function ask(...asked: readonly [of: typeof web, child: ReturnType<typeof child> | undefined][]): number {
  let count = 0;
  for (const [of, one] of asked) {
    unlessSettled(of, one, () => {
      count += 1;
      return [];
    });
  }
  return count;
}

test('a child that was found to need nothing is not asked about again under the same spec', () => {
  const one = child();
  expect(ask([web, one], [{ ...web, status: { replicas: 1 } }, one])).toBe(1);
});

test('it is asked about again when it was read anew, under another spec, and for another fleet', () => {
  const one = child();
  expect(ask([web, one], [web, child()])).toBe(2);
  expect(ask([web, one], [{ ...web, spec: { ...web.spec } }, one])).toBe(1);
  expect(ask([{ ...web, metadata: { ...web.metadata, uid: 'another' } }, one])).toBe(1);
});

test('one that is not there, or that needs something, is asked about each time', () => {
  expect(ask([web, undefined], [web, undefined])).toBe(2);
  const one = child();
  expect(unlessSettled(web, one, () => [again])).toEqual([again]);
  expect(ask([web, one])).toBe(1);
});
