// The running components of one control plane: started in order, ended in reverse, and mistreated by name in between.
import { readFileSync } from 'node:fs';

import { untilReady, type RunningProgram, type Watchdog } from './child-process.ts';
import type { Component, ComponentName } from './components.ts';

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

  /** Resolves when it is ready. @throws Error with the end of its log */
  async start(component: Component): Promise<void> {
    const running = this.#watchdog.start(component.program);
    this.#entries.set(component.name, { component, running });
    await untilReady(running, component.isReady, this.#startTimeoutMs);
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
    for (const name of [...this.#entries.keys()].reverse()) await this.kill(name);
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
