import { afterEach, describe, expect, test } from 'vitest';

import { createObjectClient } from '../client/object-client.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { RecordingLogger } from '../testing/recording-log.ts';
import { createScriptedTransport, type Script } from '../testing/scripted-transport.ts';
import {
  WIDGET,
  added,
  bookmark,
  deleted,
  expired,
  initialEventsEnd,
  listOf,
  modified,
  widget,
  type Widget,
} from '../testing/watch-lines.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A reflector that follows a scripted server. `seen` is what its target got, in short. */
async function follow(script: Script = {}, options: Partial<ReflectorOptions<Widget>> = {}) {
  const transport = createScriptedTransport(script);
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const seen: string[] = [];
  const target = {
    objects: [] as unknown[],
    failsOn: '',
    tell: (text: string): void => {
      if (text === target.failsOn) throw new Error(`cannot take ${text}`);
      seen.push(text);
    },
    replace: (objects: readonly { metadata: { name: string } }[], version: string) => {
      target.objects.push(...objects);
      target.tell(`all ${objects.map(({ metadata }) => metadata.name).join(',')}@${version}`);
    },
    apply: ({ type, object }: { type: string; object: { metadata: { name: string; resourceVersion: string } } }) =>
      target.tell(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`),
    advance: (version: string) => target.tell(`at ${version}`),
    refuse: () => target.tell('refused'),
  };
  const defaults = { kind: WIDGET, watcher: createObjectClient(transport), clock, log, random: () => 0 };
  const reflector = new Reflector<Widget>({ ...defaults, ...options }, target);
  const stop = new AbortController();
  const ended = reflector.run(stop.signal);
  cleanups.push(async () => {
    stop.abort();
    await ended;
  });
  await settle();
  const write = async (...lines: readonly object[]) => {
    for (const line of lines) transport.streams.at(-1)?.write(line);
    await settle();
  };
  const current = () => transport.streams.at(-1);
  const asked = () => transport.requests.map(({ path }) => path.replace('/apis/example.dev/v1', ''));
  return { transport, clock, log, seen, target, reflector, stop, ended, write, current, asked };
}

const WATCH = 'watch=true&allowWatchBookmarks=true&timeoutSeconds=150';
const FROM_NOTHING = `/widgets?${WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
const from = (version: number) => `/widgets?${WATCH}&resourceVersion=${version}`;

/** Answers a WatchList as a server without that feature does. */
const withoutWatchList: Script['stream'] = ({ path }) =>
  path.includes('sendInitialEvents')
    ? { status: 422, body: { kind: 'Status', reason: 'Invalid', message: 'sendInitialEvents: Forbidden' } }
    : undefined;

describe('the first read', () => {
  test('asks the watch for all objects, at no particular version, which makes it consistent', async () => {
    const { asked } = await follow();
    expect(asked()).toEqual([FROM_NOTHING]);
  });

  test('is delivered whole, when the server says that it is complete', async () => {
    const { seen, write } = await follow();
    await write(added('v', 3), added('w', 2), bookmark(4));
    expect(seen).toEqual([]);
    await write(initialEventsEnd(5));
    expect(seen).toEqual(['all v,w@5']);
  });

  test('takes changes that come before it is complete', async () => {
    const { seen, target, write } = await follow();
    await write(added('v', 3), added('w', 2), modified('v', 4), deleted('w', 5), initialEventsEnd(5));
    expect(seen).toEqual(['all v@5']);
    expect(target.objects).toEqual([widget('v', 4)]);
  });

  test('lists, then watches, where the server does not know WatchList', async () => {
    const body = listOf(7, widget('v', 3), widget('w', 2));
    const { asked, seen } = await follow({ stream: withoutWatchList, request: () => ({ body }) });
    expect(seen).toEqual(['all v,w@7']);
    expect(asked()).toEqual([FROM_NOTHING, '/widgets?limit=500', from(7)]);
  });

  test('lists after a watch that ended without ever completing it', async () => {
    const { asked, clock, current, seen, write } = await follow({ request: () => ({ body: listOf(7) }) });
    await write(added('v', 3));
    current()?.end();
    await clock.advance(2_000);
    expect(seen).toEqual(['all @7']);
    expect(asked()).toEqual([FROM_NOTHING, '/widgets?limit=500', from(7)]);
  });

  test('lists after a watch that was silent for 30 s before it was complete, and says why it is late', async () => {
    const { asked, clock, reflector, seen, write } = await follow({
      request: () => ({ body: listOf(7, widget('a', 3)) }),
    });
    await write(added('a', 3));
    await clock.advance(29_999);
    expect(asked()).toEqual([FROM_NOTHING]);
    await write(added('b', 4));
    await clock.advance(29_999);
    expect(reflector.lastError).toBeUndefined();

    await clock.advance(1);
    expect(String(reflector.lastError)).toContain('the server was silent for 30 s before it had sent all objects');
    expect(seen).toEqual([]);
    await clock.advance(1_600);
    expect(asked()).toEqual([FROM_NOTHING, '/widgets?limit=500', from(7)]);
    expect(seen).toEqual(['all a@7']);
  });

  test('may be followed by any silence once it is complete', async () => {
    const { asked, clock, reflector, write } = await follow();
    await write(initialEventsEnd(5));
    await clock.advance(100_000);
    expect([asked(), reflector.lastError]).toEqual([[FROM_NOTHING], undefined]);
  });

  test('is narrowed to a namespace and to labels', async () => {
    const { asked } = await follow({}, { namespace: 'a', labelSelector: 'x=y' });
    const query = 'timeoutSeconds=150&labelSelector=x%3Dy&sendInitialEvents=true';
    expect(asked()[0]).toContain(`/namespaces/a/widgets?watch=true&allowWatchBookmarks=true&${query}`);
  });

  test('leaves managedFields out, and whatever the projection drops', async () => {
    const object = { type: 'ADDED', object: { ...widget('v', 3, { managedFields: [{}] }), spec: { size: 1 } } };
    const whole = await follow();
    await whole.write(object, initialEventsEnd(5), object);
    expect(whole.target.objects).toEqual([{ ...widget('v', 3), spec: { size: 1 } }]);
    const projected = await follow({}, { project: ({ metadata }) => ({ metadata }) });
    await projected.write(object, initialEventsEnd(5));
    expect(projected.target.objects).toEqual([{ metadata: widget('v', 3, { managedFields: [{}] }).metadata }]);
  });
});

describe('the watch', () => {
  test('delivers every event in the order of the server', async () => {
    const { seen, write } = await follow();
    await write(initialEventsEnd(5), added('v', 6), modified('v', 7), bookmark(9), deleted('v', 10));
    expect(seen).toEqual(['all @5', 'ADDED v@6', 'MODIFIED v@7', 'at 9', 'DELETED v@10']);
  });

  test.for([
    { name: 'an event', line: added('v', 6), version: 6 },
    { name: 'a bookmark', line: bookmark(8), version: 8 },
  ])('goes on after $name, at once, when the server ends it', async ({ line, version }) => {
    const { asked, current, write } = await follow();
    await write(initialEventsEnd(5), line);
    current()?.end();
    await settle();
    expect(asked()).toEqual([FROM_NOTHING, from(version)]);
  });

  test('goes on where it was when the connection breaks', async () => {
    const { asked, clock, current, write } = await follow();
    await write(initialEventsEnd(5), added('v', 6));
    current()?.break();
    await clock.advance(1_599);
    expect(asked()).toHaveLength(1);
    await clock.advance(1);
    expect(asked()).toEqual([FROM_NOTHING, from(6)]);
  });

  test('drops what is older than what it has delivered, and never goes on from there', async () => {
    const { seen, write, current, clock, asked } = await follow();
    await write(added('w', 2), initialEventsEnd(5), modified('w', 7), deleted('w', 8), modified('w', 7));
    expect(seen.slice(1)).toEqual(['MODIFIED w@7', 'DELETED w@8']);
    current()?.end();
    await clock.advance(1_000);
    expect(asked().at(-1)).toBe(from(8));
  });

  test('lasts between 150 and 220 seconds on the side of the server', async () => {
    const shortest = await follow({}, { random: () => 0 });
    const longest = await follow({}, { random: () => 0.999_999 });
    expect(shortest.asked()[0]).toContain('timeoutSeconds=150&');
    expect(longest.asked()[0]).toContain('timeoutSeconds=220&');
  });

  test('is cut by the client when the server does not end it: the connection is dead', async () => {
    const { asked, clock, reflector, write } = await follow();
    await write(initialEventsEnd(5), bookmark(6));
    await clock.advance(164_999);
    expect(reflector.lastError).toBeUndefined();
    await clock.advance(1);
    expect(String(reflector.lastError)).toContain('the server did not end the watch after 150 s');
    await clock.advance(2_000);
    expect(asked()).toEqual([FROM_NOTHING, from(6)]);
  });

  test('reads everything anew after a watch without a single event or bookmark: its version may be of the future', async () => {
    const { asked, clock, current, write } = await follow();
    await write(initialEventsEnd(5));
    current()?.end();
    await settle();
    await clock.advance(150_000);
    current()?.end();
    await settle();
    expect(asked()).toEqual([FROM_NOTHING, from(5), FROM_NOTHING]);
  });

  test('backs off from a server that ends each watch at once', async () => {
    const { asked, clock, current, write } = await follow();
    await write(initialEventsEnd(5));
    current()?.end();
    await settle();
    current()?.end();
    await clock.advance(1_599);
    expect(asked()).toHaveLength(2);
    await clock.advance(1);
    expect(asked()).toEqual([FROM_NOTHING, from(5), from(5)]);
  });

  test('delivers nothing once its signal has aborted', async () => {
    const { current, ended, seen, stop, write } = await follow();
    await write(initialEventsEnd(5));
    current()?.write(added('v', 6));
    stop.abort();
    await ended;
    expect(seen).toEqual(['all @5']);
  });

  test('delivers no list that comes after its signal has aborted', async () => {
    const answer = Promise.withResolvers<{ body: object }>();
    const { ended, seen, stop } = await follow({ stream: withoutWatchList, request: () => answer.promise });
    stop.abort();
    answer.resolve({ body: listOf(7, widget('v', 3)) });
    await ended;
    expect(seen).toEqual([]);
  });

  test('ends during a backoff when its signal aborts, and opens nothing any more', async () => {
    const { asked, clock, current, ended, stop } = await follow();
    current()?.break();
    await settle();
    stop.abort();
    await ended;
    await clock.advance(60_000);
    expect(asked()).toHaveLength(1);
    expect(clock.timers).toBe(0);
  });
});

describe('a version that the server has forgotten', () => {
  test('is answered by reading everything anew when the stream says so', async () => {
    const { asked, clock, seen, write } = await follow();
    await write(initialEventsEnd(5), expired());
    await clock.advance(1_600);
    await write(added('v', 90), initialEventsEnd(100));
    expect(asked()).toEqual([FROM_NOTHING, FROM_NOTHING]);
    expect(seen).toEqual(['all @5', 'all v@100']);
  });

  test('is answered by reading everything anew when the server refuses the watch', async () => {
    const gone = { status: 410, body: { kind: 'Status', reason: 'Expired' } };
    const stream: Script['stream'] = ({ path }) => (path.includes('resourceVersion=5') ? gone : undefined);
    const { asked, clock, current, write } = await follow({ stream });
    await write(initialEventsEnd(5));
    current()?.end();
    await clock.advance(1_600);
    expect(asked()).toEqual([FROM_NOTHING, from(5), FROM_NOTHING]);
  });

  test('that goes back is told of, and the older list replaces everything', async () => {
    const { clock, log, seen, write } = await follow();
    await write(added('v', 40), initialEventsEnd(50), expired());
    await clock.advance(1_600);
    await write(added('v', 4), initialEventsEnd(9));
    expect(seen).toEqual(['all v@50', 'all v@9']);
    expect(log.at('warn')).toMatchObject([{ fields: { from: '50', to: '9' }, message: /versions went back/ }]);
  });
});

describe('a failure', () => {
  test('is followed by another try after 0.8 to 1.6 s, doubling to between 15 and 30 s', async () => {
    for (const [random, delays] of [
      [0, [1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]],
      [0.999_999, [800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]],
    ] as const) {
      const { asked, clock } = await follow({ stream: () => ({ status: 500 }) }, { random: () => random });
      for (const [i, delayMs] of delays.entries()) {
        await clock.advance(delayMs - 1);
        expect(asked()).toHaveLength(i + 1);
        await clock.advance(1.1);
        expect(asked()).toHaveLength(i + 2);
      }
    }
  });

  test('counts from the start again once something was delivered', async () => {
    const { asked, clock, current, write } = await follow();
    current()?.break();
    await clock.advance(1_600);
    await write(initialEventsEnd(5));
    current()?.break();
    await clock.advance(1_600);
    expect(asked()).toHaveLength(3);
  });

  test.for([
    { seconds: 7, afterMs: 7_000 },
    { seconds: 3_600, afterMs: 60_000 },
    { seconds: 1, afterMs: 1_600 },
  ])('with Retry-After $seconds is followed by another try after $afterMs ms', async ({ seconds, afterMs }) => {
    const { asked, clock } = await follow({
      stream: () => ({ status: 429, headers: { 'retry-after': `${seconds}` } }),
    });
    await clock.advance(afterMs - 1);
    expect(asked()).toHaveLength(1);
    await clock.advance(1);
    expect(asked()).toHaveLength(2);
  });

  test('to read does not make it give WatchList up, unless the server refuses just that', async () => {
    for (const status of [401, 403, 404, 429, 500, 503]) {
      const { asked, clock } = await follow({ stream: () => ({ status }) });
      await clock.advance(1_600);
      expect(asked()).toEqual([FROM_NOTHING, FROM_NOTHING]);
    }
  });

  test('is a debug line; one that lasts 10 s is one warning, and its end one line', async () => {
    let status = 503;
    const { clock, log, reflector, write } = await follow({ stream: () => (status === 200 ? undefined : { status }) });
    await clock.advance(9_000);
    expect(log.at('warn')).toEqual([]);
    await clock.advance(60_000);
    expect(log.at('warn')).toMatchObject([{ message: 'the watch keeps failing', fields: { failingForMs: 11_200 } }]);
    expect(reflector.lastError).toMatchObject({ code: 503 });
    status = 200;
    await clock.advance(30_000);
    await write(initialEventsEnd(5));
    expect(log.at('info')).toMatchObject([{ message: 'the watch is back' }]);
    expect(log.at('warn')).toHaveLength(1);
    expect(reflector.lastError).toBeUndefined();
  });

  test.for([
    { name: 'the first list', failsOn: 'all v@5', before: [] },
    { name: 'an event', failsOn: 'ADDED w@6', before: ['all v@5'] },
    { name: 'a bookmark', failsOn: 'at 7', before: ['all v@5', 'ADDED w@6'] },
  ])('of the target to take $name is logged, and everything is read anew', async ({ failsOn, before }) => {
    const { asked, clock, log, seen, target, write } = await follow();
    target.failsOn = failsOn;
    await write(added('v', 3), initialEventsEnd(5), added('w', 6), bookmark(7), bookmark(8));
    expect(seen).toEqual(before);
    expect(log.at('error')).toMatchObject([{ fields: { err: new Error(`cannot take ${failsOn}`) } }]);
    target.failsOn = '';
    await clock.advance(1_600);
    await write(added('v', 3), initialEventsEnd(9));
    expect(asked()).toEqual([FROM_NOTHING, FROM_NOTHING]);
    expect(seen).toEqual([...before, 'all v@9']);
  });
});

describe('how long the watch has been failing', () => {
  test('is counted from its first failure to its last', async () => {
    const { reflector, clock } = await follow({ stream: () => ({ status: 503 }) });
    expect(reflector.failingForMs).toBe(0);
    await clock.advance(1_600 + 3_200 + 6_400);
    expect(reflector.failingForMs).toBe(11_200);
  });

  test('is nothing once something was delivered', async () => {
    let isUp = false;
    const { reflector, clock, transport } = await follow({ stream: () => (isUp ? undefined : { status: 503 }) });
    await clock.advance(5_000);
    expect(reflector.failingForMs).toBe(4_800);
    isUp = true;
    await clock.advance(10_000);
    transport.streams[0]?.write(initialEventsEnd(5));
    await settle();
    expect(reflector.failingForMs).toBe(0);
  });

  test('is nothing for a watch that was opened again and has nothing to tell for 90 s', async () => {
    let isUp = true;
    const { reflector, clock, current, write } = await follow({
      stream: () => (isUp ? undefined : { status: 503 }),
    });
    await write(initialEventsEnd(5));
    isUp = false;
    current()?.end();
    await clock.advance(5_000);
    isUp = true;
    await clock.advance(89_000);
    expect(reflector.failingForMs).toBe(4_800);
    await clock.advance(2_000);
    expect(reflector.failingForMs).toBe(0);
  });

  test('is nothing for an optional collection that is refused: it is done without', async () => {
    const script: Script = { stream: () => ({ status: 403, body: { kind: 'Status', reason: 'Forbidden' } }) };
    const { reflector, clock } = await follow(script, { isOptional: true });
    await clock.advance(30_000);
    expect(reflector.failingForMs).toBe(0);
  });
});

describe('a refusal to let it read', () => {
  const forbidden = { status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'cannot list widgets' } };
  const OPTIONAL = { isOptional: true };

  /** A server whose answers depend on a right that a test gives and takes. */
  function guard(isAllowed: boolean) {
    const rights = { isAllowed };
    const stream: Script['stream'] = () => (rights.isAllowed ? undefined : forbidden);
    return { rights, stream };
  }

  test('is told to the target of an optional collection, each time', async () => {
    const { clock, reflector, seen } = await follow(guard(false), OPTIONAL);
    expect(seen).toEqual(['refused']);
    expect(String(reflector.lastError)).toContain('403 Forbidden: cannot list widgets');
    await clock.advance(1_600);
    expect(seen).toEqual(['refused', 'refused']);
  });

  test('is a failure like any other where the collection is not optional', async () => {
    const { log, clock, seen } = await follow(guard(false));
    await clock.advance(30_000);
    expect(seen).toEqual([]);
    expect(log.at('warn')).toMatchObject([{ message: 'the watch keeps failing' }]);
  });

  test('of another kind than 403 Forbidden is a failure like any other', async () => {
    for (const answer of [{ status: 401 }, { status: 403, body: 'blocked by a proxy' }, { status: 503 }]) {
      const { seen } = await follow({ stream: () => answer }, OPTIONAL);
      expect(seen).toEqual([]);
    }
  });

  test('is followed by another try after 0.8 to 1.6 s, doubling to between 30 and 60 s', async () => {
    for (const [random, delays] of [
      [0, [1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 60_000, 60_000]],
      [0.999_999, [800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]],
    ] as const) {
      const { asked, clock } = await follow(guard(false), { ...OPTIONAL, random: () => random });
      for (const [i, delayMs] of delays.entries()) {
        await clock.advance(delayMs - 1);
        expect(asked()).toHaveLength(i + 1);
        await clock.advance(1.1);
        expect(asked()).toHaveLength(i + 2);
      }
    }
  });

  test('ends with the whole collection, and the next one is tried again soon', async () => {
    const { rights, stream } = guard(false);
    const { asked, clock, current, seen, write } = await follow({ stream }, OPTIONAL);
    await clock.advance(4_800);
    rights.isAllowed = true;
    await clock.advance(6_400);
    await write(added('v', 3), initialEventsEnd(5));
    rights.isAllowed = false;
    current()?.end();
    await clock.advance(1_600);
    expect(seen).toEqual(['refused', 'refused', 'refused', 'all v@5', 'refused', 'refused']);
    expect(asked().slice(-2)).toEqual([from(5), FROM_NOTHING]);
  });

  test('of a list counts too, where the server does not know WatchList', async () => {
    const { asked, clock, seen } = await follow({ stream: withoutWatchList, request: () => forbidden }, OPTIONAL);
    await clock.advance(1_600);
    expect(seen).toEqual(['refused', 'refused']);
    expect(asked()).toEqual([FROM_NOTHING, '/widgets?limit=500', '/widgets?limit=500']);
  });

  test('is one warning, however long it lasts, and its end one line', async () => {
    const { rights, stream } = guard(false);
    const { clock, current, log, reflector, write } = await follow({ stream }, OPTIONAL);
    await clock.advance(300_000);
    expect(log.at('warn')).toMatchObject([{ message: 'no right to read; going on without' }]);
    rights.isAllowed = true;
    await clock.advance(60_000);
    await write(initialEventsEnd(5));
    expect(log.at('info')).toMatchObject([{ message: 'the right to read is there' }]);
    expect(log.at('warn')).toHaveLength(1);
    expect(reflector.lastError).toBeUndefined();
    rights.isAllowed = false;
    current()?.end();
    await clock.advance(300_000);
    expect(log.at('warn')).toHaveLength(2);
  });

  test('that the target does not take is logged, and told again', async () => {
    const { rights, stream } = guard(true);
    const { clock, current, log, seen, target, write } = await follow({ stream }, OPTIONAL);
    await write(initialEventsEnd(5));
    rights.isAllowed = false;
    target.failsOn = 'refused';
    current()?.end();
    await settle();
    expect(log.at('error')).toMatchObject([{ fields: { err: new Error('cannot take refused') } }]);
    target.failsOn = '';
    await clock.advance(1_600);
    expect(seen).toEqual(['all @5', 'refused']);
  });

  test('is an answer: the server was heard of', async () => {
    const { clock, reflector } = await follow(guard(false), OPTIONAL);
    await clock.advance(1_600);
    expect(reflector.lastActivityAt).toBe(1_600);
  });
});

test('knows when the server was last heard of', async () => {
  const { clock, reflector, write } = await follow();
  for (const line of [added('v', 3), initialEventsEnd(5), added('w', 6), bookmark(7)]) {
    await clock.advance(1_000);
    await write(line);
    expect(reflector.lastActivityAt).toBe(clock.monotonic());
  }
  await clock.advance(1_000);
  expect(clock.monotonic() - reflector.lastActivityAt).toBe(1_000);
});
