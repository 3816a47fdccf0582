import { describe, expect, test } from 'vitest';

import { Manager, type ManagerOptions, type Runnable } from './manager.ts';
import { FakeClock, settle } from './testing/fake-clock.ts';
import { RecordingLogger } from './testing/recording-log.ts';
import { whenAborted } from './when-aborted.ts';

interface PartOptions {
  /** Becomes ready only when the test says so. */
  readonly isSlowToStart?: boolean;
  /** Ends only when the test says so. */
  readonly isSlowToStop?: boolean;
  /** May take for ever to be ready. */
  readonly isPatient?: boolean;
  readonly lastError?: Error;
}

/** A program of fake parts that note what happens to them. */
function makeProgram() {
  const events: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const gate = (name: string): PromiseWithResolvers<void> => {
    const made = gates.get(name) ?? Promise.withResolvers<void>();
    gates.set(name, made);
    return made;
  };

  function part(
    name: string,
    { isSlowToStart = false, isSlowToStop = false, isPatient, lastError }: PartOptions = {},
  ): Runnable {
    return {
      name,
      start: async (signal) => {
        events.push(`${name} starts`);
        await Promise.race([whenAborted(signal), gate(`${name} ends`).promise]);
        if (isSlowToStop) await gate(`${name} stops`).promise;
        events.push(`${name} stopped`);
      },
      ...(isSlowToStart && { whenReady: () => gate(`${name} is ready`).promise }),
      ...(isPatient !== undefined && { isPatient }),
      lastError: () => lastError,
    };
  }

  async function tell(what: string): Promise<void> {
    gate(what).resolve();
    await settle();
  }

  async function breakPart(what: string, error: Error): Promise<void> {
    gate(what).reject(error);
    await settle();
  }

  const clock = new FakeClock();
  const log = new RecordingLogger();
  const stop = new AbortController();
  async function run(stages: ManagerOptions['stages'], options: Partial<ManagerOptions> = {}) {
    const ended = new Manager({ stages, clock, log, ...options }).run(stop.signal);
    ended.catch(() => {}); // each test looks at it itself
    await settle();
    return { ended };
  }
  return { events, part, tell, breakPart, clock, log, stop, run };
}

describe('Manager start', () => {
  test('starts the parts of a stage together, and the next stage when all of them are ready', async () => {
    const { events, part, tell, run, log } = makeProgram();
    const slow = { isSlowToStart: true };
    await run([[part('pods', slow), part('claims', slow)], [part('controller')]]);
    expect(events).toEqual(['pods starts', 'claims starts']);
    await tell('claims is ready');
    expect(events).toHaveLength(2);
    expect(log.at('info')).toEqual([]);
    await tell('pods is ready');
    expect(events).toEqual(['pods starts', 'claims starts', 'controller starts']);
    expect(log.at('info').map(({ message }) => message)).toEqual(['started']);
  });

  test('fails when a stage is not ready in time, in one line that names each part and what keeps it', async () => {
    const { events, part, tell, run, clock } = makeProgram();
    const lastError = new Error('list pods:\n403 Forbidden');
    const { ended } = await run([
      [
        part('services', { isSlowToStart: true }),
        part('pods', { isSlowToStart: true, lastError }),
        part('claims', { isSlowToStart: true }),
      ],
      [part('controller')],
    ]);
    await tell('services is ready');
    await clock.advance(120_000);
    await expect(ended).rejects.toThrow(
      new Error('start: not ready after 120 s: pods (list pods: 403 Forbidden), claims', { cause: lastError }),
    );
    expect(events).not.toContain('controller starts');
    expect(events).toContain('pods stopped');
  });

  test('gives a part that waits for its turn all the time it takes, and hears of a failure meanwhile', async () => {
    const { events, part, breakPart, run, clock } = makeProgram();
    const { ended } = await run([[part('pods')], [part('election', { isSlowToStart: true, isPatient: true })]]);
    await clock.advance(86_400_000);
    expect(events).toEqual(['pods starts', 'election starts']);
    await breakPart('pods ends', new Error('watch broke'));
    await expect(ended).rejects.toThrow('run: pods failed: watch broke');
  });

  test('fails when a part says that it cannot become ready', async () => {
    const { part, breakPart, run } = makeProgram();
    const { ended } = await run([[part('pods', { isSlowToStart: true })]]);
    await breakPart('pods is ready', new Error('no such kind'));
    await expect(ended).rejects.toThrow('start: pods cannot become ready: no such kind');
  });

  test('starts no further stage when it is stopped meanwhile', async () => {
    const { events, part, breakPart, stop, run, log } = makeProgram();
    const { ended } = await run([[part('pods', { isSlowToStart: true })], [part('controller')]]);
    stop.abort();
    await breakPart('pods is ready', new Error('aborted'));
    await ended;
    expect(events).toEqual(['pods starts', 'pods stopped']);
    expect(log.lines.map(({ message }) => message)).not.toContain('started');
    expect(log.at('error')).toEqual([]);
  });

  test('starts nothing when it is stopped before it runs', async () => {
    const { events, part, stop, run } = makeProgram();
    stop.abort();
    const { ended } = await run([[part('pods')]]);
    await ended;
    expect(events).toEqual([]);
  });
});

describe('Manager stop', () => {
  test('stops the stages in reverse, each when the one after it has ended', async () => {
    const { events, part, tell, stop, run } = makeProgram();
    const { ended } = await run([[part('pods')], [part('controller', { isSlowToStop: true })]]);
    events.length = 0;
    stop.abort();
    await settle();
    expect(events).toEqual([]);
    await tell('controller stops');
    await ended;
    expect(events).toEqual(['controller stopped', 'pods stopped']);
  });

  test('leaves no timer behind', async () => {
    const { part, stop, run, clock } = makeProgram();
    const { ended } = await run([[part('pods')]]);
    stop.abort();
    await ended;
    expect(clock.timers).toBe(0);
  });

  test('fails, naming the part, when one does not stop in time', async () => {
    const { part, stop, run, clock } = makeProgram();
    const { ended } = await run([[part('pods')], [part('controller', { isSlowToStop: true }), part('health')]]);
    stop.abort();
    await clock.advance(28_000);
    await expect(ended).rejects.toThrow('stop: pods, controller did not stop within 28 s');
  });
});

describe('Manager, when a part fails,', () => {
  test('stops the others and rejects with that failure', async () => {
    const { events, part, breakPart, run } = makeProgram();
    const { ended } = await run([[part('pods')], [part('controller')]]);
    const cause = new Error('watch broke');
    await breakPart('pods ends', cause);
    await expect(ended).rejects.toThrow(new Error('run: pods failed: watch broke', { cause }));
    expect(events).toContain('controller stopped');
  });

  test('does not wait for its stage to become ready', async () => {
    const { events, part, breakPart, run } = makeProgram();
    const { ended } = await run([[part('pods', { isSlowToStart: true })], [part('controller')]]);
    await breakPart('pods ends', new Error('watch broke'));
    await expect(ended).rejects.toThrow('run: pods failed: watch broke');
    expect(events).toEqual(['pods starts']);
  });

  test('takes the end of a part that nobody stopped for a failure', async () => {
    const { part, tell, run } = makeProgram();
    const { ended } = await run([[part('pods')]]);
    await tell('pods ends');
    await expect(ended).rejects.toThrow('run: pods ended before it was told to');
  });

  test('rejects with the first failure, and logs the later ones', async () => {
    const { part, breakPart, tell, run, log } = makeProgram();
    const { ended } = await run([[part('pods'), part('controller', { isSlowToStop: true })]]);
    await breakPart('pods ends', new Error('first'));
    await breakPart('controller stops', new Error('second'));
    await tell('controller ends');
    await expect(ended).rejects.toThrow('run: pods failed: first');
    expect(log.at('error').map(({ fields }) => fields.err)).toEqual([
      new Error('run: controller failed: second', { cause: new Error('second') }),
    ]);
  });

  test('rejects with a failure to stop', async () => {
    const { part, breakPart, stop, run } = makeProgram();
    const { ended } = await run([[part('controller', { isSlowToStop: true })]]);
    stop.abort();
    await breakPart('controller stops', new Error('still reconciling ns/a'));
    await expect(ended).rejects.toThrow('run: controller failed: still reconciling ns/a');
  });
});
