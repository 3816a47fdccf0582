// Who writes to which volume: the truth that no API server can tell, and that every promise of this operator is about.

export interface Process {
  readonly podUid: string;
  readonly pod: string;
  readonly machine: string;
  readonly claims: readonly string[];
  /** Those of its claims: a claim that is made anew has another. */
  readonly volumes: readonly string[];
}

export class Processes {
  readonly #running = new Map<string, Process>();
  readonly #listeners: ((started: Process, beside: readonly Process[]) => void)[] = [];
  readonly #endListeners: (() => void)[] = [];

  /** Called with those that write to one of its claims already. */
  onStart(listener: (started: Process, beside: readonly Process[]) => void): void {
    this.#listeners.push(listener);
  }

  start(process: Process): void {
    const beside = [...this.#running.values()].filter(
      ({ podUid, volumes }) => podUid !== process.podUid && volumes.some((volume) => process.volumes.includes(volume)),
    );
    this.#running.set(process.podUid, process);
    for (const listener of this.#listeners) listener(process, beside);
  }

  /** Called when one has ended: what it had mounted is free. */
  onEnd(listener: () => void): void {
    this.#endListeners.push(listener);
  }

  end(podUid: string): void {
    if (this.#running.delete(podUid)) for (const listener of this.#endListeners) listener();
  }

  /** The machine has lost its power. */
  endAll(machine: string): void {
    for (const { podUid, machine: where } of this.all()) if (where === machine) this.end(podUid);
  }

  has(podUid: string): boolean {
    return this.#running.has(podUid);
  }

  all(): readonly Process[] {
    return [...this.#running.values()];
  }

  isMounted(volume: string, machine: string): boolean {
    return this.all().some((one) => one.machine === machine && one.volumes.includes(volume));
  }
}
