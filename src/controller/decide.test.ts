import { describe, expect, test } from 'vitest';

import { desire } from '../domain/desired/desire.ts';
import { deployment, running, settled } from '../domain/testing/build.ts';
import { arrange } from '../domain/observed.ts';
import { createObjectClient } from '../runtime/client/object-client.ts';
import { FakeClock } from '../runtime/testing/fake-clock.ts';
import { type Answer, createScriptedTransport } from '../runtime/testing/scripted-transport.ts';
import { createDecide } from './decide.ts';

const NO: Answer = { status: 422, body: { kind: 'Status', reason: 'Invalid', message: 'no' } };

/** Decides about fleets that are to have another template, on a server that answers so when it is asked about one. */
function startDeciding(...answers: readonly Answer[]) {
  const clock = new FakeClock();
  const rest = settled(deployment(), [0]);
  const transport = createScriptedTransport({
    request: ({ body }) => answers[transport.requests.length - 1] ?? { body: JSON.parse(String(body)) },
  });
  const client = createObjectClient(transport);
  const decide = createDecide({ observe: async (owner) => arrange(owner, clock.now(), rest), client, clock });
  const fleets = new Map<string, ReturnType<typeof edited>>();
  const about = async (image: string, hasFailed = false) => {
    const owner = fleets.get(image) ?? edited(image);
    fleets.set(image, owner);
    const { observed } = await decide(owner, desire(owner), false, hasFailed);
    return { verdict: observed.verdict, asked: transport.requests.length };
  };
  return { about, clock };
}

const edited = (image: string) => deployment({ template: running(image) });

describe('the API server', () => {
  test('is asked about a template once in ten seconds while it takes it', async () => {
    const { about, clock } = startDeciding();
    expect(await about('app:2')).toEqual({ verdict: 'accepted', asked: 1 });
    await clock.advance(9_999);
    expect(await about('app:2')).toEqual({ verdict: 'accepted', asked: 1 });
    await clock.advance(1);
    expect(await about('app:2')).toEqual({ verdict: 'accepted', asked: 2 });
  });

  test('is asked about each template', async () => {
    const { about } = startDeciding();
    await about('app:2');
    expect(await about('app:3')).toEqual({ verdict: 'accepted', asked: 2 });
  });

  test('is asked each time about a template that it refuses', async () => {
    const { about } = startDeciding(NO, NO);
    expect(await about('app:2')).toMatchObject({ verdict: { reason: 'InvalidTemplate' }, asked: 1 });
    expect(await about('app:2')).toMatchObject({ verdict: { reason: 'InvalidTemplate' }, asked: 2 });
    expect(await about('app:2')).toEqual({ verdict: 'accepted', asked: 3 });
  });

  test('is asked why, where a member could not be made with a template that it has taken', async () => {
    const { about } = startDeciding({}, NO);
    await about('app:2');
    expect(await about('app:2', true)).toMatchObject({ verdict: { reason: 'InvalidTemplate' }, asked: 2 });
  });
});
