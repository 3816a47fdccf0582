// Who writes to which volume: the truth that no API server can tell, and that every promise of this operator is about.

export interface Process {
  readonly podUid: string;
  readonly pod: string;
  readonly machine: string;
  readonly claims: readonly string[];
}

export class Processes {
  readonly #running = new Map<string, Process>();
  readonly #listeners: ((started: Process, beside: readonly Process[]) => void)[] = [];

  /** Called with those that write to one of its claims already. */
  onStart(listener: (started: Process, beside: readonly Process[]) => void): void {
    this.#listeners.push(listener);
  }

  start(process: Process): void {
    const beside = [...this.#running.values()].filter(
      ({ podUid, claims }) => podUid !== process.podUid && claims.some((claim) => process.claims.includes(claim)),
    );
    this.#running.set(process.podUid, process);
    for (const listener of this.#listeners) listener(process, beside);
  }

  end(podUid: string): void {
    this.#running.delete(podUid);
  }

  has(podUid: string): boolean {
    return this.#running.has(podUid);
  }

  all(): readonly Process[] {
    return [...this.#running.values()];
  }

  isMounted(claim: string, machine: string): boolean {
    return this.all().some((one) => one.machine === machine && one.claims.includes(claim));
  }
}
