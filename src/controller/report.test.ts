import { expect, test } from 'vitest';

import { at, deployment } from '../domain/testing/build.ts';
import { OwnWrites } from '../runtime/cache/own-writes.ts';
import { createObjectClient } from '../runtime/client/object-client.ts';
import { FakeClock } from '../runtime/testing/fake-clock.ts';
import { createScriptedTransport, type Answer } from '../runtime/testing/scripted-transport.ts';
import { createReport } from './report.ts';
import { StatusPace } from './status-pace.ts';

function setUp(answer: Answer) {
  const transport = createScriptedTransport({ request: () => answer });
  const clock = new FakeClock();
  const report = createReport(createObjectClient(transport), new OwnWrites([], clock), new StatusPace(clock));
  return { clock, transport, report };
}

const base = deployment({}, {}, { replicas: 1 });
const refusal = (status: number, reason: string): Answer => ({
  status,
  body: { kind: 'Status', reason, details: { name: 'web' } },
});

test('a status that is stored, and one that was stored already, may be announced', async () => {
  const { transport, report } = setUp({ body: base });
  expect(await report(base, { replicas: 2 })).toMatchObject({ isStored: true });
  expect(await report(base, { replicas: 1 })).toMatchObject({ isStored: true });
  expect(transport.requests).toHaveLength(1);
});

test('the status of an object that is gone is not stored: there is nothing to announce', async () => {
  expect(await setUp(refusal(404, 'NotFound')).report(base, { replicas: 2 })).toEqual({ isStored: false });
});

test('a status that can wait is held back until half a second after the last one', async () => {
  const { clock, transport, report } = setUp({ body: base });
  expect(await report(base, { replicas: 2 }, 'some')).toMatchObject({ isStored: true });
  await clock.advance(200);
  expect(await report(base, { replicas: 3 }, 'some')).toEqual({ isStored: false, afterMs: 300 });
  expect(transport.requests).toHaveLength(1);
  await clock.advance(300);
  expect(await report(base, { replicas: 3 }, 'some')).toMatchObject({ isStored: true });
  expect(transport.requests).toHaveLength(2);
});

test.for([
  { members: 62, afterMs: 500 },
  { members: 63, afterMs: 504 },
  { members: 256, afterMs: 2048 },
])('that of $members members is held back for $afterMs ms: each line of it costs the API server', async (large) => {
  const { report } = setUp({ body: base });
  await report(base, { replicas: 2 });
  const members = Array.from({ length: large.members }, (_, ordinal) => ({
    name: `web-${ordinal}`,
    phase: 'Running' as const,
  }));
  expect(await report(base, { members }, 'some')).toEqual({ isStored: false, afterMs: large.afterMs });
});

test('while other objects wait for a worker it is held back for 5 s', async () => {
  const { clock, report } = setUp({ body: base });
  await report(base, { replicas: 2 });
  await clock.advance(600);
  expect(await report(base, { replicas: 3 }, 'longer')).toEqual({ isStored: false, afterMs: 4_400 });
  expect(await report(base, { replicas: 3 }, 'some')).toMatchObject({ isStored: true });
});

test('a status that is held back in the last moment of the pause waits a little longer: to look again at once is a loop', async () => {
  const { clock, report } = setUp({ body: base });
  await report(base, { replicas: 2 });
  await clock.advance(499.5);
  expect(await report(base, { replicas: 3 }, 'some')).toEqual({ isStored: false, afterMs: 20 });
});

test('a status that cannot wait is stored at once, and so is one of another object', async () => {
  const { transport, report } = setUp({ body: base });
  await report(base, { replicas: 2 }, 'some');
  expect(await report(base, { replicas: 3 }, 'none')).toMatchObject({ isStored: true });
  expect(await report(deployment({}, { name: 'other' }, {}), { replicas: 3 }, 'some')).toMatchObject({
    isStored: true,
  });
  expect(transport.requests).toHaveLength(3);
});

test('the first status of an object waits too, for half a second from when it could have been written', async () => {
  const { clock, report } = setUp({ body: base });
  const created = deployment();
  expect(await report(created, { replicas: 1 }, 'some')).toEqual({ isStored: false, afterMs: 500 });
  await clock.advance(300);
  expect(await report(created, { replicas: 2 }, 'some')).toEqual({ isStored: false, afterMs: 200 });
  await clock.advance(200);
  expect(await report(created, { replicas: 2 }, 'some')).toMatchObject({ isStored: true });
});

test('so does the first one of an object that is being deleted, however long ago the last one was', async () => {
  const { clock, report } = setUp({ body: base });
  await report(base, { replicas: 2 });
  await clock.advance(60_000);
  const going = { ...base, metadata: { ...base.metadata, deletionTimestamp: at(60) } };
  expect(await report(going, { replicas: 3 }, 'some')).toEqual({ isStored: false, afterMs: 500 });
  await clock.advance(500);
  expect(await report(going, { replicas: 3 }, 'some')).toMatchObject({ isStored: true });
  await clock.advance(500);
  expect(await report(going, { replicas: 4 }, 'some')).toMatchObject({ isStored: true });
});

test('a status that is stored already is not waited for', async () => {
  const { report } = setUp({ body: base });
  await report(base, { replicas: 2 });
  expect(await report(base, { replicas: 1 }, 'some')).toMatchObject({ isStored: true });
});

test.for([
  [409, 'Conflict'],
  [504, 'Timeout'],
] as const)('an answer %d %s is thrown: nothing of it may be announced', async ([status, reason]) => {
  await expect(setUp(refusal(status, reason)).report(base, { replicas: 2 })).rejects.toMatchObject({ code: status });
});
