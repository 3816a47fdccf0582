import { expect, test } from 'vitest';

import { renderChart } from './chart.ts';
import { renderPage } from './page.ts';
import { parseReport } from './report.ts';
import { measured } from './targets.ts';

const figure = (scenario: string, metric: string, of: string, median: number) => ({
  ...{ size: 100, scenario, metric, of, min: median - 0.25, median, max: median + 0.25, n: 2 },
});

const ROUND = { size: 100, round: 2 };
const RUN = {
  ...{ started: '2026-11-21T10:52:39Z', cpus: 2, subjects: ['raw', 'baseline', 'nodefleet'], membersPer: 1 },
  ...{ rounds: 2, kubeletDelay: '20ms' },
  summary: [
    figure('quiet', 'writes', 'nodefleet', 0),
    figure('cold-before', 'time_s', 'nodefleet/baseline', 1.5),
    figure('cold-before', 'time_s', 'nodefleet/raw', 1.25),
    figure('rollout', 'time_s', 'nodefleet/baseline', 0.75),
    figure('rollout', 'driver_cpu_s', 'nodefleet/baseline', 1.25),
  ],
  results: [
    { ...ROUND, subject: 'baseline', scenario: 'touch', error: 'it ended' },
    { ...ROUND, subject: 'baseline', scenario: 'cold-before', values: { requests: 300, upkeep_writes: 0, cpu_s: 4 } },
    { ...ROUND, subject: 'baseline', scenario: 'total', values: {} },
    {
      ...ROUND,
      subject: 'nodefleet',
      scenario: 'cold-before',
      values: { requests: 600, upkeep_writes: 100, cpu_s: 6 },
    },
    { ...ROUND, subject: 'nodefleet', scenario: 'contention', values: { writes: 50, code_409: 10, cpu_s: 2 } },
    {
      ...{ ...ROUND, subject: 'nodefleet', scenario: 'restart', values: { writes_elsewhere: 5 } },
      ...{ requests: { 'watch nodedeployments 200': 3, 'patch controllerrevisions 201': 4 } },
    },
    { ...ROUND, subject: 'nodefleet', scenario: 'total', values: {} },
  ],
};
const report = parseReport(JSON.stringify(RUN));
const machine = { model: 'a & b', memoryGib: 24, node: '24.0.0' };
const page = renderPage([report], machine, new Map());

test('each figure stands beside its target, and says whether it is met', () => {
  expect(page.split('\n').filter((line) => /^\| [A-Za-z]/.test(line) && !line.startsWith('| figure'))).toEqual([
    '| cold converge: started on waiting objects | 1.50 (1.25 to 1.75) × baseline | ≤ 1 × baseline | **missed** |',
    '| cold converge, against the floor | 1.25 (1 to 1.50) × raw | ≤ 1.3 × raw | met |',
    '| API requests per object to converge, without Events | baseline + 2 | ≤ baseline + 1 | **missed** |',
    '| writes at rest, 30 s | 0 (-0.25 to 0.25) | ≤ 0 | met |',
    '| image change of the whole fleet | 0.75 (0.50 to 1) × baseline | ≤ 1 × baseline | met |',
    '| restart: writes to the rest | 2 | ≤ 0 | **missed** |',
    '| contention: conflicts per successful write | 0.25 | ≤ 1 | met |',
    '| CPU seconds, cold converge | 1.50 × baseline | ≤ 1 × baseline | **missed** |',
    '| CPU seconds, the whole run | 2 × baseline | ≤ 1 × baseline | **missed** |',
  ]);
});

test('what the same work has cost the benchmark itself tells how even the machine was', () => {
  const line = "The benchmark's own CPU meanwhile, × beside the baseline: image change 1.25 (1 to 1.50).";
  expect(page.split('\n')).toContain(line);
});

test('growth is that of one object, from the smallest size to the largest', () => {
  const runs = [100, 500].map((size) =>
    parseReport(
      JSON.stringify({
        ...RUN,
        summary: [],
        results: [{ ...ROUND, size, subject: 'nodefleet', scenario: 'cold-before', values: { time_s: size ** 2 } }],
      }),
    ),
  );
  expect(renderPage(runs, machine, new Map())).toContain(
    '## Growth from 100 to 500\n\nPer object, the larger size over the smaller one: 1 is linear, at most 1.15 is wanted.\n\n' +
      '| figure | nodefleet | baseline | |\n|---|---|---|---|\n| time to converge | 5 |  | **missed** |\n',
  );
  expect(page).not.toContain('Growth');
});

test('growth is told from the run that has both sizes, and each size is told of once', () => {
  const value = (size: number, time_s: number) => ({
    ...{ ...ROUND, size, subject: 'nodefleet', scenario: 'cold-before', values: { time_s } },
  });
  const runs = [[value(100, 999)], [value(100, 10), value(500, 60)]].map((results) =>
    parseReport(JSON.stringify({ ...RUN, summary: [], results })),
  );
  const both = renderPage(runs, machine, new Map());
  expect(both).toContain('| time to converge | 1.20 |  | **missed** |');
  expect(both.split('\n').filter((line) => line.startsWith('## 100 '))).toHaveLength(1);
});

test('a fleet of many members has targets of its own', () => {
  const results = [
    {
      ...{ ...ROUND, size: 1, subject: 'nodefleet', scenario: 'rollout' },
      ...{ values: { time_s: 10 }, requests: { 'patch nodedeployments/status 200': 30 } },
    },
  ];
  const wide = parseReport(JSON.stringify({ ...RUN, membersPer: 256, summary: [], results }));
  expect(renderPage([wide], machine, new Map())).toContain(
    '| status writes per second, rolled out | 3 | ≤ 2 | **missed** |',
  );
});

test('the page names the day, the machine, and what failed', () => {
  expect(page).toContain('Begun 2026-11-21 10:52 UTC');
  expect(page).toContain('range of 2 rounds');
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
