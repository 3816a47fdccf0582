// How often the status of one object is written: what can wait is told half a second after the last write, with all
// that has happened by then (I21: at most twice a second and object), up to 2 s after it in a fleet of 256 members, or
// 5 s while other objects wait for a worker.
//
// It remembers only when it wrote: after a restart nothing waits, and nothing is lost, as a status is computed anew
// each time.
import { formatKey, type ObjectKey } from '../kube/object.ts';
import type { Clock } from '../runtime/clock.ts';

/** Milliseconds after a status write for which the next one waits, if it can. */
const STATUS_PAUSE_MS = 500;

/**
 * The same for each member, where that is longer: a member's line costs the API server some 0.8 ms of CPU at each write
 * (docs/decisions/0015), so a fleet that always has something to tell takes a tenth of a core there.
 */
const MEMBER_PAUSE_MS = 8;

/** The same while other objects wait for a worker: their work goes before words about this one's. */
const BUSY_PAUSE_MS = 5_000;

/** Less would be to look again at once: several events may come within the last moment of a pause. */
const LEAST_WAIT_MS = 20;

export class StatusPace {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** Monotonic milliseconds from which the pause of the object's next status counts. */
  readonly #pauses = new Map<string, { readonly sinceMs: number; readonly isGoing: boolean }>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** How many objects it remembers. */
  get size(): number {
    return this.#pauses.size;
  }

  /**
   * Milliseconds until a status that can wait may be written: 0, now, or at least `LEAST_WAIT_MS`.
   *
   * @param members how many it tells of
   */
  pauseMs(object: ObjectKey, members: number, isBusy: boolean): number {
    const { sinceMs } = this.#pauses.get(formatKey(object)) ?? { sinceMs: -Infinity };
    const pauseMs = isBusy ? BUSY_PAUSE_MS : Math.max(STATUS_PAUSE_MS, members * MEMBER_PAUSE_MS);
    const leftMs = sinceMs + pauseMs - this.#clock.monotonic();
    return leftMs <= 0 ? 0 : Math.max(LEAST_WAIT_MS, Math.ceil(leftMs));
  }

  /**
   * The first status of a new object, and of one that is being deleted (`isGoing`), waits as if one had just been written:
   * more will be told soon, or nothing ever.
   */
  begin(object: ObjectKey, isGoing: boolean): void {
    const known = this.#pauses.get(formatKey(object));
    if (known === undefined || (isGoing && !known.isGoing)) this.#pause(object, isGoing);
  }

  wrote(object: ObjectKey): void {
    this.#pause(object, this.#pauses.get(formatKey(object))?.isGoing ?? false);
  }

  #pause(object: ObjectKey, isGoing: boolean): void {
    this.#pauses.set(formatKey(object), { sinceMs: this.#clock.monotonic(), isGoing });
  }

  /** The object is gone. */
  forget(object: ObjectKey): void {
    this.#pauses.delete(formatKey(object));
  }
}
