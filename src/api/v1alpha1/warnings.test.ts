import { expect, test } from 'vitest';

import type { PodTemplate } from '../../kube/kinds.ts';
import { REQUIRED_POD_AFFINITY, REQUIRED_POD_AFFINITY_OF_CONSUMER, warningsOf } from './warnings.ts';

type Affinity = NonNullable<PodTemplate['spec']>['affinity'];
const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'worker' } } };
const required = [term];
const preferred = [{ weight: 1, podAffinityTerm: term }];

test.for<[name: string, warnings: readonly string[], affinity: Affinity]>([
  [
    'a required podAffinity',
    [REQUIRED_POD_AFFINITY],
    { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
  ],
  ['not a preferred one', [], { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } }],
  ['not an empty list', [], { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } }],
  ['not anti-affinity', [], { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } }],
  ['not a template without affinity', [], undefined],
])('warns of %s', ([, warnings, affinity]) => {
  const containers = [{ name: 'app', image: 'app:1' }];
  expect(warningsOf({ template: { spec: { containers, ...(affinity && { affinity }) } } })).toEqual(warnings);
});

test('has nothing to say of a template without a spec', () => {
  expect(warningsOf({ template: {} })).toEqual([]);
});

test('warns of a required podAffinity of any consumer once, and of that of the template apart', () => {
  const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
  const bound = { template: { spec: { containers: [], affinity } } };
  const free = { template: { spec: { containers: [] } } };
  expect(warningsOf({ ...free, consumers: [free, bound, bound] })).toEqual([REQUIRED_POD_AFFINITY_OF_CONSUMER]);
  expect(warningsOf({ ...bound, consumers: [bound] })).toEqual([
    REQUIRED_POD_AFFINITY,
    REQUIRED_POD_AFFINITY_OF_CONSUMER,
  ]);
});
