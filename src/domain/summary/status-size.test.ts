import { describe, expect, test } from 'vitest';

import { MAX_CONSUMERS, MAX_REPLICAS } from '../../api/v1alpha1/spec.ts';
import { statusSchema } from '../../api/v1alpha1/status.ts';
import type { Handoff, MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { type Largest, largestStatus } from '../testing/largest-status.ts';
import { MAX_EVIDENCE_BYTES, MAX_STATUS_BYTES, MAX_STORED_BYTES, fitStatus, storedBytes } from './status-size.ts';
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

test('a status that fits stays as it is', () => {
  const status = { members: members(100, { handoff: finished }) };
  expect(fitStatus(status)).toBe(status);
});

test('the largest fleet at rest fits once its finished hand-offs are left out', () => {
  const status = { members: members(MAX_REPLICAS, { handoff: finished }) };
  expect(storedBytes(status)).toBeGreaterThan(MAX_STATUS_BYTES);
  const fitted = fitStatus(status);
  expect(storedBytes(fitted)).toBeLessThanOrEqual(MAX_STATUS_BYTES);
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
  expect(first?.message).toBe(`${'m'.repeat(95)}…`);
  expect(first?.podUID).toBe(uid);
  expect(storedBytes(fitStatus(status))).toBeLessThanOrEqual(MAX_STATUS_BYTES);
});

/** Each is made and cut once: it is of up to 12 MB. */
const cutOf = (of: Largest): { readonly status: NodeDeploymentStatus; readonly fitted: NodeDeploymentStatus } => {
  const status = largestStatus(of);
  return { status, fitted: fitStatus(status) };
};
const FULL = cutOf({});
const ATTACHED = cutOf({ isAttached: true });

describe('the largest status that there can be', () => {
  test.for<[what: string, of: ReturnType<typeof cutOf>, most: number]>([
    ['never passes what can be stored', FULL, MAX_STORED_BYTES],
    ['with conditions of others, 4096 characters each', cutOf({ others: 4096 }), MAX_STORED_BYTES + 131_072],
    ['where attachments tell who uses the volumes', ATTACHED, MAX_EVIDENCE_BYTES],
  ])('%s', ([, { status, fitted }, most]) => {
    statusSchema.parse(status);
    statusSchema.parse(fitted);
    expect(storedBytes(status)).toBeGreaterThan(5 * MAX_STORED_BYTES);
    expect(storedBytes(fitted)).toBeLessThanOrEqual(most);
  });

  test('of 256 members at rest keeps the budget, but for what was told once: skipped runs, claims, conditions', () => {
    const status = largestStatus({ members: MAX_REPLICAS, isAttached: true, isOver: true });
    const { members = [] } = status;
    const told = { ...status, plan: undefined, retainedClaims: undefined, conditions: undefined };
    const fitted = fitStatus({ ...told, members: members.map((one) => ({ ...one, reason: 'Why', consumers: [] })) });
    expect(storedBytes(fitted)).toBeLessThanOrEqual(MAX_STATUS_BYTES);
  });

  test('says what it lacks, in the order in which it went', () => {
    expect(FULL.fitted.omitted).toEqual([
      ...['SurplusMembers', 'LongMessages', 'Details', 'Messages', 'ConsumerMachines', 'Suspects'],
    ]);
    expect(fitStatus(largestStatus({ members: 300, isAttached: true, isOver: true })).omitted).toEqual([
      ...['SurplusMembers', 'FinishedHandoffs', 'LongMessages', 'Consumers', 'Machines', 'Details', 'Messages'],
    ]);
    expect(fitStatus({ members: members(3) }).omitted).toBeUndefined();
  });
});

test('all that tells who used a volume stays, of nine pods of each of 256 members that went at once', () => {
  const { members = [], ...status } = largestStatus({ members: MAX_REPLICAS, machine: 63 });
  const gone = members.map((one) => ({ ...one, consumers: undefined, reason: 'AwaitingRelease', podUID: undefined }));
  const fitted = fitStatus({ ...status, retainedClaims: undefined, members: gone });
  for (const [at, { nodeName, handoff, suspects }] of gone.entries())
    expect(fitted.members?.[at]).toMatchObject({ nodeName, handoff, suspects });
});

test('what was told once stays, or it would be told again: claims, skipped runs, reasons', () => {
  const { members = [] } = largestStatus({ members: MAX_REPLICAS, isAttached: true });
  for (const [at, fitted] of (fitStatus({ members }).members ?? []).entries()) {
    expect(fitted.claim?.uid).toBe(members[at]?.claim?.uid);
    expect(fitted.reason).toBe(members[at]?.reason);
    expect(fitted.consumers?.map(({ skippedRunAt }) => skippedRunAt)).toEqual(Array(MAX_CONSUMERS).fill(time));
  }
});

test.for([ATTACHED.fitted, FULL.fitted, { members: members(3) }])('what fits is not cut again', (fitted) => {
  expect(JSON.stringify(fitStatus(fitted))).toBe(JSON.stringify(fitted));
});

test('a size is that of what the API server stores, which writes some characters as six bytes', () => {
  expect(storedBytes({ a: '<>&\u{1f4a3}é' })).toBe('{"a":""}'.length + 3 * 6 + 4 + 2);
});
