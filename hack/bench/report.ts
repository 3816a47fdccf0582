// What the operator benchmark has measured: the part of its report.json that ours is made of, and the figures that follow
// from it.
import { z } from 'zod';

const spread = z.object({
  size: z.number(),
  scenario: z.string(),
  metric: z.string(),
  /** A subject, or two: `nodefleet/baseline` is the one's figure divided by the other's of the same round. */
  of: z.string(),
  min: z.number(),
  median: z.number(),
  max: z.number(),
  n: z.number(),
});

const result = z.object({
  size: z.number(),
  round: z.number(),
  subject: z.string(),
  scenario: z.string(),
  error: z.string().optional(),
  values: z.record(z.string(), z.number()).default({}),
  /** How many of each `verb resource code`, from the API server's audit log. */
  requests: z.record(z.string(), z.number()).nullish(),
});

const report = z.object({
  started: z.string(),
  cpus: z.number(),
  subjects: z.array(z.string()),
  membersPer: z.number(),
  rounds: z.number(),
  kubeletDelay: z.string(),
  summary: z.array(spread),
  results: z.array(result),
});

/** Minimum, median and maximum over the rounds. */
export type Spread = z.output<typeof spread>;
export type Result = z.output<typeof result>;
export type Report = z.output<typeof report>;

/** @throws Error that names the first field which is not as the benchmark writes it */
export function parseReport(json: string): Report {
  const parsed = report.safeParse(JSON.parse(json));
  if (parsed.success) return { ...parsed.data, results: parsed.data.results.flatMap(withDerived) };
  const [issue] = parsed.error.issues;
  throw new Error(`bench: report.json: ${issue?.path.join('.')}: ${issue?.message}`);
}

/** The scenario of what is summed over all scenarios of a round. */
export const WHOLE_RUN = 'total';

/** `scenario`'s own figures and those that follow from them; `total` gets the CPU seconds of the round. */
function withDerived(one: Result, _: number, all: readonly Result[]): Result[] {
  const { values, requests } = one;
  const derived: Record<string, number> = {};
  const { writes, code_409: conflicts, time_s: seconds } = values;
  if (writes !== undefined && conflicts !== undefined && writes > conflicts)
    derived['conflicts_per_success'] = conflicts / (writes - conflicts);
  const { requests: sent, upkeep_writes: upkeep } = values;
  if (sent !== undefined && upkeep !== undefined) derived['work_requests_per_object'] = (sent - upkeep) / one.size;
  const statusWrites = requests?.['patch nodedeployments/status 200'];
  if (statusWrites !== undefined && seconds) derived['status_writes_per_s'] = statusWrites / seconds / one.size;
  const { writes_elsewhere: elsewhere } = values;
  if (elsewhere !== undefined) derived['writes_to_rest'] = elsewhere - ownRecords(requests ?? {});
  if (one.scenario === WHOLE_RUN)
    derived['cpu_s'] = sum(all.filter((other) => isSameRound(one, other)).map((other) => other.values['cpu_s'] ?? 0));
  return [{ ...one, values: { ...values, ...derived } }];
}

/**
 * Records of templates that belong to the objects which were edited, one after each start. The benchmark tells children by
 * their names, and counts a record as a write to another object.
 */
function ownRecords(requests: Readonly<Record<string, number>>): number {
  const { 'patch controllerrevisions 201': records = 0, 'watch nodedeployments 200': starts = 0 } = requests;
  return Math.min(records, starts);
}

function isSameRound(one: Result, other: Result): boolean {
  return (
    one.size === other.size &&
    one.round === other.round &&
    one.subject === other.subject &&
    other.scenario !== WHOLE_RUN &&
    other.error === undefined
  );
}

/** What is asked: a figure of one subject, or of two as a ratio (`a/b`) or a difference (`a-b`). */
export type Asked = Pick<Spread, 'size' | 'scenario' | 'metric' | 'of'>;
export type Range = Pick<Spread, 'min' | 'median' | 'max'>;

/** The spread over the rounds in which all of it was measured; undefined if there is none. */
export function spreadOf(report: Report, { size, scenario, metric, of }: Asked): Range | undefined {
  const told = report.summary.find(
    (row) => row.size === size && row.scenario === scenario && row.metric === metric && row.of === of,
  );
  if (told !== undefined) return told;
  const [subject = '', other] = of.split(/[/-]/);
  const figure = (round: number, name: string): number | undefined => {
    const found = report.results.find(
      (row) =>
        row.size === size && row.scenario === scenario && row.round === round && row.subject === name && !row.error,
    );
    return found?.values[metric];
  };
  const rounds = [...new Set(report.results.map(({ round }) => round))];
  return rangeOf(
    rounds.flatMap((round) => {
      const own = figure(round, subject);
      if (own === undefined || other === undefined) return own ?? [];
      const theirs = figure(round, other);
      if (theirs === undefined) return [];
      if (of.includes('-')) return own - theirs;
      return theirs === 0 ? [] : own / theirs;
    }),
  );
}

function rangeOf(values: readonly number[]): Range | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  const [low = min, high = min] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return { min, median: (low + high) / 2, max };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
