import { expect, test } from 'vitest';

import type { Machine, Volume } from './kinds.ts';
import { admitsMachine, describeAffinity } from './node-affinity.ts';

const ZONE = 'topology.kubernetes.io/zone';
const machine: Machine = { metadata: { name: 'm1', labels: { [ZONE]: 'zone-a', cores: '8' } } };
type Requirement = { key: string; operator: string; values?: string[] };
const volume = (...terms: { matchExpressions?: Requirement[]; matchFields?: Requirement[] }[]): Volume => ({
  spec: { nodeAffinity: { required: { nodeSelectorTerms: terms } } },
});
const needs = (key: string, operator: string, ...values: string[]): Volume =>
  volume({ matchExpressions: [{ key, operator, values }] });

test.for<[name: string, of: Volume, isAdmitted: boolean]>([
  ['no affinity', { spec: {} }, true],
  ['In, of it', needs(ZONE, 'In', 'zone-a', 'zone-b'), true],
  ['In, not of it', needs(ZONE, 'In', 'zone-b'), false],
  ['In, without the label', needs('rack', 'In', 'r1'), false],
  ['NotIn', needs(ZONE, 'NotIn', 'zone-b'), true],
  ['NotIn, of it', needs(ZONE, 'NotIn', 'zone-a'), false],
  ['NotIn, without the label', needs('rack', 'NotIn', 'r1'), true],
  ['Exists', needs(ZONE, 'Exists'), true],
  ['Exists, without the label', needs('rack', 'Exists'), false],
  ['DoesNotExist', needs('rack', 'DoesNotExist'), true],
  ['DoesNotExist, with the label', needs(ZONE, 'DoesNotExist'), false],
  ['Gt', needs('cores', 'Gt', '4'), true],
  ['Gt, equal', needs('cores', 'Gt', '8'), false],
  ['Lt', needs('cores', 'Lt', '9'), true],
  ['Lt, without the label', needs('rack', 'Lt', '9'), false],
  ['an operator that nobody knows', needs(ZONE, 'Near', 'zone-a'), false],
  ['its name', volume({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['m1'] }] }), true],
  ['another name', volume({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['m2'] }] }), false],
  ['a term that requires nothing', volume({}), false],
  ['one term of two', volume({}, { matchExpressions: [{ key: ZONE, operator: 'Exists' }] }), true],
  [
    'all expressions of a term',
    volume({
      matchExpressions: [
        { key: ZONE, operator: 'Exists' },
        { key: 'rack', operator: 'Exists' },
      ],
    }),
    false,
  ],
])('%s: %s', ([, of, isAdmitted]) => {
  expect(admitsMachine(of, machine)).toBe(isAdmitted);
});

test('an affinity is told in words', () => {
  expect(describeAffinity(needs(ZONE, 'In', 'zone-a', 'zone-b'))).toBe(`${ZONE} in (zone-a, zone-b)`);
  expect(
    describeAffinity(
      volume(
        { matchExpressions: [{ key: 'ssd', operator: 'Exists' }] },
        { matchExpressions: [{ key: 'x', operator: 'In', values: ['1'] }] },
      ),
    ),
  ).toBe('ssd Exists, or x in (1)');
});
