// What the operator benchmark has measured: the part of its report.json that ours is made of.
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
export type Report = z.output<typeof report>;

/** @throws Error that names the first field which is not as the benchmark writes it */
export function parseReport(json: string): Report {
  const parsed = report.safeParse(JSON.parse(json));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`bench: report.json: ${issue?.path.join('.')}: ${issue?.message}`);
}

export function spreadOf(
  { summary }: Report,
  wanted: Pick<Spread, 'size' | 'scenario' | 'metric' | 'of'>,
): Spread | undefined {
  return summary.find(
    ({ size, scenario, metric, of }) =>
      size === wanted.size && scenario === wanted.scenario && metric === wanted.metric && of === wanted.of,
  );
}
