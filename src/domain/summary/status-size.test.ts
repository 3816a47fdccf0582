import { expect, test } from 'vitest';

import { MAX_REPLICAS } from '../../api/v1alpha1/spec.ts';
import type { Handoff, MemberStatus } from '../../api/v1alpha1/node-deployment.ts';
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
  const fitted = fitStatus(status);
  expect(fitted.members?.[0]?.message).toHaveLength(96);
  expect(bytes(fitted)).toBeLessThanOrEqual(1.5 * MAX_STATUS_BYTES);
});
