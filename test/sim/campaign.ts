// Many runs on all cores, and what they came to.
import { failureOf, type Failure } from './shrink.ts';
import { shareOut } from './threads.ts';
import type { Report } from './worker.ts';

export interface CampaignOptions {
  readonly firstSeed: number;
  readonly runs: number;
  readonly workers: number;
  readonly onProgress: (tally: Tally) => void;
  /** What a thread runs; default: the simulation. */
  readonly program?: URL;
}

const PROGRAM = new URL('./worker.ts', import.meta.url);
const SHOWN_SEEDS = 8;

/** What was seen so far. */
export interface Tally {
  runs: number;
  reconciles: number;
  commits: number;
  conflicts: number;
  kills: number;
  virtualSeconds: number;
  /** How often each fault and edit was chosen; 0 for one that was only offered. */
  readonly fired: Map<string, number>;
  /** How often each invariant was asked. */
  readonly checked: Map<string, number>;
  readonly failures: Failure[];
  readonly errors: string[];
}

export function newTally(): Tally {
  return {
    runs: 0,
    reconciles: 0,
    commits: 0,
    conflicts: 0,
    kills: 0,
    virtualSeconds: 0,
    fired: new Map(),
    checked: new Map(),
    failures: [],
    errors: [],
  };
}

/** Resolves when every seed has had its run. A thread that ends is an error of its seed, and another takes its place. */
export async function campaign(options: CampaignOptions): Promise<Tally> {
  const { firstSeed, runs, workers, onProgress, program = PROGRAM } = options;
  const tally = newTally();
  const tell = (report: Report): void => {
    count(tally, report);
    onProgress(tally);
  };
  await shareOut<number, Report>({
    program,
    workers: Math.min(workers, runs),
    jobs: Array.from({ length: runs }, (_, index) => firstSeed + index).values(),
    onMessage: (_seed, report) => {
      tell(report);
      return true;
    },
    onCrash: (seed, error) => tell({ seed, result: undefined, error }),
  });
  return tally;
}

/** Whether the invariants held, in words, one line or several: what has crashed has kept none. */
export function verdictOf({ failures, errors }: Tally): readonly string[] {
  const broken = Map.groupBy(failures, ({ invariant }) => invariant);
  const lines = [...broken]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([invariant, all]) => {
      const seeds = all.slice(0, SHOWN_SEEDS).map(({ seed }) => seed);
      return `${invariant} broken by ${all.length} runs: seeds ${seeds.join(', ')}`;
    });
  if (errors.length > 0) lines.push(`${errors.length} runs have crashed, and prove nothing`);
  return lines.length === 0 ? ['no invariant was broken'] : lines;
}

function count(tally: Tally, { seed, result, error }: Report): void {
  tally.runs += 1;
  if (error !== undefined) tally.errors.push(`seed ${seed}: ${error}`);
  if (result === undefined) return;
  const { counts } = result;
  tally.reconciles += counts.reconciles;
  tally.commits += counts.commits;
  tally.conflicts += counts.conflicts;
  tally.kills += counts.kills;
  tally.virtualSeconds += counts.seconds;
  addAll(tally.fired, result.fired);
  addAll(tally.checked, result.checked);
  const failure = failureOf(seed, result);
  if (failure !== undefined) tally.failures.push(failure);
}

function addAll(sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, count] of more) sums.set(name, (sums.get(name) ?? 0) + count);
}
