// Members that are made below the partition, as in a StatefulSet: on the revision that the members last agreed on.
import { describe, expect, test } from 'vitest';

import type { StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { NO_READINGS, type Readings } from '../observed.ts';
import { desire } from '../desired/desire.ts';
import { revisionOf } from '../desired/pod-template.ts';
import { revisionOfSet } from '../member.ts';
import { plan } from '../plan.ts';
import {
  NOW,
  STORAGE,
  type SpecInput,
  at,
  claim,
  csiDriver,
  deployment,
  observe,
  pod,
  record,
  running,
  statefulSet,
  volumeOf,
} from '../testing/build.ts';

const old = deployment({ template: running('app:1') });
const agreed = revisionOf(old.spec);
const fleet = (spec: SpecInput = {}, currentRevision: string | undefined = agreed): StoredNodeDeployment =>
  deployment({ replicas: 3, template: running('app:2'), rollout: { partition: 2 }, ...spec }, {}, { currentRevision });
/** The fleet before, with storage. */
const persistent = deployment({ template: running('app:1'), storage: STORAGE });
const consumer = pod(persistent, 0, { metadata: { name: 'backup', labels: {} } });
const known: Partial<Readings> = { revisions: [record(old, 1), record(fleet(), 2)] };
const projected: Partial<Readings> = {
  revisions: (known.revisions ?? []).map((one) => ({ ...one, data: undefined })),
};

/** The image that each member is started with, under the label of its revision; other actions by their type. */
function starts(owner: StoredNodeDeployment, read: Partial<Readings>): readonly string[] {
  return plan(desire(owner), observe(owner, { ...NO_READINGS, ...read }, NOW)).actions.flatMap((action) => {
    if (action.type !== 'Apply') return [action.type];
    if (action.purpose !== 'Start') return [];
    const set = action.object as ReturnType<typeof statefulSet>;
    const [container] = set.spec?.template.spec?.containers ?? [];
    const isOld = container?.image === 'app:1';
    expect(revisionOfSet(set)).toBe(isOld ? owner.status?.currentRevision : revisionOf(owner.spec));
    return [`${action.member} ${container?.image}`];
  });
}

describe('a member that is made below the partition', () => {
  test('starts on the revision that the members last agreed on; one above it on the target', () => {
    expect(starts(fleet(), known)).toEqual(['web-0 app:1', 'web-1 app:1', 'web-2 app:2']);
  });

  test('waits until the old template has been read, and holds up no other', () => {
    expect(starts(fleet(), projected)).toEqual(['Recall', 'Recall', 'web-2 app:2']);
  });

  test.for<[what: string, owner: StoredNodeDeployment, read: Partial<Readings>]>([
    ['there is no partition', fleet({ rollout: {} }), known],
    ['the members have never agreed', { ...fleet(), status: {} }, known],
    ['they agreed on the present one', fleet({}, revisionOf(fleet().spec)), known],
    ['its record is gone', fleet(), { revisions: [record(fleet(), 2)] }],
    ["its record is another's", fleet(), { revisions: [record(old, 1, { ownerReferences: [] }), record(fleet(), 2)] }],
    ['its record holds something else', fleet(), { revisions: [{ ...record(old, 1), data: record(fleet()).data }] }],
  ])('starts on the target where %s', ([, owner, read]) => {
    expect(starts(owner, read)).toEqual(['web-0 app:2', 'web-1 app:2', 'web-2 app:2']);
  });

  test('starts on the target where storage was added since: the old template would give another pod', () => {
    const owner = fleet({ storage: STORAGE });
    expect(starts(owner, { revisions: [record(old, 1), record(owner, 2)] })[0]).toBe('web-0 app:2');
  });

  test.for<[what: string, read: Partial<Readings>, decided: readonly string[]]>([
    ['nothing while another workload holds its claim', { pods: [consumer] }, ['Wait']],
    ['for the old template, and then for the proof that its volume is free', {}, ['Recall']],
    ['for the proof, with the old template at hand', { revisions: [record(persistent, 1)] }, ['Prove']],
    ['nothing with both', { revisions: [record(persistent, 1)], provenClaims: new Set(['web-0']) }, ['web-0 app:1']],
  ])('on a claim that is there asks %s', ([, read, decided]) => {
    const owner = {
      ...fleet({ storage: STORAGE, replicas: 1 }),
      status: { currentRevision: revisionOf(persistent.spec) },
    };
    const unread = [{ ...record(persistent, 1), data: undefined }];
    const claims = [claim(persistent, 0)];
    const removedPods = new Map([['web-0', pod(persistent, 0, { isTerminating: true })]]);
    const readings = {
      revisions: unread,
      claims,
      volumes: claims.map(volumeOf),
      drivers: [csiDriver(true)],
      removedPods,
      ...read,
    };
    expect(starts(owner, readings).filter((one) => one !== 'Apply')).toEqual(decided);
  });
});

test('a member below the partition that is there is not moved', () => {
  const owner = fleet({ replicas: 1 });
  expect(
    starts(owner, { ...known, statefulSets: [statefulSet(old, 0, { metadata: { creationTimestamp: at(-9) } })] }),
  ).toEqual([]);
});
