import { expect, test } from 'vitest';

import { deployment, record, running } from '../../domain/testing/build.ts';
import { createObjectClient } from '../../runtime/client/object-client.ts';
import type { HttpRequest } from '../../runtime/client/transport.ts';
import { FakeClock } from '../../runtime/testing/fake-clock.ts';
import { createScriptedTransport, type Answer } from '../../runtime/testing/scripted-transport.ts';
import { createEdits } from '../edits.ts';
import { kubectlWith } from '../kubectl.ts';
import { NO_COLOURS } from '../palette.ts';
import { pauseRollout } from './pause.ts';
import { undoRollout } from './undo.ts';

const before = deployment({ template: running('app:1') });
const now = (resourceVersion: string, generation = 2) =>
  deployment({ template: running('app:2') }, { resourceVersion, generation });
const CONFLICT: Answer = { status: 409, body: { kind: 'Status', reason: 'Conflict', message: 'modified' } };

/** A server where each read of the fleet finds the next version, and each write gets the next answer. */
function serve(versions: readonly ReturnType<typeof now>[], writes: readonly Answer[]) {
  let [read, written] = [0, 0];
  const records = { metadata: { resourceVersion: '9' }, items: [record(before, 1), record(now('1'), 2)] };
  const transport = createScriptedTransport({
    request: ({ method, path }) => {
      if (method === 'PATCH') return writes[written++] ?? { status: 500 };
      return path.includes('controllerrevisions') ? { body: records } : { body: versions[read++] };
    },
  });
  const kubectl = kubectlWith({ namespace: 'default' });
  const session = {
    reader: createObjectClient(transport),
    edits: createEdits(transport),
    namespace: 'default',
    contextName: 'c',
    clock: new FakeClock(),
    kubectl,
  };
  const patches = (): readonly HttpRequest[] => transport.requests.filter(({ method }) => method === 'PATCH');
  return { session, patches };
}

const lock = ({ body = '' }: HttpRequest): unknown => JSON.parse(body)[0];

test('replaces the template as a whole, at the version that was read', async () => {
  const { session, patches } = serve([now('7')], [{ body: now('8') }]);
  const answer = await undoRollout(session, 'web', undefined);
  expect(patches().map(({ headers, body = '' }) => ({ headers, body: JSON.parse(body) }))).toEqual([
    {
      headers: { 'content-type': 'application/json-patch+json' },
      body: [
        { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
        { op: 'replace', path: '/spec/template', value: running('app:1') },
      ],
    },
  ]);
  expect(answer.lines({ palette: NO_COLOURS, now: 0 })).toEqual([
    expect.stringMatching(/^default\/web goes from revision 2 \(\w+\) to revision 1 \(\w+\)$/),
    '  - spec.containers[app].image: app:2',
    '  + spec.containers[app].image: app:1',
  ]);
});

test('writes again, at the newer version, where only the status has changed', async () => {
  const { session, patches } = serve([now('7'), now('8')], [CONFLICT, { body: now('9') }]);
  expect((await undoRollout(session, 'web', 1)).json).toMatchObject({ isChanged: true, to: { number: 1 } });
  expect(patches().map(lock)).toMatchObject([{ value: '7' }, { value: '8' }]);
});

test.for([
  ['the spec has changed', now('8', 3)],
  ['another fleet has the name', deployment({ template: running('app:2') }, { uid: 'new', generation: 2 })],
] as const)('writes nothing more where %s', async ([, second]) => {
  const { session, patches } = serve([now('7'), second], [CONFLICT]);
  await expect(undoRollout(session, 'web', 1)).rejects.toThrow('has just been changed by somebody else');
  expect(patches()).toHaveLength(1);
});

test('writes nothing to the template that is there already', async () => {
  const { session, patches } = serve([now('7')], []);
  const answer = await undoRollout(session, 'web', 2);
  expect(answer.lines({ palette: NO_COLOURS, now: 0 })).toEqual([
    expect.stringMatching(/^default\/web has the template of revision 2 \(\w+\) already$/),
  ]);
  expect(patches()).toEqual([]);
});

test('knows no revision that is not kept', async () => {
  const { session } = serve([now('7')], []);
  await expect(undoRollout(session, 'web', 5)).rejects.toThrow(
    'web has no revision 5; see kubectl nodefleet rollout history web -n default',
  );
});

test('a pause names the uid and no version, so that no status write stands in its way', async () => {
  const { session, patches } = serve([now('7')], [{ body: now('8') }]);
  expect((await pauseRollout(session, 'web', true)).json).toMatchObject({ isPaused: true, isChanged: true });
  expect(patches().map(({ body = '' }) => JSON.parse(body))).toEqual([
    { metadata: { uid: 'web-uid' }, spec: { rollout: { paused: true } } },
  ]);
});

test('a pause of another fleet of the name changes nothing', async () => {
  const { session } = serve([now('7')], [CONFLICT]);
  await expect(pauseRollout(session, 'web', true)).rejects.toThrow('has just been replaced by another one');
});

test('a fleet that is as asked for is not written', async () => {
  const { session, patches } = serve([now('7')], []);
  expect((await pauseRollout(session, 'web', false)).json).toMatchObject({ isChanged: false });
  expect(patches()).toEqual([]);
});
