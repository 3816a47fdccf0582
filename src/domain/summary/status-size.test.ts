import { describe, expect, test } from 'vitest';

import { MAX_CONSUMERS, MAX_REPLICAS } from '../../api/v1alpha1/spec.ts';
import { MAX_SUSPECTS } from '../../api/v1alpha1/status.ts';
import { MAX_NAME_LENGTH } from '../../api/v1alpha1/rules.ts';
import type {
  Condition,
  Handoff,
  MemberStatus,
  NodeDeploymentStatus,
  Suspect,
} from '../../api/v1alpha1/node-deployment.ts';
import { MAX_STATUS_BYTES, fitStatus } from './status-size.ts';
import { at } from '../testing/build.ts';

const uid = '6f1c2f0a-7c1b-4b7e-9d34-2f0f7a1b9c11';
const name = (ordinal: number): string => `${'n'.repeat(40)}-${ordinal}`;
const time = at(0);
const finished: Handoff = {
  stoppedAt: time,
  podUID: uid,
  nodeName: 'ip-10-0-123-123.eu-central-1.compute.internal',
  podGoneAt: time,
  removedBy: 'Kubelet',
  detachedAt: time,
  startedAt: time,
  completedAt: time,
};
const member = (ordinal: number, more: Partial<MemberStatus> = {}): MemberStatus => ({
  name: name(ordinal),
  phase: 'Running',
  revision: 'a1b2c3d4e5',
  podUID: uid,
  nodeName: 'ip-10-0-123-123.eu-central-1.compute.internal',
  claim: { name: name(ordinal), uid, requested: '500Gi', capacity: '500Gi' },
  attachment: { state: 'Attached', since: time },
  ...more,
});
const members = (count: number, more: Partial<MemberStatus> = {}): MemberStatus[] =>
  Array.from({ length: count }, (_, ordinal) => member(ordinal, more));
const bytes = (status: object): number => Buffer.byteLength(JSON.stringify(status));

test('a status that fits stays as it is', () => {
  const status = { members: members(100, { handoff: finished }) };
  expect(fitStatus(status)).toBe(status);
});

test('the largest fleet at rest fits once its finished hand-offs are left out', () => {
  const status = { members: members(MAX_REPLICAS, { handoff: finished }) };
  expect(bytes(status)).toBeGreaterThan(MAX_STATUS_BYTES);
  const fitted = fitStatus(status);
  expect(bytes(fitted)).toBeLessThanOrEqual(MAX_STATUS_BYTES);
  expect(fitted.members).toHaveLength(MAX_REPLICAS);
});

test('a hand-off that is under way stays: it is evidence', () => {
  const open = { ...finished, completedAt: undefined };
  const status = { members: [...members(MAX_REPLICAS - 1, { handoff: finished }), member(255, { handoff: open })] };
  expect(fitStatus(status).members?.at(-1)?.handoff).toEqual(open);
});

test('messages are cut only where that does not suffice', () => {
  const status = { members: members(MAX_REPLICAS, { message: 'm'.repeat(512) }) };
  const [first] = fitStatus(status).members ?? [];
  expect(first?.message).toBe('m'.repeat(96));
  expect(first?.podUID).toBe(uid);
  expect(bytes(fitStatus(status))).toBeLessThanOrEqual(MAX_STATUS_BYTES);
});

/** As long as a name can be: of a member, of a machine, of a consumer. */
const longest = { member: 'n'.repeat(MAX_NAME_LENGTH), machine: 'm'.repeat(253), consumer: 'c'.repeat(16) };
const uidOf = (...of: readonly number[]): string => `${uid.slice(0, -of.join('').length)}${of.join('')}`;

/** The most members with everything that they can have, and the most of what is beside them. */
function fullStatus(attached: boolean, completedAt?: string, machine = longest.machine): NodeDeploymentStatus {
  const times = { stoppedAt: time, podGoneAt: time, detachedAt: time, startedAt: time, completedAt };
  const nameOf = (ordinal: number): string => `${longest.member}-${ordinal}`;
  const used = { nodeName: machine, podUID: uid };
  const memberAt = (ordinal: number): MemberStatus => ({
    ...member(ordinal, { phase: 'AwaitingTermination', reason: 'CreateContainerConfigError', name: nameOf(ordinal) }),
    ...used,
    message: '\u{1f4a3}'.repeat(256),
    claim: { name: nameOf(ordinal), uid, requested: '9223372036854775807', capacity: '9223372036854775807' },
    attachment: { state: attached ? 'Attached' : 'Unknown', since: time },
    handoff: { ...times, ...used, removedBy: 'Kubelet' },
    consumers: Array.from({ length: MAX_CONSUMERS }, (_, at) => ({
      ...{ name: `${longest.consumer}${at}`, kind: 'Follower', phase: 'Running' },
      ...used,
      message: 'm'.repeat(256),
    })),
    ...(!attached && {
      suspects: Array.from({ length: MAX_SUSPECTS }, (_, at) => suspect(uidOf(ordinal, at), machine)),
    }),
  });
  const conditions = Array.from({ length: 7 }, (_, at) => condition(`Type${at}`));
  const members = Array.from({ length: MAX_REPLICAS }, (_, ordinal) => memberAt(ordinal));
  return { members, conditions };
}
const suspect = (podUID: string, nodeName: string): Suspect => ({
  ...{ podUID, nodeName, goneAt: time, isForced: false, consumer: `${longest.consumer}0` },
});
const condition = (type: string): Condition => ({
  ...{ type, status: 'False', reason: 'MembersNotReady', lastTransitionTime: time, message: 'm'.repeat(1024) },
});

describe('with everything that its schema has room for, of 256 members', () => {
  test.for<[what: string, status: NodeDeploymentStatus, most: number]>([
    ['fits at rest, on volumes that are attached', fullStatus(true, time), MAX_STATUS_BYTES],
    ['is a fifth larger while all are in a hand-off at once', fullStatus(true), 1.2 * MAX_STATUS_BYTES],
    [
      'can be stored also on volumes of which only it can tell',
      fullStatus(false, undefined, 'm'.repeat(63)),
      1_200_000,
    ],
  ])('a status %s', ([, status, most]) => {
    expect(bytes(status)).toBeGreaterThan(most);
    expect(bytes(fitStatus(status))).toBeLessThanOrEqual(most);
  });

  test('a status keeps all that tells who used a volume', () => {
    const status = fullStatus(false);
    for (const [at, fitted] of (fitStatus(status).members ?? []).entries()) {
      const { podUID, nodeName, handoff, suspects, consumers = [] } = status.members?.[at] ?? {};
      expect(fitted).toMatchObject({ podUID, nodeName, handoff, suspects });
      expect(fitted.consumers).toEqual(consumers.map((one) => ({ ...one, message: undefined })));
    }
  });
});

test('what was told once stays, or it would be told again: claims, skipped runs, reasons', () => {
  const status = fullStatus(true);
  const members = status.members?.map((one) => ({
    ...one,
    consumers: one.consumers?.map((consumer, at) => (at === 0 ? { ...consumer, skippedRunAt: time } : consumer)),
  }));
  for (const fitted of fitStatus({ ...status, members }).members ?? []) {
    expect(fitted.claim?.uid).toBe(uid);
    expect(fitted.reason).toBe('CreateContainerConfigError');
    expect(fitted.consumers?.map(({ skippedRunAt }) => skippedRunAt)).toEqual([time]);
  }
});

test.for([fullStatus(true), fullStatus(false), { members: members(3) }])('what fits is not cut again', (status) => {
  const fitted = fitStatus(status);
  expect(JSON.stringify(fitStatus(fitted))).toBe(JSON.stringify(fitted));
});
