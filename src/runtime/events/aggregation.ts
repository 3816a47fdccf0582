// One Event per cause: what is told again is counted in the series of the Event that is there already, until a sweep
// finds that the cause has been silent for the window.
//
// As client-go v0.36 tools/events, where the second occurrence makes the series and later ones are only counted. Unlike
// there, another note is another cause, the number of causes is bounded, and every sweep (6 minutes) writes the count,
// not every 30 minutes: an Event lives for an hour. No I/O; whoever writes an entry sets `writtenCount`.
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { type Occurrence, type Repetition, causeOf, eventNameOf } from './occurrence.ts';
import { RecentMap } from './recent-map.ts';

/** One cause, and what the API server knows of it. */
export interface Entry extends Repetition {
  readonly occurrence: Occurrence;
  readonly name: string;
  /** Microseconds since the epoch. */
  readonly firstAtUs: number;
  count: number;
  lastAtUs: number;
  /** Monotonic milliseconds. */
  lastAtMs: number;
  /** The count that the API server has; 0: it has no such event. */
  writtenCount: number;
}

export interface AggregationOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Milliseconds of silence after which a sweep ends a series; default 6 minutes. */
  readonly windowMs?: number;
  /** Causes that are remembered; default 4096. What is forgotten and told again is a new Event. */
  readonly maxCauses?: number;
}

export const WINDOW_MS = 360_000;
const MAX_CAUSES = 4096;

export class Aggregation {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #windowMs: number;
  readonly #entries: RecentMap<Entry>;
  #lastUs = 0;

  constructor({ clock, random, windowMs = WINDOW_MS, maxCauses = MAX_CAUSES }: AggregationOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#windowMs = windowMs;
    this.#entries = new RecentMap(maxCauses);
  }

  /** How many causes it remembers. */
  get size(): number {
    return this.#entries.size;
  }

  /** The entry of the cause, with this occurrence counted. */
  add(occurrence: Occurrence): Entry {
    const cause = causeOf(occurrence);
    const [lastAtUs, lastAtMs] = [this.#nowUs(), this.#clock.monotonic()];
    const known = this.#entries.get(cause);
    if (known !== undefined) return Object.assign(known, { count: known.count + 1, lastAtUs, lastAtMs });
    const name = eventNameOf(occurrence.regarding, lastAtUs, this.#random());
    const entry = { occurrence, name, firstAtUs: lastAtUs, count: 1, lastAtUs, lastAtMs, writtenCount: 0 };
    this.#entries.set(cause, entry);
    return entry;
  }

  /** The entries whose Event does not tell the newest count. Forgets those whose window has passed. */
  sweep(): readonly Entry[] {
    const behind: Entry[] = [];
    for (const [cause, entry] of this.#entries.entries()) {
      if (entry.writtenCount > 0 && entry.count > entry.writtenCount) behind.push(entry);
      if (this.#clock.monotonic() - entry.lastAtMs >= this.#windowMs) this.#entries.delete(cause);
    }
    return behind;
  }

  /** Never the same twice in a millisecond. */
  #nowUs(): number {
    const us = Math.floor(this.#clock.now()) * 1000;
    const isSameMs = this.#lastUs >= us && this.#lastUs < us + 1000;
    this.#lastUs = isSameMs ? this.#lastUs + 1 : us;
    return this.#lastUs;
  }
}
