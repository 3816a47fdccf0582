import { describe, expect, test } from 'vitest';

import type { Plan } from '../domain/actions.ts';
import { desire } from '../domain/desired/desire.ts';
import { plan as makePlan } from '../domain/plan.ts';
import { deployment, observe, STORAGE } from '../domain/testing/build.ts';
import { OwnWrites } from '../runtime/cache/own-writes.ts';
import { createObjectClient } from '../runtime/client/object-client.ts';
import type { HttpRequest } from '../runtime/client/transport.ts';
import { FakeClock, settle } from '../runtime/testing/fake-clock.ts';
import { RecordingLogger } from '../runtime/testing/recording-log.ts';
import { type Answer, createScriptedTransport } from '../runtime/testing/scripted-transport.ts';
import { createExecute } from './execute.ts';

const web = deployment({ storage: STORAGE, replicas: 6 });
const desired = desire(web);
const observed = { ...observe(web), verdict: 'accepted' as const };

const REFUSED: Answer = { status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'no' } };
const CONFLICT: Answer = { status: 409, body: { kind: 'Status', reason: 'Conflict', message: 'moved on' } };

/** `services/web-0`, as the last part of a path tells. */
const nameOf = ({ path }: HttpRequest): string => path.split('?')[0]?.split('/').slice(-2).join('/') ?? '';

/** Makes the whole fleet, on a server that answers when the test says so. */
function makeFleet(answers: Readonly<Record<string, Answer>> = {}) {
  const waiting = new Map<string, () => void>();
  const begun: string[] = [];
  const clock = new FakeClock();
  const transport = createScriptedTransport({
    request: async (request) => {
      const name = nameOf(request);
      begun.push(name);
      if (request.method === 'GET') return { body: web };
      const answered = Promise.withResolvers<undefined>();
      waiting.set(name, () => answered.resolve(undefined));
      await answered.promise;
      waiting.delete(name);
      return answers[name] ?? { status: 201, body: JSON.parse(String(request.body)) };
    },
  });
  const client = createObjectClient(transport);
  const execute = createExecute({ reader: client, writer: client, ownWrites: new OwnWrites([], clock), clock });
  const plan: Plan = makePlan(desired, observed);
  const done = execute(plan, desired, observed, new RecordingLogger()).then(
    ({ outcome }) => outcome.refusals.map(({ member }) => member),
    (error: unknown) => error,
  );
  /** Answers these, or all that wait, and what follows them. */
  const answer = async (...names: readonly string[]) => {
    for (const name of names.length > 0 ? names : [...waiting.keys()]) waiting.get(name)?.();
    await settle();
  };
  const answerAll = async () => {
    while (waiting.size > 0) await answer();
  };
  return { answer, answerAll, begun, done, waiting: () => [...waiting.keys()].toSorted() };
}

/** A fleet of which what belongs to no member is there. */
async function makeMembers(answers?: Readonly<Record<string, Answer>>) {
  const bench = makeFleet(answers);
  await settle();
  while (!bench.waiting().some((name) => name.startsWith('services/'))) await bench.answer();
  return bench;
}

describe('the members of a new fleet', () => {
  test('are made side by side, each kind of child in their order, after one look at the fleet', async () => {
    const { answer, answerAll, begun, done, waiting } = await makeMembers();
    expect(waiting()).toEqual(['services/web-0']);
    await answer('services/web-0');
    expect(waiting()).toEqual(['persistentvolumeclaims/web-0', 'services/web-1']);
    await answer('services/web-1');
    expect(waiting()).toEqual(['persistentvolumeclaims/web-0', 'services/web-2']);
    await answer('persistentvolumeclaims/web-0');
    expect(waiting()).toEqual(['persistentvolumeclaims/web-1', 'services/web-2', 'statefulsets/web-0']);
    await answerAll();
    expect(await done).toEqual([]);
    expect(begun.filter((name) => name === 'nodedeployments/web')).toHaveLength(1);
    const made = begun.filter((name) => name.startsWith('statefulsets/'));
    expect(made).toEqual([0, 1, 2, 3, 4, 5].map((ordinal) => `statefulsets/web-${ordinal}`));
  });

  test('that are refused hold up no other, and are told in their order', async () => {
    const { answer, answerAll, begun, done } = await makeMembers({
      'persistentvolumeclaims/web-1': REFUSED,
      'services/web-3': REFUSED,
    });
    // The Service of web-3 is answered before the claim of web-1 is asked for.
    for (const ordinal of [0, 1, 2, 3]) await answer(`services/web-${ordinal}`);
    expect(begun).not.toContain('persistentvolumeclaims/web-1');
    await answerAll();
    expect(await done).toEqual(['web-1', 'web-3']);
    const made = begun.filter((name) => name.startsWith('statefulsets/'));
    expect(made).toEqual([0, 2, 4, 5].map((ordinal) => `statefulsets/web-${ordinal}`));
  });

  test('end with a conflict of one of them, once no write is under way any more', async () => {
    const { answer, answerAll, begun, done, waiting } = await makeMembers({ 'services/web-1': CONFLICT });
    let hasEnded = false;
    void done.then(() => {
      hasEnded = true;
    });
    await answer('services/web-0');
    await answer('services/web-1');
    expect(hasEnded).toBe(false);
    expect(waiting()).toEqual(['persistentvolumeclaims/web-0']);
    await answerAll();
    expect(await done).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(begun.some((name) => name.startsWith('statefulsets/') || name === 'services/web-2')).toBe(false);
  });
});
