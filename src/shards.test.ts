import { expect, test } from 'vitest';

import { createObjectClient } from './runtime/client/object-client.ts';
import type { Runnable } from './runtime/manager.ts';
import { settle } from './runtime/testing/fake-clock.ts';
import { createScriptedTransport } from './runtime/testing/scripted-transport.ts';
import { whenAborted } from './runtime/when-aborted.ts';
import { LedShards } from './shards.ts';

const client = createObjectClient(createScriptedTransport({}));

/** An election that is won when the test says so. */
function makeElection() {
  const won = Promise.withResolvers<void>();
  const election: Runnable = {
    name: 'leader election',
    isPatient: true,
    start: (signal) => whenAborted(signal),
    whenReady: (signal) => Promise.race([won.promise, whenAborted(signal)]),
  };
  return { election, win: won.resolve };
}

function make() {
  const [a, b] = [makeElection(), makeElection()];
  const told: string[] = [];
  const shards = [a, b].map(({ election }, i) => ({ name: `${'ab'[i]}`, client, election }));
  const led = new LedShards(shards, (shard) => void told.push(shard));
  const stop = new AbortController();
  let ready = 0;
  for (const part of led.elections) {
    void part.start(stop.signal);
    void part.whenReady?.(stop.signal).then(() => (ready += 1));
  }
  return { a, b, led, told, stop, ready: () => ready };
}

test('a program of several shards goes on when the first one is led, and is told of each', async () => {
  const { b, a, led, told, ready } = make();
  await settle();
  expect([ready(), led.has('b'), told]).toEqual([0, false, []]);
  b.win();
  await settle();
  expect([ready(), led.has('a'), led.has('b'), told]).toEqual([2, false, true, ['b']]);
  a.win();
  await settle();
  expect([led.has('a'), told]).toEqual([true, ['b', 'a']]);
});

test('a program that stops before it leads leads nothing', async () => {
  const { a, led, told, stop, ready } = make();
  stop.abort();
  await settle();
  a.win();
  await settle();
  expect([ready(), led.has('a'), told]).toEqual([2, false, []]);
});

test('without an election every shard is led from the beginning', () => {
  const led = new LedShards([{ name: 'a', client }], () => {});
  expect([led.elections, led.has('a'), led.has('b')]).toEqual([[], true, false]);
});
