import { expect, test } from 'vitest';

import { deployment } from '../domain/testing/build.ts';
import { OwnWrites } from '../runtime/cache/own-writes.ts';
import { createObjectClient } from '../runtime/client/object-client.ts';
import { FakeClock } from '../runtime/testing/fake-clock.ts';
import { createScriptedTransport, type Answer } from '../runtime/testing/scripted-transport.ts';
import { createReport } from './report.ts';

function setUp(answer: Answer) {
  const transport = createScriptedTransport({ request: () => answer });
  const report = createReport(createObjectClient(transport), new OwnWrites([], new FakeClock()));
  return { transport, report };
}

const base = deployment({}, {}, { replicas: 1 });
const refusal = (status: number, reason: string): Answer => ({
  status,
  body: { kind: 'Status', reason, details: { name: 'web' } },
});

test('a status that is stored, and one that was stored already, may be announced', async () => {
  const { transport, report } = setUp({ body: base });
  expect(await report(base, { replicas: 2 })).toBe(true);
  expect(await report(base, { replicas: 1 })).toBe(true);
  expect(transport.requests).toHaveLength(1);
});

test('the status of an object that is gone is not stored: there is nothing to announce', async () => {
  expect(await setUp(refusal(404, 'NotFound')).report(base, { replicas: 2 })).toBe(false);
});

test.for([
  [409, 'Conflict'],
  [504, 'Timeout'],
] as const)('an answer %d %s is thrown: nothing of it may be announced', async ([status, reason]) => {
  await expect(setUp(refusal(status, reason)).report(base, { replicas: 2 })).rejects.toMatchObject({ code: status });
});
