import { describe, expect, test } from 'vitest';

import type { StoredLease } from '../../kube/kinds.ts';
import {
  claimOf,
  isFree,
  type LeaseSpec,
  observe,
  releaseOf,
  renewalOf,
  type Observation,
  type Writer,
} from './lease-record.ts';

const THEN = '2020-01-01T00:00:00.000000Z';
const NOW = '2026-01-01T00:00:00.000000Z';
const us: Writer = { identity: 'us', leaseDurationMs: 15_000, wallMs: Date.UTC(2026, 0, 1) };

/** A lease of `them` for 15 s, acquired and renewed long ago by its own account. */
function lease(spec: LeaseSpec = {}, metadata: Partial<StoredLease['metadata']> = {}): StoredLease {
  return {
    metadata: { name: 'op', uid: 'u1', resourceVersion: '7', creationTimestamp: THEN, ...metadata },
    spec: {
      holderIdentity: 'them',
      leaseDurationSeconds: 15,
      acquireTime: THEN,
      renewTime: THEN,
      leaseTransitions: 3,
      ...spec,
    },
  };
}

const seenAt = (nowMs: number, now: StoredLease | undefined, before?: Observation): Observation =>
  observe(before, now, nowMs, 9_000);

describe('a lease that is seen for the first time', () => {
  test.for<[what: string, lease: StoredLease | undefined, freeAtMs: number]>([
    ['that does not exist is free', undefined, -Infinity],
    ['without a holder is free', lease({ holderIdentity: '' }), -Infinity],
    ['that is held is free after its own duration, however old it says it is', lease(), 1_015_000],
    ['that is held for longer than we would is free after that', lease({ leaseDurationSeconds: 60 }), 1_060_000],
    [
      'whose times lie in the future is free after its duration',
      lease({ renewTime: '2099-01-01T00:00:00Z' }),
      1_015_000,
    ],
  ])('%s', ([, seen, freeAtMs]) => {
    expect(seenAt(1_000_000, seen).freeAtMs).toBe(freeAtMs);
  });

  test('and names no duration is free after ours', () => {
    const { leaseDurationSeconds: _, ...spec } = lease().spec ?? {};
    expect(seenAt(0, { ...lease(), spec }).freeAtMs).toBe(9_000);
  });
});

describe('a lease that is seen again', () => {
  const before = seenAt(0, lease());

  test.for<[what: string, lease: StoredLease | undefined, freeAtMs: number]>([
    ['unchanged is free when it would have been', lease(), 15_000],
    ['with a label more is free when it would have been', lease({}, { resourceVersion: '8' }), 15_000],
    ['renewed is free a duration later', lease({ renewTime: NOW }), 25_000],
    ['with another holder is free a duration later', lease({ holderIdentity: 'third' }), 25_000],
    ['made anew is free a duration later', lease({}, { uid: 'u2' }), 25_000],
    ['released is free', lease({ holderIdentity: '' }), -Infinity],
    ['no more, though it was held, is free a duration later: its holder has not heard of that', undefined, 25_000],
  ])('%s', ([, seen, freeAtMs]) => {
    expect(seenAt(10_000, seen, before).freeAtMs).toBe(freeAtMs);
  });

  test('keeps the version that a write has to be conditional on, whether it has changed or not', () => {
    expect(seenAt(10_000, lease({}, { resourceVersion: '8' }), before).lease?.metadata.resourceVersion).toBe('8');
  });

  test('gone twice is free when it would have been', () => {
    expect(seenAt(12_000, undefined, seenAt(10_000, undefined, before)).freeAtMs).toBe(25_000);
  });

  test('gone after it was released is free', () => {
    const released = seenAt(5_000, lease({ holderIdentity: '' }), before);
    expect(seenAt(6_000, undefined, released).freeAtMs).toBe(-Infinity);
  });
});

describe('who may take it', () => {
  test.for<[who: string, nowMs: number, isOurs: boolean]>([
    ['them', 14_999, false],
    ['them', 15_000, true],
    ['us', 0, true],
  ])('%s holding it, after %i ms we may: %s', ([holderIdentity, nowMs, isOurs]) => {
    expect(isFree(seenAt(0, lease({ holderIdentity })), 'us', nowMs)).toBe(isOurs);
  });
});

describe('what is written', () => {
  const ours = lease({ holderIdentity: 'us' });

  test.for<[what: string, spec: LeaseSpec, expected: LeaseSpec]>([
    ['a first claim counts no transition', claimOf(undefined, us), { acquireTime: NOW, leaseTransitions: 0 }],
    ['a claim is a transition more', claimOf(lease(), us), { acquireTime: NOW, leaseTransitions: 4 }],
    [
      'a claim after a release is one too',
      claimOf(lease({ holderIdentity: '' }), us),
      { acquireTime: NOW, leaseTransitions: 4 },
    ],
    ['a claim whose answer was lost is renewed', claimOf(ours, us), { acquireTime: THEN, leaseTransitions: 3 }],
    ['a renewal leaves since when and how often', renewalOf(ours, us), { acquireTime: THEN, leaseTransitions: 3 }],
    [
      'a release names nobody, for the shortest time',
      releaseOf(ours, us),
      { holderIdentity: '', leaseDurationSeconds: 1, acquireTime: NOW, leaseTransitions: 3 },
    ],
  ])('%s', ([, spec, expected]) => {
    const always = { holderIdentity: 'us', leaseDurationSeconds: 15, renewTime: NOW };
    expect(spec).toEqual({ ...always, ...expected });
  });
});
