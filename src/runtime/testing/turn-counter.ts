// A queue observer that counts how many keys are handed out between a key's coming up and its turn, for tests.
import type { QueueObserver } from '../queue/queue-observer.ts';

export class TurnCounter implements QueueObserver {
  readonly #taken: string[] = [];
  /** How many keys had been handed out when the key came up, or when it was done if it came up before that. */
  readonly #since = new Map<string, number>();
  readonly #waits = new Map<string, number[]>();

  /** How many keys of the namespace have been handed out. */
  taken(namespace: string): number {
    return this.#taken.filter((key) => key.startsWith(`${namespace}/`)).length;
  }

  /** Of each time that the key was handed out: how many others were since it came up. */
  waits(key: string): readonly number[] {
    return this.#waits.get(key) ?? [];
  }

  onAdd(key: string): void {
    this.#since.set(key, this.#taken.length);
  }

  onPromote(key: string): void {
    this.onAdd(key);
  }

  onTake(key: string): void {
    const since = this.#since.get(key) ?? this.#taken.length;
    this.#waits.set(key, [...this.waits(key), this.#taken.length - since]);
    this.#since.delete(key);
    this.#taken.push(key);
  }

  onDone(key: string): void {
    if (this.#since.has(key)) this.onAdd(key);
  }

  onAddAfter(): void {}
}
