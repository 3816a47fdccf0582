import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, onTestFinished, test } from 'vitest';

import { startWatchdog } from './child-process.ts';
import { ComponentSet } from './component-set.ts';
import type { Component } from './components.ts';
import { eventually, isAlive } from './testing/processes.ts';
import { scratchFolder, writeScript } from './testing/scratch.ts';

/** A set with a scheduler that runs `script`, and what the set tells. */
function newSet(script: string) {
  const folder = join(scratchFolder(), 'watched');
  mkdirSync(folder);
  const watchdog = startWatchdog(folder);
  const told: string[] = [];
  const components = new ComponentSet(watchdog, 10_000, (line) => told.push(line));
  onTestFinished(async () => {
    await components.stop();
    await watchdog.close();
  });
  const started = join(folder, 'started');
  const command = writeScript(join(folder, 'scheduler'), `echo "$$" >> ${started}; ${script}`);
  const component: Component = {
    name: 'scheduler',
    program: { name: 'scheduler', command, args: [], logPath: join(folder, 'scheduler.log') },
    isReady: async () => existsSync(started),
  };
  const starts = (): readonly string[] => readFileSync(started, 'utf8').trim().split('\n');
  return { components, component, told, starts };
}

/** Longer than the pause before one that has ended is started again. */
const PAST_PAUSE_MS = 1_500;

/** Ends as the scheduler does, once; the second start lasts. */
const ENDS_ONCE = 'test "$(wc -l < "$(dirname "$0")/started")" -gt 1 || exit 1; exec sleep 600';

test('a component that ends by itself is started again, and that is told', async () => {
  const { components, component, told, starts } = newSet(ENDS_ONCE);
  await components.start(component);
  await eventually('started again', () => starts().length === 2 && isAlive(components.pid('scheduler')));
  expect(told).toEqual(['control plane: scheduler has ended with exit code 1; starting it again']);
});

test('one that ends again and again is started again each time', async () => {
  const { components, component, told } = newSet('exit 3');
  await components.start(component);
  await eventually('ended three times', () => told.length === 3);
});

test('so is one that ends before it is ready again', async () => {
  const { components, component, told, starts } = newSet('exit 3');
  await components.start({ ...component, isReady: async () => starts().length === 1 });
  await eventually('ended three times', () => told.length === 3);
});

test('what ends beside a component that is being started does not fail that one', async () => {
  const { components, component, starts } = newSet(ENDS_ONCE);
  await components.start(component);
  const program = { ...component.program, name: 'kwok', command: 'sleep', args: ['600'] };
  await components.start({ name: 'kwok', program, isReady: async () => starts().length === 2 });
  expect(isAlive(components.pid('kwok'))).toBe(true);
});

test.for<{ name: string; script: string; untilKilled: (told: readonly string[]) => boolean }>([
  { name: 'while it runs', script: 'exec sleep 600', untilKilled: () => true },
  { name: 'after it has ended by itself', script: ENDS_ONCE, untilKilled: (told) => told.length === 1 },
])('one that is killed $name stays down until it is restarted', async ({ script, untilKilled }) => {
  const { components, component, told, starts } = newSet(script);
  await components.start(component);
  await eventually('time to kill', () => untilKilled(told));
  const before = told.length;
  await components.kill('scheduler');
  await sleep(PAST_PAUSE_MS);
  expect([starts().length, told.length, isAlive(components.pid('scheduler'))]).toEqual([1, before, false]);
  await components.restart('scheduler');
  await eventually('started again', () => starts().length === 2 && isAlive(components.pid('scheduler')));
});

test.for<{ name: string; prepareMs: number; stopAfterMs: number }>([
  { name: 'in the pause before that', prepareMs: 0, stopAfterMs: 0 },
  { name: 'while that is prepared', prepareMs: 600, stopAfterMs: 1_200 },
])('nothing is started again once all are being stopped, $name', async ({ prepareMs, stopAfterMs }) => {
  const { components, component, told, starts } = newSet(ENDS_ONCE);
  await components.start({ ...component, prepare: () => sleep(prepareMs) });
  await eventually('it has ended', () => told.length === 1);
  await sleep(stopAfterMs);
  await components.stop();
  await sleep(PAST_PAUSE_MS);
  expect(starts().length).toBe(1);
});
