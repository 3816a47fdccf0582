import { afterEach, describe, expect, test } from 'vitest';

import type { Stored } from '../../kube/object.ts';
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
  modified,
  widget,
  type Widget,
} from '../testing/watch-lines.ts';
import type { Change } from './change.ts';
import { Informer, type ChangeHandler, type InformerOptions } from './informer.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function start(
  options: Partial<InformerOptions<Widget>> = {},
  handler?: ChangeHandler<Widget>,
  script: Script = {},
) {
  const transport = createScriptedTransport(script);
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const defaults = { kind: WIDGET, watcher: createObjectClient(transport), clock, log, random: () => 0, freeze: true };
  const informer = new Informer<Widget>({ ...defaults, ...options });
  const changes: string[] = [];
  const readability: string[] = [];
  if (handler !== undefined) informer.onChange(handler);
  informer.onChange(({ type, object }) => {
    const { name, resourceVersion } = object.metadata;
    const stored = informer.store.get({ namespace: object.metadata.namespace ?? '', name });
    changes.push(`${type} ${name}@${resourceVersion}, stored @${stored?.metadata.resourceVersion}`);
  });
  informer.onReadabilityChange((isReadable) => {
    readability.push(`${isReadable ? 'readable' : 'unreadable'} with ${informer.store.size}`);
  });
  const stop = new AbortController();
  const ended = informer.start(stop.signal);
  cleanups.push(async () => {
    stop.abort();
    await ended;
  });
  await settle();
  const writeTo = async (index: number, ...lines: readonly object[]) => {
    for (const line of lines) transport.streams.at(index)?.write(line);
    await settle();
  };
  const write = (...lines: readonly object[]) => writeTo(-1, ...lines);
  return { changes, clock, ended, informer, log, readability, stop, transport, write, writeTo };
}

const key = (name: string, namespace = 'a') => ({ namespace, name });

describe('Informer', () => {
  test('tells its handlers of each change after the store has it', async () => {
    const { changes, write } = await start();
    await write(added('v', 3), initialEventsEnd(5), added('w', 6), modified('v', 7), deleted('w', 8));
    expect(changes).toEqual([
      'added v@3, stored @3',
      'added w@6, stored @6',
      'updated v@7, stored @7',
      'deleted w@8, stored @undefined',
    ]);
  });

  test('stores what `share` makes of the object before and the new one, and tells of that', async () => {
    const told: Change<Widget>[] = [];
    const share = (previous: Stored<Widget>, { metadata, ...object }: Stored<Widget>): Stored<Widget> => {
      const { labels = {} } = previous.metadata;
      return { ...object, metadata: { ...metadata, labels } };
    };
    const { informer, write } = await start({ share }, (change) => told.push(change));
    const labels = { app: 'v' };
    await write(added('v', 3, { labels }), initialEventsEnd(5), modified('v', 7, { labels }));
    const [first, second] = told.map(({ object }) => object.metadata);
    expect(second).toMatchObject({ resourceVersion: '7', labels });
    expect(second?.labels).toBe(first?.labels);
    expect(informer.store.get(key('v'))?.metadata).toBe(second);
  });

  test('tells of what vanished and was made anew in a gap', async () => {
    const { changes, clock, informer, write } = await start();
    await write(added('gone', 1), added('new', 2), added('same', 3), initialEventsEnd(5), expired());
    changes.length = 0;
    await clock.advance(1_600);
    await write(added('new', 90, { uid: 'uid-other' }), added('same', 3), initialEventsEnd(100));
    expect(changes.map((change) => change.split(',')[0])).toEqual(['deleted gone@1', 'deleted new@2', 'added new@90']);
    expect(
      informer.store
        .list()
        .map(({ metadata }) => metadata.name)
        .toSorted(),
    ).toEqual(['new', 'same']);
  });

  test('keeps a newer object when an older event comes', async () => {
    const { informer, write } = await start();
    await write(initialEventsEnd(5), added('v', 9), modified('v', 8));
    expect(informer.store.get(key('v'))).toEqual(widget('v', 9));
  });

  test('freezes what it stores', async () => {
    const { informer, write } = await start();
    await write(added('v', 3), initialEventsEnd(5));
    expect(Object.isFrozen(informer.store.get(key('v'))?.metadata)).toBe(true);
  });

  test('finds objects by its indexes', async () => {
    const bySize = ({ metadata }: { metadata: { name: string } }) => [`${metadata.name.length}`];
    const { informer, write } = await start({ indexes: { bySize } });
    await write(added('v', 3), added('long', 4), initialEventsEnd(5));
    expect(informer.store.byIndex('bySize', '4')).toEqual([widget('long', 4)]);
  });

  test('refuses a handler that comes too late', async () => {
    const { informer } = await start();
    expect(() => informer.onChange(() => {})).toThrow('cache widgets: a handler comes too late');
    expect(() => informer.onReadabilityChange(() => {})).toThrow('cache widgets: a handler comes too late');
  });
});

describe('a handler that throws', () => {
  /** Fails the first time that it hears of `w`. */
  function failingOnce() {
    const heard: string[] = [];
    const handler: ChangeHandler<Widget> = ({ type, object }) => {
      heard.push(`${type} ${object.metadata.name}`);
      if (heard.filter((text) => text.endsWith(' w')).length === 1 && heard.at(-1)?.endsWith(' w')) {
        throw new Error('the queue is full');
      }
    };
    return { handler, heard };
  }

  test('hears of the same change again, before any later one, and others of each at least once', async () => {
    const { handler, heard } = failingOnce();
    const { changes, clock, log, write } = await start({}, handler);
    await write(initialEventsEnd(5), added('v', 6), added('w', 7), added('x', 8));
    expect(log.at('error')).toMatchObject([{ fields: { kind: 'widgets', err: new Error('the queue is full') } }]);
    await clock.advance(1_600);
    await write(added('v', 6), added('w', 7), added('x', 8), initialEventsEnd(9));
    expect(heard).toEqual(['added v', 'added w', 'added w', 'added x']);
    expect(changes.map((change) => change.split(',')[0])).toEqual(['added v@6', 'added w@7', 'added x@8']);
  });

  test('hears again of a deletion that nothing shows any more', async () => {
    const { handler, heard } = failingOnce();
    const { clock, write } = await start({}, handler);
    await write(initialEventsEnd(5), added('v', 6));
    await write(added('w', 7));
    await clock.advance(1_600);
    await write(added('v', 6), initialEventsEnd(9));
    expect(heard).toEqual(['added v', 'added w', 'added w', 'deleted w']);
  });

  test('keeps the cache from being ready while it has not taken the first list', async () => {
    const { handler } = failingOnce();
    const { clock, informer, write } = await start({}, handler);
    await write(added('w', 3), initialEventsEnd(5));
    expect(informer.hasSynced).toBe(false);
    expect(informer.lastError()).toBeDefined();
    await clock.advance(1_600);
    await write(added('w', 3), initialEventsEnd(6));
    expect([informer.hasSynced, informer.lastError()]).toEqual([true, undefined]);
  });
});

describe('being ready', () => {
  test('comes with the first list, delivered', async () => {
    const { changes, informer, stop, write } = await start();
    let isReady = false;
    const ready = informer.whenReady(stop.signal).then(() => (isReady = true));
    await write(added('v', 3));
    expect([informer.hasSynced, isReady]).toEqual([false, false]);
    await write(initialEventsEnd(5));
    await ready;
    expect([informer.hasSynced, changes.length]).toEqual([true, 1]);
  });

  test('is not waited for any longer than the signal', async () => {
    const { informer, stop } = await start();
    const waiting = informer.whenReady(stop.signal);
    stop.abort();
    await waiting;
    expect(informer.hasSynced).toBe(false);
  });

  test('takes the first list of every namespace that is followed', async () => {
    const { informer, stop, transport, writeTo } = await start({ namespaces: ['a', 'b'] });
    expect(transport.requests.map(({ path }) => path.split('?')[0])).toEqual([
      '/apis/example.dev/v1/namespaces/a/widgets',
      '/apis/example.dev/v1/namespaces/b/widgets',
    ]);
    let isReady = false;
    const ready = informer.whenReady(stop.signal).then(() => (isReady = true));
    await writeTo(0, added('v', 3), initialEventsEnd(5));
    expect([informer.hasSynced, isReady]).toEqual([false, false]);
    await writeTo(1, added('v', 4, { namespace: 'b' }), initialEventsEnd(6));
    await ready;
    expect([informer.hasSynced, informer.store.size]).toEqual([true, 2]);
  });

  test('survives the list of one namespace, which leaves the others alone', async () => {
    const { clock, informer, writeTo } = await start({ namespaces: ['a', 'b'] });
    await writeTo(1, added('v', 4, { namespace: 'b' }), initialEventsEnd(6));
    await writeTo(0, added('v', 3), initialEventsEnd(5), expired());
    await clock.advance(1_600);
    await writeTo(2, initialEventsEnd(9));
    expect(informer.store.list()).toEqual([widget('v', 4, { namespace: 'b' })]);
  });
});

describe('what the cache has seen', () => {
  test.for<[string, object[], number]>([
    ['nothing before the first list is complete', [added('v', 3)], 0],
    ['everything up to the first list', [initialEventsEnd(5)], 5],
    ['everything up to an event', [initialEventsEnd(5), added('v', 7)], 7],
    ['everything up to a bookmark', [initialEventsEnd(5), bookmark(9)], 9],
    ['everything up to a deletion', [added('v', 3), initialEventsEnd(5), deleted('v', 8)], 8],
  ])('is %s', async ([, lines, version]) => {
    const { informer, write } = await start();
    await write(...lines);
    const seen = [1, 3, 5, 7, 8, 9, 10].filter((v) => informer.hasSeen(key('v'), `${v}`));
    expect(seen).toEqual([1, 3, 5, 7, 8, 9, 10].filter((v) => v <= version));
  });

  test('is told apart by namespace', async () => {
    const { informer, writeTo } = await start({ namespaces: ['a', 'b'] });
    await writeTo(0, initialEventsEnd(5));
    expect([informer.hasSeen(key('v'), '5'), informer.hasSeen(key('v', 'b'), '5')]).toEqual([true, false]);
  });

  test('of a deletion is that the object is gone, another one, or terminating', async () => {
    const { informer, write } = await start();
    const hasSeenDeletion = () => informer.hasSeenDeletion(key('v'), 'uid-v');
    await write(added('v', 3), initialEventsEnd(5));
    expect(hasSeenDeletion()).toBe(false);
    await write(modified('v', 6, { deletionTimestamp: '2026-01-01T00:00:01Z' }));
    expect(hasSeenDeletion()).toBe(true);
    await write(deleted('v', 7), added('v', 8, { uid: 'uid-other' }));
    expect(hasSeenDeletion()).toBe(true);
  });
});

describe('an optional cache', () => {
  const forbidden = { status: 403, body: { kind: 'Status', reason: 'Forbidden' } };

  /** A cache whose server lets it read the namespaces that `allowed` holds; `*` is all of them. */
  async function startGuarded(options: Partial<InformerOptions<Widget>> = {}, handler?: ChangeHandler<Widget>) {
    const allowed = new Set<string>();
    const stream: Script['stream'] = ({ path }) =>
      allowed.has(/namespaces\/(\w+)/.exec(path)?.[1] ?? '*') ? undefined : forbidden;
    return { allowed, ...(await start({ isOptional: true, ...options }, handler, { stream })) };
  }
  type Guarded = Awaited<ReturnType<typeof startGuarded>>;

  /** Ends the watch that is open, as the server does when its time is up. */
  async function endWatch({ transport }: Guarded): Promise<void> {
    transport.streams.at(-1)?.end();
    await settle();
  }

  test('that may not read is ready, empty, and says that it is not readable', async () => {
    const { changes, informer, readability, stop } = await startGuarded();
    await informer.whenReady(stop.signal);
    expect([informer.hasSynced, informer.isReadable, informer.store.size]).toEqual([true, false, 0]);
    expect(String(informer.lastError())).toContain('403 Forbidden');
    expect([changes, readability]).toEqual([[], ['unreadable with 0']]);
  });

  test('that may read is readable, and tells nobody so', async () => {
    const { informer, readability, write } = await start({ isOptional: true });
    await write(added('v', 3), initialEventsEnd(5), added('w', 6));
    expect([informer.isReadable, readability]).toEqual([true, []]);
  });

  test('has the handlers hear of all objects before it says that it is readable', async () => {
    const { allowed, changes, clock, informer, readability, write } = await startGuarded();
    allowed.add('*');
    await clock.advance(1_600);
    await write(added('v', 3), added('w', 4));
    expect([informer.isReadable, changes]).toEqual([false, []]);
    await write(initialEventsEnd(5));
    expect(informer.isReadable).toBe(true);
    expect(changes).toEqual(['added v@3, stored @3', 'added w@4, stored @4']);
    expect(readability).toEqual(['unreadable with 0', 'readable with 2']);
  });

  test('that loses the right keeps nothing that grows old, and has it again when the right is back', async () => {
    const guarded = await startGuarded();
    const { allowed, changes, clock, informer, readability, write } = guarded;
    allowed.add('*');
    await clock.advance(1_600);
    await write(added('v', 3), initialEventsEnd(5));
    allowed.clear();
    await endWatch(guarded);
    expect([informer.isReadable, informer.store.size, informer.hasSynced]).toEqual([false, 0, true]);
    expect(informer.hasSeen(key('v'), '3')).toBe(false);
    allowed.add('*');
    await clock.advance(1_600);
    await write(added('v', 3), initialEventsEnd(9));
    expect(changes).toEqual(['added v@3, stored @3', 'deleted v@3, stored @undefined', 'added v@3, stored @3']);
    expect(readability.slice(-3)).toEqual(['readable with 1', 'unreadable with 0', 'readable with 1']);
  });

  test('does not call a deletion final that is only a right taken away', async () => {
    const finality: boolean[] = [];
    const guarded = await startGuarded({}, (change) => {
      if (change.type === 'deleted') finality.push(change.isFinal);
    });
    guarded.allowed.add('*');
    await guarded.clock.advance(1_600);
    await guarded.write(added('v', 3), initialEventsEnd(5));
    guarded.allowed.clear();
    await endWatch(guarded);
    expect(finality).toEqual([false]);
  });

  test('is not readable while a single namespace is not, and keeps the others', async () => {
    const { allowed, clock, informer, readability, writeTo } = await startGuarded({ namespaces: ['a', 'b'] });
    allowed.add('b');
    await clock.advance(1_600);
    await writeTo(0, added('v', 4, { namespace: 'b' }), initialEventsEnd(6));
    expect([informer.isReadable, informer.store.size]).toEqual([false, 1]);
    allowed.add('a');
    await clock.advance(3_200);
    await writeTo(1, added('v', 3), initialEventsEnd(7));
    expect([informer.isReadable, informer.store.size]).toEqual([true, 2]);
    expect(readability).toEqual(['unreadable with 0', 'readable with 2']);
  });

  test('tells again of its readability when a handler has thrown', async () => {
    const told: boolean[] = [];
    const transport = createScriptedTransport({ stream: () => forbidden });
    const clock = new FakeClock();
    const log = new RecordingLogger();
    const watcher = createObjectClient(transport);
    const informer = new Informer<Widget>({ kind: WIDGET, watcher, clock, log, random: () => 0, isOptional: true });
    informer.onReadabilityChange((isReadable) => {
      told.push(isReadable);
      if (told.length === 1) throw new Error('the queue is full');
    });
    const stop = new AbortController();
    const ended = informer.start(stop.signal);
    await settle();
    expect([told, informer.hasSynced]).toEqual([[false], false]);
    await clock.advance(1_600);
    expect([told, informer.hasSynced]).toEqual([[false, false], true]);
    stop.abort();
    await ended;
  });

  test('waits for an answer that says yes or no: other failures keep it from being ready', async () => {
    const { clock, informer } = await start({ isOptional: true }, undefined, { stream: () => ({ status: 503 }) });
    await clock.advance(60_000);
    expect([informer.hasSynced, informer.isReadable]).toEqual([false, true]);
  });
});
