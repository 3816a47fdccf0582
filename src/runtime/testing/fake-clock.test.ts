import { describe, expect, test } from 'vitest';

import { sleep } from '../clock.ts';
import { describeClock } from './clock-contract.ts';
import { FakeClock } from './fake-clock.ts';

describeClock('FakeClock', () => {
  const clock = new FakeClock();
  return { clock, elapse: (ms) => clock.advance(ms) };
});

describe('FakeClock', () => {
  test('stands still until it is advanced', async () => {
    const clock = new FakeClock(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
  });

  test('fires each timer at its own time, equal ones in order of creation', async () => {
    const clock = new FakeClock();
    const calls: string[] = [];
    const note = (name: string) => () => calls.push(`${name}@${clock.monotonic()}`);
    clock.after(20, note('c'));
    clock.after(10, note('a'));
    clock.after(10, note('b'));
    clock.after(31, note('never'));
    await clock.advance(30);
    expect(calls).toEqual(['a@10', 'b@10', 'c@20']);
    expect(clock.timers).toBe(1);
  });

  test('fires in its turn a timer that is set by what another has woken', async () => {
    const clock = new FakeClock();
    const woken: number[] = [];
    async function tick(): Promise<void> {
      await Promise.resolve(); // so that the first timer is not even set yet when the clock is advanced
      for (let i = 0; i < 3; i += 1) {
        await sleep(clock, 10);
        woken.push(clock.monotonic());
      }
    }
    const ticking = tick();
    await clock.advance(30);
    await ticking;
    expect(woken).toEqual([10, 20, 30]);
  });

  test('leaves monotonic time and timers alone when the wall clock jumps', async () => {
    const clock = new FakeClock(1_000);
    let calls = 0;
    clock.after(10, () => (calls += 1));
    clock.jumpWallClock(-500);
    expect([clock.now(), clock.monotonic(), calls]).toEqual([500, 0, 0]);
    await clock.advance(10);
    expect([clock.now(), clock.monotonic(), calls]).toEqual([510, 10, 1]);
  });

  test('hands on what a callback throws', async () => {
    const clock = new FakeClock();
    clock.after(1, () => {
      throw new Error('callback failed');
    });
    await expect(clock.advance(1)).rejects.toThrow('callback failed');
  });
});
