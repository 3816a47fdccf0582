// Which members count as available: what a rollout's budget and the condition Ready are made of. And whose pod is
// outdated.
import { expect, test } from 'vitest';

import { isAvailable, isPodOutdated } from './member.ts';
import { at, deployment, NOW, observe, pod, running as runningOf, statefulSet } from './testing/build.ts';

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

const older = deployment({ template: runningOf('app:0') });
const controlledBy = (uid: string) => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web-0', uid, controller: true }],
});
const set = statefulSet(fleet, 0, { metadata: { generation: 3 } });
const seen = { ...set, status: { observedGeneration: 3, replicas: 1 } };
const [oldPod, newPod] = [pod(older, 0, { metadata: { uid: 'old' } }), pod(fleet, 0)];

test.for([
  ['is of another template than its StatefulSet', seen, [oldPod], true],
  ['is so, and its StatefulSet’s own', seen, [pod(older, 0, { metadata: controlledBy(set.metadata.uid) })], true],
  ['has the template of its StatefulSet', seen, [newPod], false],
  ['is not there', seen, [], false],
  ['is ending, and so replaced anyway', seen, [pod(older, 0, { isTerminating: true })], false],
  ['is the one before, which a cache still shows beside the next', seen, [oldPod, newPod], false],
  ['is that of a deleted StatefulSet of this name', seen, [pod(older, 0, { metadata: controlledBy('former') })], false],
  [
    'may yet be ended by a StatefulSet controller that has not seen the last start',
    { ...set, status: { observedGeneration: 2, replicas: 1 } },
    [oldPod],
    false,
  ],
  ['is to end, as the member is stopped', { ...seen, spec: { ...seen.spec, replicas: 0 } }, [oldPod], false],
] as const)('whether a pod is outdated that %s', ([, statefulSets, pods, expected]) => {
  const [member] = observe(fleet, { statefulSets: [statefulSets as typeof set], pods: [...pods] }).members;
  expect(member && isPodOutdated(member)).toBe(expected);
});
