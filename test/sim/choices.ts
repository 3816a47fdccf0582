// Every decision that a run of the simulation does not owe to the code under test: which fault, how late, what is edited.
//
// Guarantees: a run is a function of its seed and its tape. A tape is sparse: it names only the choices that are not 0,
// and 0 is always "nothing special": no fault, no edit, the usual delay. So a tape without an entry is the same run
// without it.
import { type Random, seededRandom } from '../../src/runtime/random.ts';

/** `<site>@<how many times the site was asked before>` → the choice; what is absent is 0. */
export type Tape = Readonly<Record<string, number>>;

/** A source of choices: a number in [0, n). */
export type Source = (site: string, occurrence: number, n: number) => number;

/** What is asked of people and faults; it is silent once the run has to come to rest. Other sites go on. */
const CHAOS = /^(fault|edit)\./;

/** What a run of a swarm may be without. */
const SWARMED = /^(fault\.|edit\.act$)/;

export class Choices {
  /** All that were not 0, as a tape that repeats this run. */
  readonly made: Record<string, number> = {};
  /** By `site option`, how often each fault and edit was chosen; 0 for one that was only offered. */
  readonly fired = new Map<string, number>();
  readonly #source: Source;
  readonly #occurrences = new Map<string, number>();
  #isQuiet = false;

  constructor(source: Source) {
    this.#source = source;
  }

  /** A number in [0, n), where 0 is the ordinary course of things. */
  choose(site: string, n: number): number {
    if (n < 2 || (this.#isQuiet && CHAOS.test(site))) return 0;
    const occurrence = this.#occurrences.get(site) ?? 0;
    this.#occurrences.set(site, occurrence + 1);
    const choice = this.#source(site, occurrence, n);
    if (choice !== 0) this.made[`${site}@${occurrence}`] = choice;
    return choice;
  }

  /** One of the options; the first is the ordinary one. */
  pick<T>(site: string, options: readonly [T, ...T[]]): T {
    const option = options[this.choose(site, options.length)] ?? options[0];
    if (CHAOS.test(site) && !this.#isQuiet) this.#count(site, options, option);
    return option;
  }

  #count(site: string, options: readonly unknown[], chosen: unknown): void {
    for (const option of options.slice(1)) {
      const name = `${site} ${textOf(option)}`;
      this.fired.set(name, (this.fired.get(name) ?? 0) + (option === chosen ? 1 : 0));
    }
  }

  /** From here on nothing fails and nobody edits. */
  quiet(): void {
    this.#isQuiet = true;
  }
}

function textOf(option: unknown): string {
  return typeof option === 'string' ? option : JSON.stringify(option);
}

/** What the tape says; a choice that a shorter list of options does not have any more wraps around. */
export function replay(tape: Tape): Source {
  return (site, occurrence, n) => (tape[`${site}@${occurrence}`] ?? 0) % n;
}

/** How often a site's choice is not 0, by the longest prefix of its name that is in the table. */
export type Rates = Readonly<Record<string, number>>;

/**
 * Random choices in the manner of swarm testing: each run has a random half of the sites of chaos, each at a rate of its own,
 * so that runs differ in kind and rare faults are not drowned in frequent ones.
 */
export function swarm(seed: number, rates: Rates): Source {
  const random = seededRandom(seed);
  const chosen = new Map<string, number>();
  for (const [site, rate] of Object.entries(rates)) chosen.set(site, rate * strength(site, random));
  return (site, _occurrence, n) => {
    const rate = rateOf(chosen, site);
    if (random() >= rate) return 0;
    return 1 + Math.floor(random() * (n - 1));
  };
}

function strength(site: string, random: Random): number {
  const [draw, size] = [random(), random()];
  if (!SWARMED.test(site)) return 1;
  if (draw < 0.5) return 0;
  return size < 0.4 ? 0.3 : size < 0.8 ? 1 : 3;
}

function rateOf(rates: ReadonlyMap<string, number>, site: string): number {
  for (let name = site; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    const rate = rates.get(name);
    if (rate !== undefined) return rate;
  }
  throw new Error(`choices: no rate for ${site}`);
}
