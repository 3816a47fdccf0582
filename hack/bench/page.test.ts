import { expect, test } from 'vitest';

import { renderChart } from './chart.ts';
import { renderPage } from './page.ts';
import { parseReport } from './report.ts';
import { measured } from './targets.ts';

const figure = (scenario: string, metric: string, of: string, median: number) => ({
  ...{ size: 100, scenario, metric, of, min: median - 0.25, median, max: median + 0.25, n: 2 },
});

const RUN = {
  ...{ started: '2026-11-21T10:52:39Z', cpus: 2, subjects: ['raw', 'baseline', 'nodefleet'], membersPer: 1 },
  ...{ rounds: 2, kubeletDelay: '20ms' },
  summary: [
    figure('quiet', 'writes', 'nodefleet', 0),
    figure('cold-before', 'time_s', 'nodefleet/baseline', 1.5),
    figure('cold-before', 'time_s', 'nodefleet/raw', 1.25),
    figure('rollout', 'time_s', 'nodefleet/baseline', 0.75),
  ],
  results: [{ size: 100, round: 2, subject: 'baseline', scenario: 'touch', error: 'it ended' }],
};
const report = parseReport(JSON.stringify(RUN));
const machine = { model: 'a & b', memoryGib: 24, node: '24.0.0' };
const page = renderPage(report, machine, new Map([[100, 'benchmarks/ratios-100.svg']]));

test('each figure stands beside its target, and says whether it is met', () => {
  expect(page.split('\n').filter((line) => /^\| [a-z]/.test(line) && !line.startsWith('| figure'))).toEqual([
    '| cold converge: started on waiting objects | 1.50 (1.25 to 1.75) × baseline | ≤ 1 × baseline | **missed** |',
    '| cold converge, against the floor | 1.25 (1 to 1.50) × raw | ≤ 1.3 × raw | met |',
    '| writes at rest, 30 s | 0 (-0.25 to 0.25) | ≤ 0 | met |',
    '| image change of the whole fleet | 0.75 (0.50 to 1) × baseline | ≤ 1 × baseline | met |',
  ]);
});

test('the page names the day, the machine, and what failed', () => {
  expect(page).toContain('Begun 2026-11-21 10:52 UTC, 2 rounds');
  expect(page).toContain('2 CPUs (a & b), 24 GiB');
  expect(page).toContain('- 100 objects, round 2, baseline, touch: it ended');
});

test('the chart has a bar for each ratio, as long as the ratio is large, and one that is out of range ends at the edge', () => {
  const [first] = measured(report, 100);
  const bars = (medians: readonly number[]): readonly number[] => {
    const svg = renderChart('t', first ? medians.map((median) => ({ ...first, median })) : []);
    return [...svg.matchAll(/<rect .*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  };
  const [half = 0, whole = 0, edge = 0, beyond = 0] = bars([0.5, 1, 3, 9]);
  expect(whole).toBeCloseTo(2 * half, 0);
  expect(beyond).toBe(edge);
});

test('a report of another form is refused with the field', () => {
  expect(() => parseReport(JSON.stringify({ ...RUN, cpus: 'two' }))).toThrow('bench: report.json: cpus: ');
});
