// kill -9 of the real operator process at every boundary of its writes, in five operations. See lane.ts.
import { expect, test } from 'vitest';

import { measure } from '../contention/report/measure.ts';
import { boundariesOf, runLane, type Passed } from './lane.ts';
import { OPERATIONS } from './operations.ts';

/** Lanes at a time: they mostly wait for controllers, kubelets and storage. */
const AT_ONCE = 6;

const lanes: Passed[] = [];
let reference: readonly Passed[] = [];

test('every lane comes to its end', { timeout: 1_800_000 }, async () => {
  reference = await runLane();
  const waiting = Array.from({ length: Math.max(...reference.map(boundariesOf)) }, (_, boundary) => boundary);
  const work = async (): Promise<void> => {
    for (let boundary = waiting.shift(); boundary !== undefined; boundary = waiting.shift()) {
      lanes.push(...(await runLane(reference, boundary)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
});

test.for(OPERATIONS)(
  '$id: ends as it does without a fault, each effect once, wherever the operator is killed',
  ({ id }) => {
    const wanted = reference.find(({ operation }) => operation === id);
    if (wanted === undefined) throw new Error(`${id}: the run without a fault did not get that far`);
    const passed = lanes.filter(({ operation }) => operation === id);
    const boundaries = boundariesOf(wanted);
    const cut = new Set(passed.map(({ killedAt = 'nowhere' }) => killedAt));
    const early = passed.filter(({ killedAt }) => killedAt !== 'after the last write');
    measure({ writes: wanted.writes.length, boundaries, 'killed in the middle': early.length, killed: passed.length });
    const told = passed.map(({ lane, killedAt, state, effects, doubleUse }) => ({
      lane,
      killedAt,
      state,
      effects,
      doubleUse,
    }));
    const { state, effects } = wanted;
    expect(told).toEqual(told.map((one) => ({ ...one, state, effects, doubleUse: [] })));
    // More where a later operation has more: then this one is killed after its last write again.
    expect(passed.length).toBeGreaterThanOrEqual(boundaries);
    // Status patches may fall together; every other write of a run without a fault has been cut before and after.
    const lines = wanted.writes.filter((line) => !line.endsWith('/status'));
    const points = ['before-send', 'after-commit'].flatMap((phase) => lines.map((line) => `${phase} of ${line}`));
    expect(points.filter((point) => !cut.has(point))).toEqual([]);
    expect(cut).toContain('after the last write');
  },
);
