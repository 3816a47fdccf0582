// The running components of one control plane: started in order, ended in reverse, and mistreated by name in between. One
// that ends by itself once it was ready is started again, as a kubelet does with a static pod.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { tail, type RunningProgram, type Watchdog } from './child-process.ts';
import type { Component, ComponentName } from './components.ts';
import type { Log } from './providers/provider.ts';

const POLL_MS = 25;
/** From the end of a component to its next start. */
const PAUSE_MS = 1_000;

interface Entry {
  readonly component: Component;
  readonly running: RunningProgram;
}

export class ComponentSet {
  readonly #entries = new Map<ComponentName, Entry>();
  readonly #watchdog: Watchdog;
  readonly #startTimeoutMs: number;
  readonly #log: Log;
  #isStopping = false;

  /** @param log one line for each component that is started again */
  constructor(watchdog: Watchdog, startTimeoutMs: number, log: Log) {
    this.#watchdog = watchdog;
    this.#startTimeoutMs = startTimeoutMs;
    this.#log = log;
  }

  /** Starts all of them, then waits until each is ready. @throws Error with the end of a log when one of them ends */
  async start(...components: readonly Component[]): Promise<void> {
    for (const component of components) {
      await component.prepare?.();
      if (this.#isStopping) throw new Error(`start ${component.name}: the control plane is being stopped`);
      this.#entries.set(component.name, { component, running: this.#watchdog.start(component.program) });
    }
    await Promise.all(components.map((component) => this.#untilReady(component)));
    for (const { name } of components) void this.#keep(this.#entry(name));
  }

  pid(name: ComponentName): number {
    return this.#entry(name).running.pid;
  }

  log(name: ComponentName): string {
    return readFileSync(this.#entry(name).component.program.logPath, 'utf8');
  }

  /** Resolves when the process is gone. */
  async kill(name: ComponentName): Promise<void> {
    const { running } = this.#entry(name);
    running.signal('SIGKILL');
    await running.ended;
  }

  signal(name: ComponentName, signal: NodeJS.Signals): void {
    this.#entry(name).running.signal(signal);
  }

  /** Same data, same ports; resolves when it is ready. */
  async restart(name: ComponentName): Promise<void> {
    await this.kill(name);
    await this.start(this.#entry(name).component);
  }

  /** Kills all, last started first: the data is thrown away, so nobody has to say good-bye. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const name of [...this.#entries.keys()].toReversed()) await this.kill(name);
  }

  async #untilReady({ name, isReady, settle }: Component): Promise<void> {
    const deadline = performance.now() + this.#startTimeoutMs;
    while (!(await isReady().catch(() => false))) {
      const { running } = this.#entry(name);
      if (running.end !== undefined) throw failure(running, `ended with ${running.end}`);
      if (performance.now() > deadline) {
        throw failure(running, `not ready after ${this.#startTimeoutMs / 1000} s`);
      }
      await sleep(POLL_MS);
    }
    await settle?.();
  }

  /**
   * The scheduler, for one, ends by itself when a pod is on another machine than it remembers (`Scheduler cache is
   * corrupted`), as it was seen to where the API server is killed again and again.
   */
  async #keep({ component, running }: Entry): Promise<void> {
    await running.ended;
    if (running.wasKilled) return;
    this.#log(`control plane: ${component.name} has ended with ${running.end}; starting it again`);
    await sleep(PAUSE_MS);
    if (running.wasKilled) return;
    await this.start(component).catch(() => this.#keep(this.#entry(component.name)));
  }

  #entry(name: ComponentName): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new Error(`control plane: ${name} was not started; it has ${this.#names()}`);
    return entry;
  }

  #names(): string {
    return [...this.#entries.keys()].join(', ');
  }
}

function failure({ program }: RunningProgram, what: string): Error {
  return new Error(`start ${program.name}: ${what}; the end of its log:\n${tail(program.logPath)}`);
}
