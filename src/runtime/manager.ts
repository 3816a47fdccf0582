// Starts the parts of a program in order, and stops them in reverse.
//
// Parts come in stages. The parts of a stage start together; the next stage starts once all of them are ready: caches
// before the controllers that read them. A part that fails, or ends although nobody told it to, stops the whole program.
import { resolvesWithin, type Clock } from './clock.ts';
import type { Logger } from './log.ts';
import { whenAborted } from './when-aborted.ts';

/** A part of the program. */
export interface Runnable {
  /** Names it in logs and errors: `cache pods`. */
  readonly name: string;
  /** Runs until the signal aborts, then ends its work and resolves. A rejection is fatal for the program. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves once others may rely on it; absent: at once. */
  whenReady?(signal: AbortSignal): Promise<void>;
  /** Whether it may take for ever to be ready, as a standby that waits for its turn; default false. */
  readonly isPatient?: boolean;
  /** What keeps it from being ready, as far as it knows. */
  lastError?(): unknown;
}

export interface ManagerOptions {
  /** In the order of their start. */
  readonly stages: readonly (readonly Runnable[])[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds that a stage may take until it is ready, unless a part of it is patient; default 120,000. */
  readonly readyTimeoutMs?: number;
  /** Milliseconds that all stages together may take to stop; default 28,000, within a pod's 30 seconds. */
  readonly stopTimeoutMs?: number;
}

/** A part that was started. */
interface Part {
  readonly runnable: Runnable;
  readonly stop: AbortController;
  /** Resolves when the part has ended, however it has. */
  readonly ended: Promise<void>;
}

export class Manager {
  readonly #options: ManagerOptions;
  readonly #log: Logger;
  readonly #startedStages: (readonly Part[])[] = [];
  readonly #running = new Set<Runnable>();
  /** Aborts, with the first failure as its reason. */
  readonly #failed = new AbortController();

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  /**
   * Runs everything until the signal aborts; resolves when everything has stopped. To be called once.
   *
   * @throws Error the first failure: a part's own, a stage that was not ready in time, a part that did not stop in time.
   */
  async run(signal: AbortSignal): Promise<void> {
    const stopping = AbortSignal.any([signal, this.#failed.signal]);
    for (const stage of this.#options.stages) {
      if (stopping.aborted) break;
      this.#startedStages.push(stage.map((runnable) => this.#start(runnable)));
      await this.#awaitReady(stage, stopping);
    }
    if (!stopping.aborted) this.#log.info({ step: 'start' }, 'started');
    await whenAborted(stopping);
    this.#log.info({ step: 'stop' }, 'stopping');
    await this.#stop();
    this.#failed.signal.throwIfAborted();
    this.#log.info({ step: 'stop' }, 'stopped');
  }

  #start(runnable: Runnable): Part {
    this.#log.debug({ step: 'start', part: runnable.name }, 'starting');
    this.#running.add(runnable);
    const stop = new AbortController();
    return { runnable, stop, ended: this.#runPart(runnable, stop.signal) };
  }

  async #runPart(runnable: Runnable, signal: AbortSignal): Promise<void> {
    try {
      await runnable.start(signal);
      if (!signal.aborted) this.#fail(new Error(`run: ${runnable.name} ended before it was told to`));
    } catch (cause) {
      this.#fail(new Error(`run: ${runnable.name} failed: ${oneLine(cause)}`, { cause }));
    }
    this.#running.delete(runnable);
  }

  /** Returns when the stage is ready, or the program has to stop. */
  async #awaitReady(stage: readonly Runnable[], stopping: AbortSignal): Promise<void> {
    const { clock, readyTimeoutMs = 120_000 } = this.#options;
    const waiting = new Set(stage);
    const ready = stage.map(async (runnable) => {
      try {
        await runnable.whenReady?.(stopping);
        waiting.delete(runnable);
      } catch (cause) {
        if (stopping.aborted) return;
        this.#fail(new Error(`start: ${runnable.name} cannot become ready: ${oneLine(cause)}`, { cause }));
      }
    });
    const settled = Promise.race([Promise.all(ready), whenAborted(stopping)]);
    if (stage.some(({ isPatient }) => isPatient)) return void (await settled);
    if (await resolvesWithin(clock, readyTimeoutMs, settled)) return;
    const errors = [...waiting].map((runnable) => runnable.lastError?.());
    const cause = errors.find((error) => error !== undefined);
    const text = [...waiting].map(({ name }, i) =>
      errors[i] === undefined ? name : `${name} (${oneLine(errors[i])})`,
    );
    this.#fail(new Error(`start: not ready after ${readyTimeoutMs / 1_000} s: ${text.join(', ')}`, { cause }));
  }

  async #stop(): Promise<void> {
    const { clock, stopTimeoutMs = 28_000 } = this.#options;
    if (await resolvesWithin(clock, stopTimeoutMs, this.#stopStages())) return;
    const names = [...this.#running].map(({ name }) => name);
    this.#fail(new Error(`stop: ${names.join(', ')} did not stop within ${stopTimeoutMs / 1_000} s`));
  }

  async #stopStages(): Promise<void> {
    for (const stage of this.#startedStages.toReversed()) {
      for (const { runnable, stop } of stage) {
        this.#log.debug({ step: 'stop', part: runnable.name }, 'stopping');
        stop.abort();
      }
      await Promise.all(stage.map(({ ended }) => ended));
    }
  }

  /** The first failure decides how `run` ends; later ones, often its consequences, are only logged. */
  #fail(error: Error): void {
    if (this.#failed.signal.aborted) this.#log.error({ step: 'stop', err: error }, 'failed while stopping');
    this.#failed.abort(error);
  }
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ');
}
