import { expect, test } from 'vitest';

import { type Evidence, parseEvidence } from './evidence.ts';
import { figuresOf } from './figures.ts';
import { renderPage } from './page.ts';

const NOTHING: Evidence = {
  sim: undefined,
  exhaustive: undefined,
  mutants: undefined,
  contention: undefined,
  'crash-points': undefined,
  'bad-input': undefined,
  'forged-status': undefined,
  'forged-status-real': undefined,
  walker: undefined,
  'walker-real': undefined,
};
const circumstances = { day: '2026-11-21', cpus: 2, model: 'a machine', node: '24.0.0' };
const mutants = parseEvidence(
  'mutants',
  JSON.stringify({ seeds: 2000, mutants: 30, killed: 29, medianSeeds: 3, blindAlarms: [] }),
);
const scenario = { id: 'C1', name: 'two write', expected: 'one 409', passed: true, figures: { rounds: 200 } };

test('what was not measured is said to be so, and is met by no silence', () => {
  const figures = figuresOf(NOTHING);
  expect(figures.filter(({ measured }) => measured !== undefined)).toEqual([]);
  expect(renderPage(NOTHING, circumstances)).toContain(
    `${figures.length} of ${figures.length} figures have not been measured`,
  );
});

test('one planted bug that is not found misses the target', () => {
  expect(renderPage({ ...NOTHING, mutants }, circumstances)).toContain(
    '| 29 of 30 within 2,000 seeds, median 3 | **missed** |',
  );
});

test('an order of two reconciles that breaks something misses the target, and so does a course that crashed', () => {
  const course = {
    name: 'edit, a kill',
    interleavings: 176,
    states: 60,
    walks: 77,
    crashPoints: 64,
    ends: 16,
    broken: 0,
  };
  const exhaustive = { ...course, seconds: 9, errors: [], courses: [course] };
  const value = '176 orders in 1 courses, 64 kills, by 77 walks in 9 s; 0 broken';
  const page = renderPage({ ...NOTHING, exhaustive }, circumstances);
  expect(page).toContain(`| ${value} | met |`);
  expect(page).toContain('| edit, a kill | 176 | 60 | 77 | 64 | 16 | 0 |');
  for (const bad of [
    { ...exhaustive, broken: 1 },
    { ...exhaustive, errors: ['edit: the thread has crashed'] },
  ])
    expect(renderPage({ ...NOTHING, exhaustive: bad }, circumstances)).toMatch(/by 77 walks.*\*\*missed\*\*/);
});

test('a scenario stands there with what it measured, and one that failed misses the target', () => {
  const contention = { seconds: 300, scenarios: [scenario, { ...scenario, id: 'C2', passed: false }] };
  const page = renderPage({ ...NOTHING, contention }, circumstances);
  expect(page).toContain('| C1 | two write | one 409 | passed, rounds 200 |');
  expect(page).toContain('| C2 | two write | one 409 | **failed**, rounds 200 |');
  expect(page).toContain('| 1 of 2 in 300 s | **missed** |');
});

test('a file of another form is refused with its name and the field', () => {
  expect(() => parseEvidence('mutants', '{"seeds":"many"}')).toThrow('reliability: mutants.json: seeds: ');
});
