// How often the status of one object is written: what can wait is told half a second after the last write, with all that has
// happened by then (I21: at most twice a second and object), or 5 s after it while other objects wait for a worker.
//
// It remembers only when it wrote: after a restart nothing waits, and nothing is lost, as a status is computed anew each time.
import { formatKey, type ObjectKey } from '../kube/object.ts';
import type { Clock } from '../runtime/clock.ts';

/** Milliseconds after a status write for which the next one waits, if it can. */
const STATUS_PAUSE_MS = 500;

/** The same while other objects wait for a worker: their work goes before words about this one's. */
const BUSY_PAUSE_MS = 5_000;

/** Less would be to look again at once: several events may come within the last moment of a pause. */
const LEAST_WAIT_MS = 20;

export class StatusPace {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #writtenAt = new Map<string, number>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** How many objects it remembers. */
  get size(): number {
    return this.#writtenAt.size;
  }

  /** Milliseconds until a status that can wait may be written: 0, now, or at least `LEAST_WAIT_MS`. */
  pauseMs(object: ObjectKey, isBusy: boolean): number {
    const writtenAt = this.#writtenAt.get(formatKey(object)) ?? -Infinity;
    const leftMs = writtenAt + (isBusy ? BUSY_PAUSE_MS : STATUS_PAUSE_MS) - this.#clock.monotonic();
    return leftMs <= 0 ? 0 : Math.max(LEAST_WAIT_MS, Math.ceil(leftMs));
  }

  wrote(object: ObjectKey): void {
    this.#writtenAt.set(formatKey(object), this.#clock.monotonic());
  }

  /** The object is gone. */
  forget(object: ObjectKey): void {
    this.#writtenAt.delete(formatKey(object));
  }
}
