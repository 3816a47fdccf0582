// The simulation itself: some seeds of it, that it repeats, and the failures that it has found before.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { describe, expect, test } from 'vitest';

import { replay, swarm, type Tape } from './choices.ts';
import { RATES } from './rates.ts';
import { simulate } from './run.ts';

const KEPT = join(import.meta.dirname, 'regressions');

describe('the simulation', { timeout: 240_000 }, () => {
  test.for([1, 2, 4, 6, 7, 8])('breaks no invariant from seed %i', async (seed) => {
    expect((await simulate({ seed, source: swarm(seed, RATES) })).breach).toBeUndefined();
  });

  test('has the same log when it is run again, from its seed and from its tape', async () => {
    const first = await simulate({ seed: 3, source: swarm(3, RATES) });
    const again = await simulate({ seed: 3, source: swarm(3, RATES) });
    const replayed = await simulate({ seed: 3, source: replay(first.tape) });
    expect([again.hash, replayed.hash]).toEqual([first.hash, first.hash]);
    expect(Object.keys(first.tape).length).toBeGreaterThan(10);
    expect((await simulate({ seed: 3, source: replay({}) })).hash).not.toBe(first.hash);
  });

  test('keeps nothing of a run that is over, whatever was killed in it: a night has tens of thousands', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const listeners: WeakRef<() => void>[] = [];
    for (const seed of [1, 2, 4, 6, 7, 8]) listeners.push(await run(seed));
    // What ends a run may be still on its way for some turns of the event loop. What leaks is held for good.
    for (let turn = 0; turn < 20 && listeners.some((listener) => listener.deref() !== undefined); turn += 1) {
      await setImmediate();
      collect();
    }
    await setImmediate();
    expect(listeners.map((listener) => listener.deref())).toEqual(listeners.map(() => undefined));

    /** Returns what a run holds as long as anything of it is held. */
    async function run(seed: number): Promise<WeakRef<() => void>> {
      const onLine = (): void => {};
      await simulate({ seed, source: swarm(seed, RATES), onLine });
      return new WeakRef(onLine);
    }
  });

  test('comes to rest without a fault, and makes each thing once', async () => {
    const lines: string[] = [];
    const { breach, counts } = await simulate({ seed: 1, source: replay({}), onLine: (line) => lines.push(line) });
    expect({ breach, conflicts: counts.conflicts, kills: counts.kills }).toEqual({
      breach: undefined,
      conflicts: 0,
      kills: 0,
    });
    const made = lines.filter((line) => line.includes('apply ADDED StatefulSet')).map((line) => line.split(' ')[5]);
    expect(made).toEqual(['web-0', 'web-1']);
  });
});

describe('a kept regression', { timeout: 240_000 }, () => {
  const files = readdirSync(KEPT).filter((name) => name.endsWith('.json'));
  test.for(files)('%s breaks nothing any more', async (name) => {
    const { seed, tape }: { seed: number; tape: Tape } = JSON.parse(readFileSync(join(KEPT, name), 'utf8'));
    expect((await simulate({ seed, source: replay(tape) })).breach).toBeUndefined();
  });
});
