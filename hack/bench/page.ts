// docs/benchmarks.md: what was measured, when, on what, and against which target.
import type { Range, Report } from './report.ts';
import { BASELINE, FLEETS, growth, GROWTH_AT_MOST, measured, SUBJECT, WIDE, yardsticks } from './targets.ts';
import type { Measured, Yardstick } from './targets.ts';

export interface Machine {
  readonly model: string;
  readonly memoryGib: number;
  readonly node: string;
}

/** The page. `charts` are the files of the charts, by title of the section, as paths from the page. */
export function renderPage(reports: readonly Report[], machine: Machine, charts: ReadonlyMap<string, string>): string {
  const [first] = reports;
  return `<!-- Written by \`make bench ARGS=--publish\`; DO NOT EDIT. -->

# Benchmarks

nodefleet and a well-made operator on controller-runtime do the same work on the same API server, in alternating rounds of one
run. \`raw\` is no operator: it sends the writes that nobody can avoid, and waits for nothing. Ratios of one run say something;
seconds are those of the machine.

- On ${first?.cpus} CPUs (${machine.model}), ${machine.memoryGib} GiB, Node.js ${machine.node}; etcd,
  kube-apiserver, the operator and the benchmark share them. The kubelet is simulated, with a delay of ${first?.kubeletDelay}.
- The baseline has no dry run of a template before the old pod is stopped, no live proof that a volume is free, no record of
  revisions and no Events: what nodefleet sends more is mostly these ([what a reconcile costs](writes-and-conflicts.md)).
- The benchmark's own CPU stands below each table: for nearly the same work beside both. Where it is not near 1, the cores were slower
  for all that ran beside one of the two, and so much of a ratio of seconds is the machine's.
${sectionsOf(reports)
  .map((section) => renderSection(section, charts.get(section.title) ?? ''))
  .join('')}${renderGrowth(reports)}${failures(reports)}
## Measure

\`make bench\` needs the benchmark beside this repository (\`BENCH=FOLDER\`), Go, and most of an hour. \`ARGS='--sizes 100 --rounds 1'\` is
a first look of eight minutes; \`ARGS=--publish\` writes this page.
`;
}

export interface Section {
  readonly title: string;
  /** When the run began, in RFC 3339. */
  readonly started: string;
  readonly rounds: number;
  readonly figures: readonly Measured[];
  readonly yardsticks: readonly Yardstick[];
}

/**
 * One for each size: of the first report that has it, the others are measured again for what grows. A report of fleets with
 * many members has targets of its own.
 */
export function sectionsOf(reports: readonly Report[]): readonly Section[] {
  const sections = reports.flatMap((report) =>
    [...new Set(report.results.map(({ size }) => size))].map((size) => {
      const members = report.membersPer === 1 ? '1 member' : `${report.membersPer} members`;
      const title = `${size} ${size === 1 ? 'NodeDeployment' : 'NodeDeployments'} of ${members}`;
      const figures = measured(report, size, report.membersPer === 1 ? FLEETS : WIDE);
      const { started, rounds } = report;
      return { title, started, rounds, figures, yardsticks: yardsticks(report, size) };
    }),
  );
  return sections.filter(({ title }, index) => sections.findIndex((one) => one.title === title) === index);
}

function renderSection({ title, started, rounds, figures, yardsticks: own }: Section, chart: string): string {
  return `
## ${title}

Begun ${minuteOf(started)}. Median${rounds === 1 ? ' of 1 round' : ` and range of ${rounds} rounds`}.

![ratios to the baseline](${chart})

| figure | ${SUBJECT} | target | |
|---|---|---|---|
${figures.map(row).join('\n')}
${own.length === 0 ? '' : `\nThe benchmark's own CPU meanwhile, × beside the baseline: ${own.map(speed).join('; ')}.\n`}`;
}

function speed({ work, ...range }: Yardstick): string {
  return `${work} ${withRange(range)}`;
}

function withRange({ min, median, max }: Range): string {
  return round(median) + (min === max ? '' : ` (${round(min)} to ${round(max)})`);
}

function row({ figure, of, atMost, isMet, ...range }: Measured): string {
  return `| ${figure} | ${inWords(of, withRange(range))} | ≤ ${inWords(of, String(atMost))} | ${verdict(isMet)} |`;
}

function minuteOf(started: string): string {
  return `${started.slice(0, 16).replace('T', ' ')} UTC`;
}

/** `of` is one subject, a ratio or a difference of two. */
function inWords(of: string, figure: string): string {
  if (of.includes('/')) return `${figure} × ${of.split('/')[1]}`;
  return of.includes('-') ? `${of.split('-')[1]} + ${figure}` : figure;
}

function renderGrowth(reports: readonly Report[]): string {
  const sizes = reports
    .filter(({ membersPer }) => membersPer === 1)
    .flatMap(({ results }) => results.map((r) => r.size));
  const [from, to] = [Math.min(...sizes), Math.max(...sizes)];
  const rows = from < to ? growth(reports, from, to) : [];
  if (rows.length === 0) return '';
  return `
## Growth from ${from} to ${to}

Per object, the larger size over the smaller one: 1 is linear, at most ${GROWTH_AT_MOST} is wanted.

| figure | ${SUBJECT} | ${BASELINE} | |
|---|---|---|---|
${rows.map(({ figure, nodefleet, baseline, isMet }) => `| ${figure} | ${round(nodefleet)} | ${baseline === undefined ? '' : round(baseline)} | ${verdict(isMet)} |`).join('\n')}
`;
}

function verdict(isMet: boolean): string {
  return isMet ? 'met' : '**missed**';
}

function failures(reports: readonly Report[]): string {
  const lines = reports
    .flatMap(({ results }) => results)
    .filter(({ error }) => error !== undefined)
    .map((one) => `- ${one.size} objects, round ${one.round}, ${one.subject}, ${one.scenario}: ${one.error}`);
  return lines.length === 0 ? '' : `\nFailed, and not in the figures:\n\n${lines.join('\n')}\n`;
}

function round(value: number): string {
  return Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
