import { describe, expect, test } from 'vitest';

import { TransportError } from '../client/api-error.ts';
import { createObjectClient } from '../client/object-client.ts';
import type { HttpRequest } from '../client/transport.ts';
import { sleep } from '../clock.ts';
import { seededRandom } from '../random.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { RecordingLogger } from '../testing/recording-log.ts';
import { createScriptedTransport, type Answer } from '../testing/scripted-transport.ts';
import { EventQueue, type EventQueueOptions } from './event-queue.ts';
import type { Occurrence } from './occurrence.ts';

const regarding = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web', uid: 'u' };
const told = (note: string, change: Partial<Occurrence> = {}): Occurrence => ({
  regarding,
  type: 'Normal',
  reason: 'Started',
  action: 'Start',
  note,
  ...change,
});
/** About a part of its own, which has its own limit. */
const about = (part: number): Occurrence => told('it runs', { related: { ...regarding, name: `web-${part}` } });

const of = (name: string): Occurrence => told('it runs', { regarding: { ...regarding, name, uid: name } });

const OK: Answer = { status: 201 };
const FORBIDDEN: Answer = { status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'not yours' } };
const BUSY: Answer = { status: 429, headers: { 'retry-after': '60' } };
const BROKEN: Answer = { status: 503 };
const TAKEN: Answer = { status: 409, body: { kind: 'Status', reason: 'AlreadyExists' } };
const EXPIRED: Answer = { status: 404, body: { kind: 'Status', reason: 'NotFound', details: { name: 'web.1' } } };

/** What a request says: `create it runs`, `create it runs x2`, `series 2`. */
function lineOf({ method, body = '' }: HttpRequest): string {
  const { note, series } = JSON.parse(body);
  if (method === 'PATCH') return `series ${series.count}`;
  return series === undefined ? `create ${note}` : `create ${note} x${series.count}`;
}

/** A running queue whose requests are answered by `answer`, told the number of the request from 0. */
function setUp(
  answer: (index: number, request: HttpRequest) => Answer | Promise<Answer> = () => OK,
  options: Partial<EventQueueOptions> = {},
) {
  let count = -1;
  const transport = createScriptedTransport({ request: (request) => answer((count += 1), request) });
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const queue = new EventQueue({
    writer: createObjectClient(transport),
    reporter: { controller: 'example.dev/operator', instance: 'host-1' },
    clock,
    random: seededRandom(1),
    log,
    ...options,
  });
  const stop = new AbortController();
  const ended = queue.start(stop.signal);
  const lines = (): readonly string[] => transport.requests.map(lineOf);
  return { queue, clock, log, lines, transport, stop, ended };
}

describe('EventQueue writes', () => {
  test.for([
    [40, 159, 160],
    [10_000, 499, 500],
  ] as const)(
    'one whose writes take %s ms rests for %s ms and longer after each',
    async ([tookMs, tooSoonMs, restMs]) => {
      const { queue, clock, lines } = setUp(async () => {
        await sleep(clock, tookMs);
        return OK;
      });
      await settle();
      for (const note of ['a', 'b']) queue.record(told(note));
      await settle();
      await clock.advance(tookMs);
      await clock.advance(tooSoonMs);
      expect(lines()).toEqual(['create a']);
      await clock.advance(restMs - tooSoonMs);
      expect(lines()).toEqual(['create a', 'create b']);
    },
  );

  test('eight objects at a time, and without a rest, while there is no other work', async () => {
    let isBusy = false;
    const { queue, clock, lines } = setUp(() => sleep(clock, 40).then(() => OK), { isBusy: () => isBusy });
    await settle();
    for (let index = 0; index < 18; index += 1) queue.record(of(`web-${index}`));
    await settle();
    expect(lines()).toHaveLength(8);
    await clock.advance(40);
    expect(lines()).toHaveLength(16);
    isBusy = true;
    await clock.advance(199);
    expect(lines()).toHaveLength(16);
    await clock.advance(1);
    expect(lines()).toHaveLength(17);
  });

  test('what was recorded of one object in order, also while there is no other work', async () => {
    const { queue, clock, lines } = setUp(() => sleep(clock, 40).then(() => OK), { isBusy: () => false });
    for (const note of ['a', 'b']) queue.record(told(note));
    queue.record(of('other'));
    await settle();
    expect(lines()).toEqual(['create a', 'create it runs']);
    await clock.advance(40);
    expect(lines()).toEqual(['create a', 'create it runs', 'create b']);
  });

  test('what was recorded, in order, one request at a time', async () => {
    const first = Promise.withResolvers<Answer>();
    const { queue, lines } = setUp((index) => (index === 0 ? first.promise : OK));
    for (const note of ['a', 'b', 'c']) queue.record(told(note));
    await settle();
    expect(lines()).toEqual(['create a']);
    first.resolve(OK);
    await settle();
    expect(lines()).toEqual(['create a', 'create b', 'create c']);
  });

  test('names that sort in the order in which things were recorded', async () => {
    const { queue, transport } = setUp();
    for (const note of ['a', 'b', 'c']) queue.record(told(note));
    await settle();
    const names = transport.requests.map(({ body = '' }): string => JSON.parse(body).metadata.name);
    expect(names.toSorted()).toEqual(names);
  });

  test('a cause that is told again as a series, counts on, and tells the count in the sweep', async () => {
    const { queue, clock, lines } = setUp();
    for (let i = 0; i < 2; i++) {
      queue.record(told('a'));
      await settle();
    }
    expect(lines()).toEqual(['create a', 'series 2']);
    for (let i = 0; i < 5; i++) queue.record(told('a'));
    await settle();
    expect(lines()).toHaveLength(2);
    await clock.advance(360_000);
    expect(lines()).toEqual(['create a', 'series 2', 'series 7']);
    await clock.advance(3_600_000);
    expect(lines()).toHaveLength(3);
  });

  test('one Event with its series where the cause is told again before the first was written', async () => {
    const { queue, lines } = setUp();
    for (let i = 0; i < 3; i++) queue.record(told('a'));
    await settle();
    expect(lines()).toEqual(['create a x3']);
  });

  test('the series of what was told again while its Event was on its way', async () => {
    const first = Promise.withResolvers<Answer>();
    const { queue, lines } = setUp((index) => (index === 0 ? first.promise : OK));
    queue.record(told('a'));
    await settle();
    queue.record(told('a'));
    first.resolve(OK);
    await settle();
    expect(lines()).toEqual(['create a', 'series 2']);
  });

  test('the whole Event again where it has expired', async () => {
    const { queue, lines } = setUp((_, { method }) => (method === 'PATCH' ? EXPIRED : OK));
    queue.record(told('a'));
    await settle();
    queue.record(told('a'));
    await settle();
    expect(lines()).toEqual(['create a', 'series 2', 'create a x2']);
  });
});

describe('EventQueue, when the API server', () => {
  test('does not answer, waits longer each time, then goes on with the same Event', async () => {
    const { queue, clock, lines } = setUp((index, request) => {
      if (index === 0) throw new TransportError(request, 'not-sent', new Error('ECONNREFUSED'));
      return index === 1 ? BROKEN : OK;
    });
    queue.record(told('a'));
    queue.record(told('b'));
    await clock.advance(0);
    expect(lines()).toEqual(['create a']);
    await clock.advance(500);
    expect(lines()).toEqual(['create a', 'create a']);
    await clock.advance(1000);
    expect(lines()).toEqual(['create a', 'create a', 'create a', 'create b']);
    expect(queue.dropped).toBe(0);
  });

  test('asks for a pause, makes it', async () => {
    const { queue, clock, lines } = setUp((index) => (index === 0 ? BUSY : OK));
    queue.record(told('a'));
    await clock.advance(59_999);
    expect(lines()).toHaveLength(1);
    await clock.advance(1);
    expect(lines()).toHaveLength(2);
  });

  test('had stored the Event whose answer was lost, takes it for written', async () => {
    const { queue, clock, lines } = setUp((index) => [BROKEN, TAKEN][index] ?? OK);
    queue.record(told('a'));
    await clock.advance(500);
    expect(lines()).toEqual(['create a', 'create a']);
    queue.record(told('a'));
    await settle();
    expect(lines()).toEqual(['create a', 'create a', 'series 2']);
    expect(queue.dropped).toBe(0);
  });

  test('refuses, drops the Event with a line at level debug and goes on', async () => {
    const { queue, log, lines } = setUp((index) => (index === 0 ? FORBIDDEN : OK));
    queue.record(told('a'));
    queue.record(told('b'));
    await settle();
    expect(lines()).toEqual(['create a', 'create b']);
    expect(queue.dropped).toBe(1);
    expect(log.lines).toMatchObject([
      { level: 'debug', fields: { reason: 'Started', object: 'Pod shop/web', dropped: 1, err: { code: 403 } } },
    ]);
  });

  test('fails for good, gives an Event up after 12 tries', async () => {
    const { queue, clock, lines } = setUp(() => BROKEN);
    queue.record(told('a'));
    await clock.advance(600_000);
    expect([lines().length, queue.dropped]).toEqual([12, 1]);
  });
});

describe('EventQueue keeps within bounds:', () => {
  test('25 Events of one object, then one in 5 minutes', async () => {
    const { queue, clock, lines } = setUp();
    for (let i = 0; i < 40; i++) queue.record(told(`${i}`));
    await settle();
    expect([lines().length, queue.dropped]).toEqual([25, 15]);
    await clock.advance(300_000);
    for (let i = 40; i < 45; i++) queue.record(told(`${i}`));
    await settle();
    expect([lines().length, queue.dropped]).toEqual([26, 19]);
  });

  test('the parts of a large object do not use up its limit', async () => {
    const { queue, lines } = setUp();
    for (let part = 0; part < 256; part++) queue.record(about(part));
    await settle();
    expect([lines().length, queue.dropped]).toEqual([256, 0]);
  });

  test('repeats cost nothing', async () => {
    const { queue, lines } = setUp();
    for (let i = 0; i < 1000; i++) {
      queue.record(told('a'));
      if (i < 3) await settle();
    }
    queue.record(told('b'));
    await settle();
    expect(lines()).toEqual(['create a', 'series 2', 'create b']);
  });

  test('what does not fit into the queue is dropped', async () => {
    const first = Promise.withResolvers<Answer>();
    const { queue, lines } = setUp((index) => (index === 0 ? first.promise : OK), { maxQueued: 3 });
    for (let part = 0; part < 5; part++) queue.record(about(part));
    expect(queue.dropped).toBe(2);
    first.resolve(OK);
    await settle();
    expect(lines()).toHaveLength(3);
  });
});

describe('EventQueue, told to stop,', () => {
  test('writes what is left and the counts that are behind, and leaves no timer', async () => {
    const { queue, clock, lines, stop, ended } = setUp();
    for (let i = 0; i < 3; i++) {
      queue.record(told('a'));
      await settle();
    }
    queue.record(told('b'));
    stop.abort();
    await ended;
    expect(lines()).toEqual(['create a', 'series 2', 'create b', 'series 3']);
    expect(clock.timers).toBe(0);
  });

  test('ends at once when there is nothing to write', async () => {
    const { stop, ended, clock } = setUp();
    stop.abort();
    await ended;
    expect(clock.timers).toBe(0);
  });

  test('tries each Event once, without a pause', async () => {
    const { queue, lines, stop, ended, clock } = setUp(() => BROKEN);
    queue.record(told('a'));
    queue.record(told('b'));
    await settle();
    stop.abort();
    await ended;
    expect(lines()).toEqual(['create a', 'create a', 'create b']);
    expect([queue.dropped, clock.timers]).toEqual([2, 0]);
  });

  test('writes all that is left at once, ends what takes too long at the deadline, and drops the rest', async () => {
    const { queue, lines, stop, ended, clock } = setUp(
      (_, request) =>
        new Promise((_, reject) => {
          const { signal } = request;
          signal?.addEventListener('abort', () => reject(new TransportError(request, 'unknown', signal.reason)));
        }),
    );
    for (let index = 0; index < 9; index += 1) queue.record(of(`web-${index}`));
    stop.abort();
    await clock.advance(2999);
    expect([lines().length, queue.dropped]).toEqual([8, 0]);
    await clock.advance(1);
    await ended;
    expect([lines().length, queue.dropped, clock.timers]).toEqual([8, 9, 0]);
  });
});
