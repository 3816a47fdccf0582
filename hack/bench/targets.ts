// What nodefleet wants to reach against an operator on controller-runtime, on the same work in the same run.
import { spreadOf, WHOLE_RUN, type Range, type Report } from './report.ts';

export const SUBJECT = 'nodefleet';
export const BASELINE = 'baseline';
const FLOOR = 'raw';

export interface Target {
  readonly figure: string;
  readonly scenario: string;
  readonly metric: string;
  /** `SUBJECT` for its own figure, else a ratio (`a/b`) or a difference (`a-b`). */
  readonly of: string;
  /** The figure may be at most this. */
  readonly atMost: number;
}

export const TO_BASELINE = `${SUBJECT}/${BASELINE}`;

type Form = (figure: string, scenario: string, metric: string, atMost?: number) => Target;

const form =
  (of: string, usual: number): Form =>
  (figure, scenario, metric, atMost = usual) => ({ figure, scenario, metric, of, atMost });
const ratio = form(TO_BASELINE, 1);
const toFloor = form(`${SUBJECT}/${FLOOR}`, 1);
const more = form(`${SUBJECT}-${BASELINE}`, 0);
const own = form(SUBJECT, 0);

/** Of a thousand fleets of one member. */
export const FLEETS: readonly Target[] = [
  ratio('cold converge: started on waiting objects', 'cold-before', 'time_s'),
  toFloor('cold converge, against the floor', 'cold-before', 'time_s', 1.3),
  // One read more: that of the fence.
  more('API requests per object to converge, without Events', 'cold-before', 'work_requests_per_object', 1),
  // Three children, two of the status, and a finalizer on every second object.
  own('API writes per object to converge', 'cold-before', 'writes_per_object', 5.5),
  own('writes at rest, 30 s', 'quiet', 'writes'),
  own('requests at rest, 30 s', 'quiet', 'requests'),
  ratio('change → first write, median', 'touch', 'first_write_p50_ms'),
  ratio('change → first write, 99th percentile', 'touch', 'first_write_p99_ms'),
  ratio('change → converged, median', 'touch', 'ready_p50_ms'),
  ratio('writes per change', 'touch', 'writes_per_touch'),
  ratio('image change of the whole fleet', 'rollout', 'time_s'),
  ratio('writes per object of that', 'rollout', 'writes_per_object'),
  ratio('restart: until a fresh change is acted on', 'restart', 'first_write_p50_ms', 1.5),
  own('restart: writes to the rest', 'restart', 'writes_to_rest'),
  own('contention: external status updates lost', 'contention', 'lost_external'),
  own('contention: conflicts per successful write', 'contention', 'conflicts_per_success', 1),
  own('delete: claims that are wrong', 'delete', 'claims_wrong'),
  ratio('delete of the whole fleet', 'delete', 'time_s'),
  ratio('create of the whole fleet', 'cold-during', 'time_s'),
  ratio('CPU seconds, cold converge', 'cold-before', 'cpu_s'),
  ratio('CPU seconds, image change', 'rollout', 'cpu_s'),
  ratio('CPU seconds, the whole run', WHOLE_RUN, 'cpu_s'),
  ratio('memory at rest (RSS)', 'quiet', 'rss_mib'),
  own('said Ready and was not', 'cold-before', 'false_ready'),
];

/** Of one fleet with very many members. */
export const WIDE: readonly Target[] = [
  ratio('created', 'cold-before', 'time_s'),
  ratio('writes to create it', 'cold-before', 'writes_per_object'),
  own('status writes per second, created', 'cold-before', 'status_writes_per_s', 2),
  ratio('rolled out', 'rollout', 'time_s'),
  ratio('writes to roll it out', 'rollout', 'writes_per_object'),
  own('status writes per second, rolled out', 'rollout', 'status_writes_per_s', 2),
];

export interface Measured extends Target, Range {
  readonly size: number;
  readonly isMet: boolean;
}

/** In the order of the targets; figures that the run has not measured are left out. */
export function measured(report: Report, size: number, targets = FLEETS): readonly Measured[] {
  return targets.flatMap((target) => {
    const range = spreadOf(report, { ...target, size });
    if (range === undefined) return [];
    const { min, median, max } = range;
    return [{ ...target, size, min, median, max, isMet: median <= target.atMost }];
  });
}

const SAME_WORK = [
  ['cold converge', 'cold-before'],
  ['image change', 'rollout'],
  ['delete', 'delete'],
] as const;

export interface Yardstick extends Range {
  readonly work: string;
}

/**
 * CPU of the benchmark itself beside us, over that beside the baseline. It does nearly the same work both times: what is far
 * from 1 is the machine, whose cores were slower for everybody in that round.
 */
export function yardsticks(report: Report, size: number): readonly Yardstick[] {
  return SAME_WORK.flatMap(([work, scenario]) => {
    const range = spreadOf(report, { size, scenario, metric: 'driver_cpu_s', of: TO_BASELINE });
    return range === undefined ? [] : [{ work, ...range }];
  });
}

export interface Growth {
  readonly figure: string;
  /** The figure at the larger size over that at the smaller, divided by how much larger that is: 1 is linear. */
  readonly nodefleet: number;
  readonly baseline: number | undefined;
  readonly isMet: boolean;
}

/** Linear, and 15 % for what is not. */
export const GROWTH_AT_MOST = 1.15;

const GROWING = [
  ['time to converge', 'cold-before', 'time_s'],
  ['CPU seconds to converge', 'cold-before', 'cpu_s'],
  ['memory at rest (RSS)', 'quiet', 'rss_mib'],
  ['time of an image change', 'rollout', 'time_s'],
  ['CPU seconds of an image change', 'rollout', 'cpu_s'],
] as const;

/** Of one report that has both sizes, if there is one: the machine's speed changes within an hour. */
export function growth(reports: readonly Report[], from: number, to: number): readonly Growth[] {
  const hasBoth = ({ results }: Report): boolean =>
    [from, to].every((wanted) => results.some(({ size }) => size === wanted));
  const ofOneRun = reports.filter(hasBoth);
  const median = (size: number, scenario: string, metric: string, of: string): number | undefined =>
    (ofOneRun.length > 0 ? ofOneRun : reports)
      .map((report) => spreadOf(report, { size, scenario, metric, of })?.median)
      .find((found) => found);
  return GROWING.flatMap(([figure, scenario, metric]) => {
    const [nodefleet, baseline] = [SUBJECT, BASELINE].map((of) => {
      const [small, large] = [median(from, scenario, metric, of), median(to, scenario, metric, of)];
      return small === undefined || large === undefined ? undefined : large / small / (to / from);
    });
    return nodefleet === undefined ? [] : [{ figure, nodefleet, baseline, isMet: nodefleet <= GROWTH_AT_MOST }];
  });
}
