// The running components of one control plane: started in order, ended in reverse, and mistreated by name in between.
import { readFileSync } from 'node:fs';

import { tail, type RunningProgram, type Watchdog } from './child-process.ts';
import type { Component, ComponentName } from './components.ts';

const POLL_MS = 25;

interface Entry {
  readonly component: Component;
  readonly running: RunningProgram;
}

export class ComponentSet {
  readonly #entries = new Map<ComponentName, Entry>();
  readonly #watchdog: Watchdog;
  readonly #startTimeoutMs: number;

  constructor(watchdog: Watchdog, startTimeoutMs: number) {
    this.#watchdog = watchdog;
    this.#startTimeoutMs = startTimeoutMs;
  }

  /** Starts all of them, then waits until each is ready. @throws Error with the end of a log when any component ends */
  async start(...components: readonly Component[]): Promise<void> {
    for (const component of components) {
      await component.prepare?.();
      this.#entries.set(component.name, { component, running: this.#watchdog.start(component.program) });
    }
    await Promise.all(components.map((component) => this.#untilReady(component)));
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
    for (const name of [...this.#entries.keys()].toReversed()) await this.kill(name);
  }

  async #untilReady({ name, isReady, settle }: Component): Promise<void> {
    const deadline = performance.now() + this.#startTimeoutMs;
    while (!(await isReady().catch(() => false))) {
      for (const { running } of this.#entries.values()) {
        if (running.end !== undefined && !running.wasKilled) throw failure(running, `ended with ${running.end}`);
      }
      if (performance.now() > deadline) {
        throw failure(this.#entry(name).running, `not ready after ${this.#startTimeoutMs / 1000} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    await settle?.();
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
