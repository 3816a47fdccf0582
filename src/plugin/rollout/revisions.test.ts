import { expect, test } from 'vitest';

import { deployment, record, running } from '../../domain/testing/build.ts';
import { differenceLines, differences } from './differences.ts';
import { viewRevisions } from './history.ts';
import { currentRevision, imagesOf, previousRevision, revisionsOf } from './revisions.ts';

const [one, two, three] = ['app:1', 'app:2', 'app:3'].map((image) => deployment({ template: running(image) }));
if (one === undefined || two === undefined || three === undefined) throw new Error('three fleets');
const kept = [record(one, 1), record(two, 2), record(three, 3)];

test('revisions are those of this very fleet, newest first', () => {
  const foreign = record(deployment({ template: running('app:4') }, { uid: 'former' }), 4);
  expect(revisionsOf(three, [...kept, foreign]).map(({ number }) => number)).toEqual([3, 2, 1]);
});

test('one whose data is no template is left out', () => {
  expect(revisionsOf(one, [{ ...record(one), data: { spec: 'x' } }])).toEqual([]);
});

test('undo goes to the newest other template, also when the current one is not the newest', () => {
  const revisions = revisionsOf(three, kept);
  expect(previousRevision(three, revisions)?.number).toBe(2);
  expect(previousRevision(one, revisions)?.number).toBe(3);
  expect(currentRevision(one, revisions)?.number).toBe(1);
});

test('undo has nowhere to go from the first template', () => {
  expect(previousRevision(one, revisionsOf(one, [record(one)]))).toBeUndefined();
});

test('the history tells which template is in the spec and which members run which', () => {
  const [, second, first] = revisionsOf(three, kept);
  const members = [
    { name: 'web-0', phase: 'Running', revision: first?.hash },
    { name: 'web-1', phase: 'Running', revision: second?.hash },
  ] as const;
  expect(viewRevisions({ ...three, status: { members: [...members] } }, revisionsOf(three, kept))).toMatchObject([
    { number: 3, images: ['app:3'], isCurrent: true, members: [] },
    { number: 2, images: ['app:2'], isCurrent: false, members: ['web-1'] },
    { number: 1, images: ['app:1'], isCurrent: false, members: ['web-0'] },
  ]);
});

test('init containers come first among the images', () => {
  const containers = [{ name: 'app', image: 'app:1' }];
  expect(imagesOf({ spec: { initContainers: [{ name: 'init', image: 'init:1' }], containers } })).toEqual([
    'init:1',
    'app:1',
  ]);
});

test.for([
  ['a changed field', { spec: { a: 1 } }, { spec: { a: 2 } }, ['- spec.a: 1', '+ spec.a: 2']],
  ['a field that goes', { a: 'x', b: 1 }, { b: 1 }, ['- a: x']],
  ['a field that comes', {}, { a: [1] }, ['+ a: [1]']],
  [
    'containers by name, in any order',
    {
      c: [
        { name: 'a', i: 1 },
        { name: 'b', i: 1 },
      ],
    },
    {
      c: [
        { name: 'b', i: 2 },
        { name: 'a', i: 1 },
      ],
    },
    ['- c[b].i: 1', '+ c[b].i: 2'],
  ],
  [
    'a name that occurs twice by position',
    {
      v: [
        { name: 'd', p: '/a' },
        { name: 'd', p: '/b' },
      ],
    },
    {
      v: [
        { name: 'd', p: '/a' },
        { name: 'd', p: '/c' },
      ],
    },
    ['- v[1].p: /b', '+ v[1].p: /c'],
  ],
  ['a list of values as a whole', { a: ['x'] }, { a: ['x', 'y'] }, ['- a: ["x"]', '+ a: ["x","y"]']],
  ['nothing', { a: { b: [1] } }, { a: { b: [1] } }, []],
] as const)('differences tell %s', ([, from, to, lines]) => {
  expect(differenceLines(differences(from, to))).toEqual(lines);
});

test('more than 20 lines are cut', () => {
  const to = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`f${index}`, index]));
  expect(differenceLines(differences({}, to)).slice(-1)).toEqual(['… and 5 lines more']);
});
