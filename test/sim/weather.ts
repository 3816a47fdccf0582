// What is wrong with all requests for a while: an API server that is away, refuses, takes a hundred times as long, or has
// another CRD, which lacks a field of the status.
import type { Choices } from './choices.ts';
import type { SimClock } from './sim-clock.ts';

/** The first is the ordinary course. */
const KINDS = ['fine', 'refused', 'unavailable', 'forbidden', 'slow', 'pruned'] as const;
export type WeatherKind = (typeof KINDS)[number];

const EVERY_MS = 10_000;
const LASTS_MS = [10_000, 30_000, 60_000] as const;
const TIMES_SLOWER = 100;
/** A client gives up after 30 s. */
const SLOWEST_MS = 25_000;

export class Weather {
  #now: WeatherKind = 'fine';
  readonly #onChange: (kind: WeatherKind) => void;

  constructor(clock: SimClock, choices: Choices, onChange: (kind: WeatherKind) => void) {
    this.#onChange = onChange;
    const next = (): void => {
      const kind = choices.pick('fault.weather', KINDS);
      this.#become(kind);
      clock.plan(kind === 'fine' ? EVERY_MS : choices.pick('world.weather-lasts', LASTS_MS), next);
    };
    clock.plan(EVERY_MS, next);
  }

  get now(): WeatherKind {
    return this.#now;
  }

  /** How long something takes now that usually takes `ms`. */
  stretch(ms: number): number {
    return this.#now === 'slow' ? Math.max(ms, Math.min(ms * TIMES_SLOWER, SLOWEST_MS)) : ms;
  }

  #become(kind: WeatherKind): void {
    if (kind === this.#now) return;
    this.#now = kind;
    this.#onChange(kind);
  }
}
