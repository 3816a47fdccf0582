import { afterEach, describe, expect, test } from 'vitest';

import { formatKey, parseKey } from '../kube/object.ts';
import { ApiError } from './client/api-error.ts';
import { Controller, type ControllerOptions } from './controller.ts';
import { DONE, requeueAfter, type ReconcileContext, type Result } from './reconciler.ts';
import { createFencedTransport } from './leader-election/fenced-transport.ts';
import { FakeClock, settle } from './testing/fake-clock.ts';
import { RecordingLogger } from './testing/recording-log.ts';
import { createScriptedTransport } from './testing/scripted-transport.ts';
import { Tally } from './testing/tally.ts';
import { NO_TRACER, type Tracer } from './tracing/tracer.ts';

type Script = (key: string, context: ReconcileContext, run: number) => Promise<Result> | Result;

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

/** A started controller whose reconciles do what `script` says, on a clock that stands still and without jitter. */
function startController(script: Script, options: Partial<ControllerOptions> = {}) {
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const tally = new Tally();
  const runs: string[] = [];
  const controller = new Controller({
    name: 'test',
    clock,
    log,
    observer: tally,
    random: () => 0,
    reconciler: {
      reconcile: async (request, context) => script(formatKey(request), context, runs.push(formatKey(request))),
    },
    ...options,
  });
  const stop = new AbortController();
  stops.push(stop);
  const stopped = controller.start(stop.signal);
  async function enqueue(...keys: readonly string[]): Promise<void> {
    for (const key of keys) controller.enqueue(parseKey(key), 'test');
    await settle();
  }
  return { controller, clock, log, tally, runs, stop, stopped, enqueue };
}

const noConflict = new Error('conflict');

/** What a write of a replica that does not lead ends with. */
async function refusedWrite(): Promise<never> {
  const inner = createScriptedTransport({});
  await createFencedTransport(inner, { refusal: () => 'this replica does not hold the lease' }).request({
    method: 'PATCH',
    path: '/api/v1/pods/a',
  });
  throw new Error('it was sent');
}

describe('a reconcile that ends in', () => {
  test('done leaves its key alone until it is enqueued again', async () => {
    const { clock, runs, enqueue, tally } = startController(() => DONE);
    await enqueue('ns/a');
    await clock.advance(599_999);
    expect(runs).toEqual(['ns/a']);
    await enqueue('ns/a');
    expect(runs).toEqual(['ns/a', 'ns/a']);
    expect(tally.count('done')).toBe(2);
  });

  test("a later look is told to the queue's observer as a retry, and the enqueue before it is not", async () => {
    const retried: string[] = [];
    const queueObserver = {
      onAdd() {},
      onPromote() {},
      onTake() {},
      onDone() {},
      onAddAfter: (key: string) => void retried.push(key),
    };
    const { enqueue } = startController(() => requeueAfter(1000, 'TimePasses'), { queueObserver });
    await enqueue('ns/a');
    expect(retried).toEqual(['ns/a']);
  });

  test('done leaves its key alone also where an earlier one was to look again', async () => {
    const { clock, runs, enqueue, controller } = startController((_key, _context, run) =>
      run === 1 ? requeueAfter(86_400_000, 'TimePasses') : DONE,
    );
    await enqueue('ns/a');
    expect(controller.memory).toEqual({ queue: 0, delayed: 1, failures: 0 });
    await enqueue('ns/a');
    expect(controller.memory).toEqual({ queue: 0, delayed: 0, failures: 0 });
    await clock.advance(86_400_000);
    expect(runs).toEqual(['ns/a', 'ns/a']);
  });

  test('requeue has its key back after the delay', async () => {
    const { clock, runs, enqueue, log } = startController((_key, _context, run) =>
      run === 1 ? requeueAfter(1_000, 'WaitingForDetach') : DONE,
    );
    await enqueue('ns/a');
    await clock.advance(999);
    expect(runs).toHaveLength(1);
    await clock.advance(1);
    expect(runs).toHaveLength(2);
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        level: 'debug',
        fields: expect.objectContaining({ reason: 'WaitingForDetach', requeueAfterMs: 1_000 }),
      }),
    );
  });

  test('an undecided requeue goes on counting attempts', async () => {
    const attempts: number[] = [];
    const { clock, enqueue } = startController((_key, { attempt }, run) => {
      attempts.push(attempt);
      if (run === 1) throw new Error('no');
      const wait = requeueAfter(1_000, 'OwnWritesNotSeen');
      return run === 2 ? { ...wait, isUndecided: true } : wait;
    });
    await enqueue('ns/a');
    await clock.advance(3_000);
    expect(attempts.slice(0, 4)).toEqual([1, 2, 2, 1]);
  });

  test('requeue after 0 ms has its key back behind the keys that wait', async () => {
    const script: Script = (key, _context, run) =>
      key === 'ns/a' && run === 1 ? requeueAfter(0, 'PlanWritten') : DONE;
    const { runs, enqueue } = startController(script, { workers: 1 });
    await enqueue('ns/a', 'ns/b');
    expect(runs).toEqual(['ns/a', 'ns/b', 'ns/a']);
  });

  test('a write that was refused for want of the lease has its key back like a conflict, and says nothing above debug', async () => {
    const { clock, runs, enqueue, log, tally } = startController((_key, _context, run) =>
      run === 1 ? refusedWrite() : DONE,
    );
    await enqueue('ns/a');
    await clock.advance(50);
    expect(runs).toEqual(['ns/a', 'ns/a']);
    expect([tally.count('conflict'), tally.count('error')]).toEqual([1, 0]);
    expect(log.lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  });

  test('conflict has its key back after the conflict backoff, and says nothing above debug', async () => {
    const { clock, runs, enqueue, log, tally } = startController((_key, _context, run) =>
      run < 3 ? { type: 'conflict', error: noConflict } : DONE,
    );
    await enqueue('ns/a');
    await clock.advance(49);
    expect(runs).toHaveLength(1);
    await clock.advance(1);
    expect(runs).toHaveLength(2);
    await clock.advance(100);
    expect(runs).toHaveLength(3);
    expect([tally.count('conflict'), tally.count('error')]).toEqual([2, 0]);
    expect(log.lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  });

  test.for([
    ['a rejection', () => Promise.reject(new Error('broken'))],
    [
      'a throw',
      () => {
        throw new Error('broken');
      },
    ],
  ] as const)('%s has its key back after the error backoff, and logs the error', async ([, fail]) => {
    const { clock, runs, enqueue, log, tally } = startController((_key, _context, run) => (run < 3 ? fail() : DONE));
    await enqueue('ns/a');
    await clock.advance(5);
    expect(runs).toHaveLength(2);
    await clock.advance(9);
    expect(runs).toHaveLength(2);
    await clock.advance(1);
    expect(runs).toHaveLength(3);
    expect(tally.count('error')).toBe(2);
    const lines = log.at('error');
    expect(lines.map(({ fields }) => fields.requeueAfterMs)).toEqual([5, 10]);
    expect(lines[0]).toMatchObject({
      message: 'reconcile failed',
      fields: {
        controller: 'test',
        key: 'ns/a',
        reconcile: '0000-1',
        step: 'reconcile',
        attempt: 1,
        err: new Error('broken'),
      },
    });
  });

  test.for([
    { asked: 1_000, waits: 1_000 },
    { asked: 3_600_000, waits: 60_000 },
  ])(
    'an error of a server that asks to be left alone for $asked ms has its key back after $waits',
    async ({ asked, waits }) => {
      const throttled = new ApiError({ method: 'PATCH', path: '/pods/a' }, { code: 429 }, asked);
      const { clock, runs, enqueue } = startController((_key, _context, run) =>
        run < 2 ? Promise.reject(throttled) : DONE,
      );
      await enqueue('ns/a');
      await clock.advance(waits - 1);
      expect(runs).toHaveLength(1);
      await clock.advance(1);
      expect(runs).toHaveLength(2);
    },
  );

  test('a throw of something that is no error is reported as one', async () => {
    const { enqueue, tally } = startController(() => {
      // oxlint-disable-next-line typescript/only-throw-error -- what this test is about
      throw 'just text';
    });
    await enqueue('ns/a');
    expect(tally.reports[0]?.result).toEqual({ type: 'error', error: new Error('reconcile: threw just text') });
  });

  test('requeue after a delay that is not a number counts as an error', async () => {
    const { enqueue, tally } = startController(() => requeueAfter(Number.NaN, 'Deadline'));
    await enqueue('ns/a');
    expect(tally.reports[0]?.result).toMatchObject({
      error: { message: 'reconcile: requeue for Deadline after NaN ms' },
    });
  });
});

describe('Controller', () => {
  test('goes on with the other keys while one fails', async () => {
    const { enqueue, tally } = startController((key) => {
      if (key === 'ns/bad') throw new Error('broken');
      return DONE;
    });
    await enqueue('ns/bad', 'ns/a', 'ns/b');
    expect([tally.count('error'), tally.count('done')]).toEqual([1, 2]);
  });

  test('counts attempts until one succeeds, and tells each what the last has ended with', async () => {
    const ends: readonly Result[] = [
      { type: 'conflict', error: noConflict },
      { type: 'conflict', error: noConflict },
      requeueAfter(1, 'Wait'),
      DONE,
    ];
    const attempts: number[] = [];
    const failures: (string | undefined)[] = [];
    const { clock, enqueue } = startController((_key, { attempt, failure }, run) => {
      attempts.push(attempt);
      failures.push(failure?.message);
      const end = ends[run - 2];
      if (end === undefined) throw new Error('broken');
      return end;
    });
    await enqueue('ns/a');
    await clock.advance(1_000);
    expect(attempts).toEqual([1, 2, 3, 4, 1]);
    expect(failures).toEqual([undefined, 'broken', noConflict.message, noConflict.message, undefined]);
  });

  test('begins the error backoff anew after a success', async () => {
    const { clock, enqueue, log } = startController((_key, _context, run) => {
      if (run === 3) return DONE;
      throw new Error('broken');
    });
    await enqueue('ns/a');
    await clock.advance(15);
    await enqueue('ns/a');
    expect(log.at('error').map(({ fields }) => fields.requeueAfterMs)).toEqual([5, 10, 5]);
  });

  test('knows for how long keys have waited while no reconcile has started or ended', async () => {
    const reconcile = Promise.withResolvers<Result>();
    const { controller, clock, enqueue } = startController(() => reconcile.promise, { workers: 1 });
    await clock.advance(1_000);
    await enqueue('ns/a');
    await clock.advance(1_000);
    expect(controller.stuckForMs, 'nobody waits').toBe(0);
    await enqueue('ns/b');
    await clock.advance(1_000);
    expect(controller.stuckForMs).toBe(2_000);
    reconcile.resolve(DONE);
    await settle();
    expect(controller.stuckForMs).toBe(0);
  });

  test('is not stuck before it has started, however many keys wait', async () => {
    const clock = new FakeClock();
    const reconciler = { reconcile: async () => DONE };
    const log = new RecordingLogger();
    const controller = new Controller({ name: 'standby', clock, log, random: () => 0, reconciler });
    controller.enqueue(parseKey('ns/a'), 'test');
    await clock.advance(3_600_000);
    expect(controller.stuckForMs).toBe(0);
  });

  test('gives each reconcile an id, and its log lines what was found out about it, the last one included', async () => {
    const script: Script = (_key, { annotate }, run) => {
      annotate({ plan: `plan-${run}`, nothing: undefined }).info({ step: 'execute' }, 'writing');
      return DONE;
    };
    const { enqueue, log } = startController(script);
    await enqueue('ns/a');
    await enqueue('ns/a');
    const lines = log.lines.filter(({ fields }) => fields.step !== 'enqueue');
    expect(lines.map(({ message, fields }) => [message, fields['reconcile'], fields['plan']])).toEqual([
      ['writing', '0000-1', 'plan-1'],
      ['reconciled', '0000-1', 'plan-1'],
      ['writing', '0000-2', 'plan-2'],
      ['reconciled', '0000-2', 'plan-2'],
    ]);
    expect(lines.some(({ fields }) => 'nothing' in fields)).toBe(false);
  });

  test('begins a trace for each reconcile, which says how it ended', async () => {
    const told: unknown[] = [];
    const tracer: Tracer = {
      ...NO_TRACER,
      trace: (name, attributes, work) => {
        told.push([name, attributes]);
        return work({ annotate: (more) => told.push(more), fail: (error) => told.push(error) });
      },
    };
    const script: Script = (key, { annotate }) => {
      annotate({ plan: 'p1' });
      if (key === 'ns/b') throw new Error('broken');
      return DONE;
    };
    const { enqueue } = startController(script, { tracer });
    await enqueue('ns/a', 'ns/b');
    expect(told).toEqual([
      ['reconcile', { controller: 'test', key: 'ns/a', reconcile: '0000-1' }],
      { plan: 'p1' },
      ['reconcile', { controller: 'test', key: 'ns/b', reconcile: '0000-2' }],
      { plan: 'p1' },
      { result: 'done' },
      { result: 'error' },
      new Error('broken'),
    ]);
  });

  test('runs as many reconciles at a time as it has workers, 4 unless told', async () => {
    const never = new Promise<Result>(() => {});
    const four = startController(() => never);
    await four.enqueue('n1/a', 'n2/a', 'n3/a', 'n4/a', 'n5/a');
    expect(four.runs).toEqual(['n1/a', 'n2/a', 'n3/a', 'n4/a']);
    const one = startController(() => never, { workers: 1 });
    await one.enqueue('a', 'b');
    expect(one.runs).toEqual(['a']);
  });

  test.for([
    [1, ['a/1', 'b/1']],
    [3, ['a/1', 'a/2', 'a/3', 'b/1']],
    [4, ['a/1', 'a/2', 'a/3', 'b/1']],
    [5, ['a/1', 'a/2', 'a/3', 'a/4', 'b/1']],
  ] as const)('with %d workers keeps one from a namespace that hangs, from 4 workers on', async ([workers, runs]) => {
    const hangs = Promise.withResolvers<Result>();
    const hung = startController((key) => (key.startsWith('a/') ? hangs.promise : DONE), { workers });
    await hung.enqueue('a/1', 'a/2', 'a/3', 'a/4', 'a/5');
    await hung.enqueue('b/1');
    const isReserved = workers >= 4;
    expect(hung.runs).toEqual(isReserved ? runs : runs.slice(0, -1));
    hangs.resolve(DONE);
    await settle();
    expect(hung.runs).toContain('b/1');
  });

  test('reconciles what was enqueued before it started', async () => {
    const runs: string[] = [];
    const controller = new Controller({
      name: 'test',
      clock: new FakeClock(),
      log: new RecordingLogger(),
      random: () => 0,
      reconciler: { reconcile: async (request) => (runs.push(formatKey(request)), DONE) },
    });
    controller.enqueue({ namespace: 'ns', name: 'a' }, 'added');
    await settle();
    expect(runs).toEqual([]);
    const stop = new AbortController();
    stops.push(stop);
    void controller.start(stop.signal);
    await settle();
    expect(runs).toEqual(['ns/a']);
  });

  test('gives a reconcile the log of its key', async () => {
    const { enqueue, log } = startController((_key, context) => {
      context.log.info({ step: 'execute' }, 'applied');
      return DONE;
    });
    await enqueue('ns/a');
    expect(log.at('info')).toEqual([
      {
        level: 'info',
        message: 'applied',
        fields: { controller: 'test', key: 'ns/a', reconcile: '0000-1', step: 'execute' },
      },
    ]);
  });

  test('reports each reconcile with its duration', async () => {
    const end = Promise.withResolvers<Result>();
    const { clock, enqueue, tally } = startController(() => end.promise);
    await enqueue('ns/a');
    await clock.advance(250);
    end.resolve(DONE);
    await settle();
    expect(tally.reports).toEqual([
      { controller: 'test', request: { namespace: 'ns', name: 'a' }, result: DONE, durationMs: 250 },
    ]);
  });

  test('warns once of a reconcile that takes long', async () => {
    const end = Promise.withResolvers<Result>();
    const { clock, enqueue, log } = startController((key) => (key === 'ns/slow' ? end.promise : DONE));
    await enqueue('ns/slow', 'ns/fast');
    await clock.advance(59_999);
    expect(log.at('warn')).toEqual([]);
    await clock.advance(120_000);
    expect(log.at('warn').map(({ message, fields }) => [message, fields.key])).toEqual([
      ['still reconciling', 'ns/slow'],
    ]);
  });
});

describe('Controller resync', () => {
  const all = [parseKey('ns/a'), parseKey('ns/b')];

  test('reconciles all keys every 10 minutes', async () => {
    const { clock, runs } = startController(() => DONE, { keys: () => all });
    await clock.advance(599_999);
    expect(runs).toEqual([]);
    await clock.advance(1);
    expect(runs).toEqual(['ns/a', 'ns/b']);
    await clock.advance(600_000);
    expect(runs).toHaveLength(4);
  });

  test('lengthens its interval by up to a tenth', async () => {
    const { clock, runs } = startController(() => DONE, { keys: () => all, resyncMs: 1_000, random: () => 0.5 });
    await clock.advance(1_049);
    expect(runs).toEqual([]);
    await clock.advance(1);
    expect(runs).toEqual(['ns/a', 'ns/b']);
  });

  test('lets a change go first', async () => {
    const first = Promise.withResolvers<Result>();
    const { clock, runs, enqueue } = startController((key) => (key === 'ns/first' ? first.promise : DONE), {
      keys: () => all,
      workers: 1,
      priorityOf: ({ name }) => (name === 'changed' ? 'normal' : 'low'),
    });
    await enqueue('ns/first');
    await clock.advance(600_000);
    await enqueue('ns/changed');
    first.resolve(DONE);
    await settle();
    expect(runs).toEqual(['ns/first', 'ns/changed', 'ns/a', 'ns/b']);
  });

  test('logs an error and goes on when the keys cannot be had', async () => {
    let calls = 0;
    const keys = (): typeof all => {
      if ((calls += 1) === 1) throw new Error('no cache');
      return all;
    };
    const { clock, runs, log } = startController(() => DONE, { keys });
    await clock.advance(1_200_000);
    expect(log.at('error')).toMatchObject([{ message: 'resync failed', fields: { step: 'resync' } }]);
    expect(runs).toEqual(['ns/a', 'ns/b']);
  });
});

describe('an enqueue with a wait', () => {
  /** Whose only worker has one object in hand, and another one waiting. */
  async function startBusy() {
    const block = Promise.withResolvers<Result>();
    const started = startController((key) => (key === 'ns/block' ? block.promise : DONE), { workers: 1 });
    await started.enqueue('ns/block', 'ns/waiting');
    return { ...started, release: () => block.resolve(DONE) };
  }

  test('is one reconcile with those that follow within it, where other objects wait', async () => {
    const { clock, runs, controller, release } = await startBusy();
    controller.enqueue(parseKey('ns/a'), 'pod', { busySettleMs: 10 });
    await clock.advance(6);
    controller.enqueue(parseKey('ns/a'), 'statefulset', { busySettleMs: 10 });
    expect(controller.memory).toMatchObject({ delayed: 1 });
    release();
    await clock.advance(60_000);
    expect(runs).toEqual(['ns/block', 'ns/waiting', 'ns/a']);
  });

  test('that is not only for busy times is waited for always, and is one reconcile too', async () => {
    const { clock, runs, controller } = startController(() => DONE);
    controller.enqueue(parseKey('ns/a'), 'pod', { settleMs: 10 });
    await clock.advance(6);
    controller.enqueue(parseKey('ns/a'), 'statefulset', { settleMs: 10 });
    expect(runs).toEqual([]);
    await clock.advance(4);
    expect(runs).toEqual(['ns/a']);
    await clock.advance(60_000);
    expect(runs).toEqual(['ns/a']);
  });

  test('is not waited for where no other object does', async () => {
    const { runs, controller } = startController(() => DONE);
    controller.enqueue(parseKey('ns/a'), 'pod', { busySettleMs: 10 });
    await settle();
    expect(runs).toEqual(['ns/a']);
  });

  test('holds up no enqueue without one, and what comes while it is reconciled is not lost', async () => {
    const { clock, runs, controller, enqueue, release } = await startBusy();
    controller.enqueue(parseKey('ns/a'), 'pod', { busySettleMs: 10 });
    await enqueue('ns/a');
    release();
    await settle();
    expect(runs).toEqual(['ns/block', 'ns/waiting', 'ns/a']);
    controller.enqueue(parseKey('ns/a'), 'pod', { busySettleMs: 10 });
    await clock.advance(15);
    expect(runs).toEqual(['ns/block', 'ns/waiting', 'ns/a', 'ns/a']);
  });
});

describe('the priority of a key', () => {
  test.for<[string, Script]>([
    ['a requeue', (key, _context, run) => (key === 'ns/rest' && run === 1 ? requeueAfter(10, 'Waiting') : DONE)],
    [
      'a conflict',
      (key, _context, run) => (key === 'ns/rest' && run === 1 ? { type: 'conflict', error: noConflict } : DONE),
    ],
    [
      'a failure',
      (key, _context, run) => {
        if (key === 'ns/rest' && run === 1) throw new Error('broken');
        return DONE;
      },
    ],
  ])('after %s is what its object says by then', async ([, script]) => {
    const block = Promise.withResolvers<Result>();
    const { clock, runs, enqueue } = startController(
      (key, context, run) => (key === 'ns/block' ? block.promise : script(key, context, run)),
      { workers: 1, priorityOf: ({ name }) => (name === 'rest' ? 'low' : 'normal') },
    );
    await enqueue('ns/rest');
    await enqueue('ns/block');
    await clock.advance(60);
    await enqueue('ns/changed');
    block.resolve(DONE);
    await settle();
    expect(runs).toEqual(['ns/rest', 'ns/block', 'ns/changed', 'ns/rest']);
  });

  test('is what the enqueue says, where it says one', async () => {
    const block = Promise.withResolvers<Result>();
    const { controller, runs, enqueue } = startController((key) => (key === 'ns/block' ? block.promise : DONE), {
      workers: 1,
      priorityOf: () => 'low',
    });
    await enqueue('ns/block', 'ns/a');
    controller.enqueue(parseKey('ns/b'), 'pods deleted', { priority: 'normal' });
    block.resolve(DONE);
    await settle();
    expect(runs).toEqual(['ns/block', 'ns/b', 'ns/a']);
  });
});

describe('Controller stop', () => {
  test('waits for the reconciles under way, and hands out no more keys', async () => {
    const end = Promise.withResolvers<Result>();
    const { controller, runs, stop, stopped, enqueue, tally, clock } = startController(() => end.promise, {
      workers: 1,
    });
    await enqueue('ns/a', 'ns/b');
    stop.abort();
    controller.enqueue(parseKey('ns/c'), 'too late');
    await clock.advance(19_999);
    end.resolve(DONE);
    await stopped;
    expect(runs).toEqual(['ns/a']);
    expect(tally.count()).toBe(1);
  });

  test('does not end with a resync', async () => {
    const { runs, stop, stopped } = startController(() => DONE, { keys: () => [parseKey('ns/a')] });
    stop.abort();
    await stopped;
    await settle();
    expect(runs).toEqual([]);
  });

  test('leaves no timer behind', async () => {
    const { clock, stop, stopped, enqueue } = startController(() => requeueAfter(1_000, 'Wait'), { keys: () => [] });
    await enqueue('ns/a');
    stop.abort();
    await stopped;
    expect(clock.timers).toBe(0);
  });

  test('aborts what outlasts the grace period, without an error', async () => {
    const { clock, log, stop, stopped, enqueue, tally } = startController(async (_key, { signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      throw signal.reason;
    });
    await enqueue('ns/a');
    stop.abort();
    await clock.advance(19_999);
    expect(tally.count()).toBe(0);
    await clock.advance(1);
    await stopped;
    expect(tally.count('aborted')).toBe(1);
    expect(log.at('warn').map(({ fields }) => fields.keys)).toEqual([['ns/a']]);
    expect(log.at('error')).toEqual([]);
  });

  test('fails, naming the key, when a reconcile ignores its abort', async () => {
    const { clock, stop, stopped, enqueue } = startController(() => new Promise<Result>(() => {}));
    await enqueue('ns/a', 'ns/b');
    stop.abort();
    const failure = expect(stopped).rejects.toThrow('stop: controller test: still reconciling ns/a, ns/b');
    await clock.advance(25_000);
    await failure;
  });
});
