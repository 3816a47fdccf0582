// docs/benchmarks.md: what was measured, when, on what, and against which target.
import type { Report } from './report.ts';
import { BASELINE, measured, SUBJECT, type Measured } from './targets.ts';

export interface Machine {
  readonly model: string;
  readonly memoryGib: number;
  readonly node: string;
}

/** The page. `charts` are the files of the charts, by size, as paths from the page. */
export function renderPage(report: Report, machine: Machine, charts: ReadonlyMap<number, string>): string {
  const sizes = [...charts.keys()];
  return `<!-- Written by \`make bench ARGS=--publish\`; DO NOT EDIT. -->

# Benchmarks

nodefleet and a well-made operator on controller-runtime do the same work on the same API server, in alternating rounds of one
run. \`raw\` is no operator: it sends the writes that nobody can avoid, and waits for nothing. Ratios of one run say something;
seconds are those of the machine.

- Begun ${report.started.slice(0, 16).replace('T', ' ')} UTC, ${report.rounds} ${report.rounds === 1 ? 'round' : 'rounds'}, ${report.membersPer} member per NodeDeployment.
- ${report.cpus} CPUs (${machine.model}), ${machine.memoryGib} GiB, Node.js ${machine.node}; etcd, kube-apiserver, the operator and the
  benchmark share them. The kubelet is simulated, with a delay of ${report.kubeletDelay}.
${sizes.map((size) => section(report, size, charts.get(size) ?? '')).join('')}${failures(report)}
## Measure

\`make bench\` needs the benchmark beside this repository (\`BENCH=FOLDER\`), and Go. \`ARGS='--sizes 100 --rounds 1'\` is a first look
of eight minutes; \`ARGS=--publish\` writes this page.
`;
}

function section(report: Report, size: number, chart: string): string {
  const rows = measured(report, size).map(row);
  return `
## ${size} NodeDeployments

![ratios to the baseline](${chart})

| figure | ${SUBJECT} | target | |
|---|---|---|---|
${rows.join('\n')}
`;
}

function row({ figure, of, min, median, max, atMost, isMet }: Measured): string {
  const unit = of === SUBJECT ? '' : ` × ${of === `${SUBJECT}/${BASELINE}` ? 'baseline' : 'raw'}`;
  const range = min === max ? '' : ` (${round(min)} to ${round(max)})`;
  return `| ${figure} | ${round(median)}${range}${unit} | ≤ ${atMost}${unit} | ${isMet ? 'met' : '**missed**'} |`;
}

function failures({ results }: Report): string {
  const failed = results.filter(({ error }) => error !== undefined);
  if (failed.length === 0) return '';
  const lines = failed.map(
    ({ size, round: at, subject, scenario, error }) =>
      `- ${size} objects, round ${at}, ${subject}, ${scenario}: ${error}`,
  );
  return `\nFailed, and not in the figures:\n\n${lines.join('\n')}\n`;
}

function round(value: number): string {
  return Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
