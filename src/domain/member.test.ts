// Which members count as available: what a rollout's budget and the condition Ready are made of.
import { expect, test } from 'vitest';

import { isAvailable } from './member.ts';
import { at, deployment, NOW, observe, pod, statefulSet } from './testing/build.ts';

const fleet = deployment();
const former = deployment({}, { uid: 'former-uid' });

test.for([
  ['whose StatefulSet is ours and whose pod is Ready', statefulSet(fleet, 0), pod(fleet, 0), true],
  ['whose pod is not Ready', statefulSet(fleet, 0), pod(fleet, 0, { ready: false }), false],
  ['that was told to stop', statefulSet(fleet, 0, { replicas: 0 }), pod(fleet, 0), false],
  ['whose StatefulSet is that of a deleted fleet of this name', statefulSet(former, 0), pod(fleet, 0), false],
  [
    'whose StatefulSet is being deleted',
    statefulSet(fleet, 0, { metadata: { deletionTimestamp: at(-1) } }),
    pod(fleet, 0),
    false,
  ],
] as const)('a member %s', ([, set, running, expected]) => {
  const [member] = observe(fleet, { statefulSets: [set], pods: [running] }).members;
  expect(member && isAvailable(fleet, member, NOW)).toBe(expected);
});
