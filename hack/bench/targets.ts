// What nodefleet wants to reach against an operator on controller-runtime, on the same work in the same run.
import { spreadOf, type Report } from './report.ts';

export const SUBJECT = 'nodefleet';
export const BASELINE = 'baseline';

export interface Target {
  readonly figure: string;
  readonly scenario: string;
  readonly metric: string;
  /** `SUBJECT` for its own figure, else a ratio. */
  readonly of: string;
  /** The figure may be at most this. */
  readonly atMost: number;
}

const TO_BASELINE = `${SUBJECT}/${BASELINE}`;
const TO_RAW = `${SUBJECT}/raw`;

const ratio = (figure: string, scenario: string, metric: string, atMost = 1): Target => ({
  figure,
  scenario,
  metric,
  of: TO_BASELINE,
  atMost,
});
const own = (figure: string, scenario: string, metric: string, atMost: number): Target => ({
  figure,
  scenario,
  metric,
  of: SUBJECT,
  atMost,
});

const TARGETS: readonly Target[] = [
  ratio('cold converge: started on waiting objects', 'cold-before', 'time_s'),
  { ...ratio('cold converge, against the floor', 'cold-before', 'time_s', 1.3), of: TO_RAW },
  ratio('API writes per object to converge', 'cold-before', 'writes_per_object'),
  own('writes at rest, 30 s', 'quiet', 'writes', 0),
  own('requests at rest, 30 s', 'quiet', 'requests', 0),
  ratio('change → first write, median', 'touch', 'first_write_p50_ms'),
  ratio('change → first write, 99th percentile', 'touch', 'first_write_p99_ms'),
  ratio('writes per change', 'touch', 'writes_per_touch'),
  ratio('image change of the whole fleet', 'rollout', 'time_s'),
  ratio('restart: until a fresh change is acted on', 'restart', 'first_write_p50_ms', 1.5),
  own('restart: writes to the rest', 'restart', 'writes_elsewhere', 0),
  own('contention: external status updates lost', 'contention', 'lost_external', 0),
  ratio('CPU seconds, cold converge', 'cold-before', 'cpu_s'),
  ratio('CPU seconds, rollout', 'rollout', 'cpu_s'),
  ratio('memory at rest (RSS)', 'quiet', 'rss_mib'),
];

export interface Measured extends Target {
  readonly size: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly isMet: boolean;
}

/** In the order of the targets; figures that the run has not measured are left out. */
export function measured(report: Report, size: number): readonly Measured[] {
  return TARGETS.flatMap((target) => {
    const spread = spreadOf(report, { ...target, size });
    if (spread === undefined) return [];
    const { min, median, max } = spread;
    return [{ ...target, size, min, median, max, isMet: median <= target.atMost }];
  });
}
