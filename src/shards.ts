// The shards of this replica: which of them it leads now.
//
// Guarantees: as parts of the manager the elections are ready as soon as the first shard is led, so that one which
// somebody else leads for ever holds up nothing; each later one is told of when it is led. A shard that is lost ends
// the program.
import type { ObjectClient } from './runtime/client/object-client.ts';
import type { Runnable } from './runtime/manager.ts';
import { whenAborted } from './runtime/when-aborted.ts';

/** One shard as the operator needs it. */
export interface Shard {
  readonly name: string;
  /** Lets nothing be written that is not for this shard, or while it is not led. */
  readonly client: ObjectClient;
  /** Ready once this replica leads the shard: before that nothing of it is reconciled. Absent: it always does. */
  readonly election?: Runnable;
}

export class LedShards {
  /** Empty where there is no election. */
  readonly elections: readonly Runnable[];
  readonly #led = new Set<string>();
  readonly #first = Promise.withResolvers<void>();
  readonly #onLed: (shard: string) => void;

  /** @param onLed called when a shard is led that was not from the beginning; must not throw */
  constructor(shards: readonly Shard[], onLed: (shard: string) => void) {
    this.#onLed = onLed;
    this.elections = shards.flatMap(({ name, election }) => {
      if (election !== undefined) return [this.#follow(name, election)];
      this.#led.add(name);
      return [];
    });
  }

  has(shard: string): boolean {
    return this.#led.has(shard);
  }

  #follow(shard: string, election: Runnable): Runnable {
    return {
      name: election.name,
      isPatient: election.isPatient ?? false,
      start: async (signal) => {
        void election.whenReady?.(signal).then(() => {
          if (!signal.aborted) this.#lead(shard);
        });
        await election.start(signal);
      },
      whenReady: (signal) => Promise.race([this.#first.promise, whenAborted(signal)]),
      lastError: () => election.lastError?.(),
    };
  }

  #lead(shard: string): void {
    this.#led.add(shard);
    this.#onLed(shard);
    this.#first.resolve();
  }
}
