import { expect, test } from 'vitest';

import { type Evidence, parseEvidence } from './evidence.ts';
import { figuresOf } from './figures.ts';
import { renderPage } from './page.ts';

const NOTHING: Evidence = {
  sim: undefined,
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
