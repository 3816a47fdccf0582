// Visits every path of a system that decides step by step, and what follows each state once.
//
// The system cannot be put back into an earlier state, so each path is walked from the beginning: it repeats a prefix
// of choices and takes the first option from there on; the other options of each new state wait as prefixes of their
// own. A walk ends where it comes to a state that was visited before: from there every path has been walked, or waits.
// So each path that there is ends in a place that was looked at, and the number of paths is known without walking them
// all.
//
// Guarantee: nothing is left out, as long as what can follow a state is a function of the name that the system gives
// it. A path that is repeated and comes to another state than the first time is an error.

/** What can be done next. */
export interface Option {
  /** In words, for whoever reads how it came to a failure. */
  readonly text: string;
  readonly isCrash: boolean;
}

/** Leads a walk. */
export interface Guide {
  /** Which of the options is taken; undefined: the walk is over, what follows is known. */
  choose(state: string, options: readonly Option[]): Option | undefined;
  /** Where nothing is left to choose. Whether the state is new, so that what follows it has to be looked at. */
  isNewEnd(state: string): boolean;
}

/** Walks one path; resolves to what broke on it. */
export type Walk<Breach> = (guide: Guide) => Promise<Breach | undefined>;

export interface Explored<Breach> {
  /** Paths that there are. */
  readonly interleavings: number;
  /** Of these, those that were walked to their end. */
  readonly walked: number;
  /** Walks that ended at a state that was known. */
  readonly pruned: number;
  readonly states: number;
  /** Different states in which nothing was left to choose. */
  readonly ends: number;
  /** Crashes that were tried, each in each state in which it can happen. */
  readonly crashPoints: number;
  /** The longest path, in steps. */
  readonly steps: number;
  readonly failures: readonly { readonly path: readonly string[]; readonly breach: Breach }[];
}

/** What was seen so far; `waiting`: prefixes that are still to be walked. */
export interface Progress {
  readonly walks: number;
  readonly states: number;
  readonly waiting: number;
  readonly broken: number;
}

interface Node {
  /** What each option came to; undefined as long as nobody has taken it. */
  readonly next: (Node | undefined)[];
}

const LEAF: Node = { next: [] };

/** `isEnough`, asked after each walk, ends the search before everything is visited. */
export async function explore<Breach>(
  walk: Walk<Breach>,
  isEnough: (progress: Progress) => boolean = () => false,
): Promise<Explored<Breach>> {
  const search = new Search();
  const failures: { path: readonly string[]; breach: Breach }[] = [];
  for (let prefix = search.waiting.pop(); prefix !== undefined; prefix = search.waiting.pop()) {
    const path = new Path(search, prefix);
    const breach = await walk(path);
    search.end(path, breach !== undefined);
    if (breach !== undefined) failures.push({ path: path.texts, breach });
    const walks = search.walked + search.pruned;
    const seen = { walks, states: search.nodes.size, waiting: search.waiting.length, broken: failures.length };
    if (isEnough(seen)) break;
  }
  const { walked, pruned, ends, crashPoints, steps, nodes, root } = search;
  const interleavings = root === undefined ? 0 : pathsFrom(root, new Map());
  return { interleavings, walked, pruned, states: nodes.size, ends, crashPoints, steps, failures };
}

class Search {
  readonly nodes = new Map<string, Node>();
  readonly waiting: (readonly number[])[] = [[]];
  root: Node | undefined;
  walked = 0;
  pruned = 0;
  ends = 0;
  crashPoints = 0;
  steps = 0;

  end(path: Path, isBroken: boolean): void {
    if (isBroken) path.arrive(LEAF);
    if (path.isKnown) this.pruned += 1;
    else this.walked += 1;
    this.steps = Math.max(this.steps, path.texts.length);
  }

  add(state: string, options: readonly Option[]): Node {
    const node: Node = { next: options.map(() => undefined) };
    this.nodes.set(state, node);
    this.root ??= node;
    this.crashPoints += options.filter(({ isCrash }) => isCrash).length;
    return node;
  }
}

class Path implements Guide {
  readonly texts: string[] = [];
  isKnown = false;
  readonly #search: Search;
  readonly #prefix: readonly number[];
  readonly #choices: number[] = [];
  #at: { readonly node: Node; readonly choice: number } | undefined;

  constructor(search: Search, prefix: readonly number[]) {
    this.#search = search;
    this.#prefix = prefix;
  }

  choose(state: string, options: readonly Option[]): Option | undefined {
    const known = this.#search.nodes.get(state);
    const wanted = this.#prefix[this.#choices.length];
    const node = known ?? this.#search.add(state, options);
    this.arrive(node);
    if (wanted === undefined && known !== undefined) {
      this.isKnown = true;
      return undefined;
    }
    if (wanted === undefined)
      for (let other = options.length - 1; other > 0; other -= 1) this.#search.waiting.push([...this.#choices, other]);
    const choice = wanted ?? 0;
    const option = options[choice];
    if (option === undefined) throw new Error(`explore: choice ${choice} of ${options.length}`);
    this.#choices.push(choice);
    this.#at = { node, choice };
    this.texts.push(option.text);
    return option;
  }

  isNewEnd(state: string): boolean {
    const known = this.#search.nodes.get(state);
    this.arrive(known ?? this.#search.add(state, []));
    this.isKnown = known !== undefined;
    if (!this.isKnown) this.#search.ends += 1;
    return !this.isKnown;
  }

  /** @throws Error where this choice came to another state before */
  arrive(node: Node): void {
    if (this.#at === undefined) return;
    const { next } = this.#at.node;
    const before = next[this.#at.choice];
    if (before !== undefined && before !== node) {
      throw new Error(`explore: the same path comes to another state than before: ${this.texts.join('; ')}`);
    }
    next[this.#at.choice] = node;
    this.#at = undefined;
  }
}

function pathsFrom(node: Node, known: Map<Node, number>): number {
  const before = known.get(node);
  if (before !== undefined) return before;
  const paths = node.next.length === 0 ? 1 : node.next.reduce((sum, one) => sum + (one ? pathsFrom(one, known) : 0), 0);
  known.set(node, paths);
  return paths;
}
