import { describe, expect, test } from 'vitest';

import { ANNOTATION, LABEL } from '../api/v1alpha1/names.ts';
import type { StoredClaim, StoredPod } from '../kube/kinds.ts';
import type { Action } from './actions.ts';
import { type Observed, type Readings, isWanted } from './observed.ts';
import { gate, isClaimOf, planClaim } from './storage.ts';
import {
  NOW,
  STORAGE,
  type SpecInput,
  at,
  attachment,
  claim,
  deployment,
  observe,
  pod,
  statefulSet,
} from './testing/build.ts';

const fleet = deployment({ storage: STORAGE });
const first = (observed: Observed) =>
  observed.members.find((member) => isWanted(observed.deployment, member)) ?? expect.fail('no member');
const foreignPod = (metadata = {}): StoredPod => {
  const mine = pod(fleet, 0);
  return { ...mine, metadata: { ...mine.metadata, name: 'backup', uid: 'backup-uid', labels: {}, ...metadata } };
};

describe('planClaim', () => {
  const outcome = (actions: readonly Action[]): string =>
    actions
      .map((action) =>
        action.type === 'Wait' ? `${action.reason}${action.stalled === undefined ? '' : '!'}` : action.type,
      )
      .join() || 'use';
  const own = claim(fleet, 0);
  const leftBehind = claim(fleet, 0, { metadata: { annotations: { [ANNOTATION.deploymentUid]: 'former-uid' } } });
  const foreign = claim(fleet, 0, { metadata: { annotations: {}, labels: { app: 'other' } } });
  const ofAnother = claim(fleet, 0, {
    metadata: { annotations: {}, labels: { [LABEL.managedBy]: 'nodefleet', [LABEL.member]: 'other-0' } },
  });
  const terminating = claim(fleet, 0, { metadata: { deletionTimestamp: at(-1) } });
  const lost = claim(fleet, 0, { status: { phase: 'Lost' } });
  const bare = claim(fleet, 0, { status: { phase: 'Pending' }, spec: { volumeName: '' } });

  test.for<[name: string, existing: StoredClaim | undefined, own: string, any: string, reject: string]>([
    ['no claim: made', undefined, 'Apply', 'Apply', 'Apply'],
    ['its own', own, 'use', 'use', 'use'],
    ['its own, waiting for its first consumer', bare, 'use', 'use', 'use'],
    ['left behind by a former fleet of this name', leftBehind, 'Apply', 'Apply', 'ForeignClaim!'],
    ["somebody else's", foreign, 'ForeignClaim!', 'Apply', 'ForeignClaim!'],
    ["another fleet's", ofAnother, 'ForeignClaim!', 'Apply', 'ForeignClaim!'],
    ['its own, being deleted', terminating, 'ClaimTerminating', 'ClaimTerminating', 'ClaimTerminating'],
    ['its own, without its volume', lost, 'ClaimLost!', 'ClaimLost!', 'ClaimLost!'],
  ])('%s', ([, existing, adoptOwn, adoptAny, reject]) => {
    const answers = (['AdoptOwn', 'AdoptAny', 'Reject'] as const).map((existingClaims) => {
      const owner = deployment({ storage: { ...STORAGE, existingClaims } });
      const observed = observe(owner, { claims: existing === undefined ? [] : [existing] });
      return outcome(planClaim(observed, first(observed)));
    });
    expect(answers).toEqual([adoptOwn, adoptAny, reject]);
  });

  test('adoption writes its own uid on the claim, fenced by the version read', () => {
    const observed = observe(fleet, { claims: [leftBehind] });
    const [adopt] = planClaim(observed, first(observed));
    expect(adopt).toMatchObject({
      purpose: 'Ensure',
      fence: { uid: leftBehind.metadata.uid, resourceVersion: '1' },
      object: { metadata: { annotations: { [ANNOTATION.deploymentUid]: 'web-uid' } } },
    });
  });

  test('a fleet without storage has no claims', () => {
    const observed = observe(deployment());
    expect(planClaim(observed, first(observed))).toEqual([]);
  });

  test('what it refuses, it names: the claim, the field and the remedy', () => {
    const observed = observe(fleet, { claims: [foreign] });
    const [wait] = planClaim(observed, first(observed));
    expect(wait).toMatchObject({ message: expect.stringMatching(/claim web-0 .*existingClaims.*AdoptAny/) });
  });

  test('a claim is its own by uid, not by name', () => {
    expect([isClaimOf(fleet, own), isClaimOf(fleet, leftBehind)]).toEqual([true, false]);
  });
});

describe('gate', () => {
  const mine = claim(fleet, 0);
  const stopped = (seconds: number) => statefulSet(fleet, 0, { replicas: 0, quiescedAt: at(-seconds) });
  const judge = (
    read: Partial<Readings>,
    rollout: SpecInput['rollout'] = {},
    spec: SpecInput = { storage: STORAGE },
  ) => {
    const observed = observe(deployment({ ...spec, rollout }), { claims: [mine], ...read });
    const answer = gate(observed, first(observed));
    return answer?.type === 'Wait' ? answer : (answer?.type ?? 'free');
  };
  const proven = { provenClaims: new Set(['web-0']) };

  test('a volume whose freedom was read live is free', () => {
    expect(judge(proven)).toBe('free');
  });

  test('a volume that only the cache calls free has to be proven free', () => {
    expect(judge({})).toBe('Prove');
  });

  test.for(['Pending', 'Running', 'Unknown'])("waits for the member's own %s pod", (phase) => {
    expect(judge({ ...proven, pods: [pod(fleet, 0, { phase })] })).toMatchObject({
      reason: 'PodTerminating',
      message: expect.stringContaining('web-0-0'),
    });
  });

  test('waits for a pod that is being deleted: it may still write', () => {
    expect(judge({ ...proven, pods: [pod(fleet, 0, { isTerminating: true })] })).toMatchObject({
      reason: 'PodTerminating',
    });
  });

  test.for(['Succeeded', 'Failed'])('does not wait for a %s pod', (phase) => {
    expect(judge({ ...proven, pods: [pod(fleet, 0, { phase })] })).toBe('free');
  });

  test('names a foreign pod that mounts the claim', () => {
    expect(judge({ ...proven, pods: [foreignPod()] })).toMatchObject({
      reason: 'BlockedByConsumer',
      stalled: 'BlockedByConsumer',
      message: expect.stringContaining('pod backup still mounts claim web-0'),
    });
  });

  test.for([
    ['attached', {}],
    ['being detached: it still counts', { deletionTimestamp: at(-1) }],
  ] as const)('waits while the volume is %s', ([, metadata]) => {
    const read = { ...proven, statefulSets: [stopped(10)], attachments: [attachment(mine, 'm1', metadata)] };
    expect(judge(read)).toMatchObject({
      reason: 'AwaitingDetach',
      untilMs: NOW + 410_000,
      message: expect.stringMatching(/pv-web-0 .*m1/),
    });
  });

  test("is not concerned with another volume's attachment", () => {
    expect(judge({ ...proven, attachments: [attachment(claim(fleet, 1))] })).toBe('free');
  });

  test.for([
    ['Required', 419, false, 'AwaitingDetach'],
    ['Required', 420, true, 'DetachTimeout'],
    ['Required', 86_400, true, 'DetachTimeout'],
    ['BestEffort', 419, true, 'AwaitingDetach'],
    ['BestEffort', 420, true, 'free'],
    ['BestEffort', 420, false, 'Prove'],
  ] as const)('%s, attached %i s after the stop, read live %s: %s', ([detach, seconds, isProven, answer]) => {
    const read = { ...(isProven ? proven : {}), statefulSets: [stopped(seconds)], attachments: [attachment(mine)] };
    const judged = judge(read, { detach });
    expect(typeof judged === 'string' ? judged : judged.reason).toBe(answer);
  });

  test('a pod on the claim outlasts the timeout of BestEffort', () => {
    const read = { ...proven, statefulSets: [stopped(9999)], pods: [foreignPod()], attachments: [attachment(mine)] };
    expect(judge(read, { detach: 'BestEffort' })).toMatchObject({ reason: 'BlockedByConsumer' });
  });

  test('counts from the deletion of the attachment where there is no StatefulSet to tell', () => {
    const attachments = [attachment(mine, 'm1', { deletionTimestamp: at(-420) })];
    expect(judge({ ...proven, attachments })).toMatchObject({ reason: 'DetachTimeout', stalled: 'DetachTimeout' });
  });

  test('has no timeout where nothing says when the member was stopped', () => {
    const judged = judge({ ...proven, attachments: [attachment(mine)] });
    expect(judged).toMatchObject({ reason: 'AwaitingDetach' });
    expect(judged).not.toHaveProperty('untilMs');
  });

  test('a claim that is not there yet is free', () => {
    expect(judge({ claims: [] })).toBe('free');
  });

  test.for<[name: string, spec: SpecInput]>([
    ['an emptyDir', {}],
    ['a volume that many may write', { storage: { ...STORAGE, accessMode: 'ReadWriteMany' } }],
  ])('asks for no proof for %s', ([, spec]) => {
    expect(judge({ attachments: [attachment(mine)] }, {}, spec)).toBe('free');
  });
});
