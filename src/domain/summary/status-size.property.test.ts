// Whatever a status tells, it fits when it is cut, and of what a decision rests on nothing is weaker than before.
import fc from 'fast-check';
import { expect, test } from 'vitest';

import type {
  ConsumerStatus,
  MemberStatus,
  NodeDeploymentStatus,
  Suspect,
} from '../../api/v1alpha1/node-deployment.ts';
import { MAX_REPLICAS } from '../../api/v1alpha1/spec.ts';
import { statusSchema } from '../../api/v1alpha1/status.ts';
import { largestStatus } from '../testing/largest-status.ts';
import { UNTOLD_MACHINE } from '../volumes/suspects.ts';
import { MAX_EVIDENCE_BYTES, MAX_STATUS_BYTES, MAX_STORED_BYTES, fitStatus, storedBytes } from './status-size.ts';

const FULL = largestStatus();
const ATTACHED = largestStatus({ isAttached: true });
const OVER = largestStatus({ isAttached: true, isOver: true });
const RUNS = 15;

/** Of one member what is there, as bits; the same for every `period`-th, so that a fleet of each size has all kinds. */
const shape = fc.record({
  from: fc.constantFrom(FULL, ATTACHED, OVER),
  count: fc.integer({ min: 0, max: 300 }),
  machine: fc.integer({ min: 1, max: 253 }),
  bits: fc.array(fc.nat(0xfff), { minLength: 1, maxLength: 7 }),
  others: fc.boolean(),
});

const status = shape.map(({ from, count, machine, bits, others }): NodeDeploymentStatus => {
  const members = (from.members ?? [])
    .slice(0, count)
    .map((one, at) => thinned(one, bits[at % bits.length] ?? 0, machine));
  return { ...from, members, ...(others && { conditions: undefined, retainedClaims: undefined }) };
});

function thinned(member: MemberStatus, bits: number, machine: number): MemberStatus {
  const has = (bit: number): boolean => (bits & (1 << bit)) === 0;
  const name = 'm'.repeat(machine);
  const named = <T extends { readonly nodeName?: string | undefined }>(one: T): T => ({ ...one, nodeName: name });
  const suspect = (one: Suspect, at: number): Suspect => ({ ...named(one), isForced: has(at % 12) });
  return {
    ...member,
    ...(has(0) ? { nodeName: name } : { podUID: undefined, nodeName: undefined }),
    message: has(1) ? member.message : undefined,
    handoff: has(2) && member.handoff ? named(member.handoff) : undefined,
    consumers: has(3) ? member.consumers?.slice(0, bits % 9).map((one) => (has(4) ? named(one) : one)) : undefined,
    suspects: has(5) ? member.suspects?.slice(0, (bits >> 6) % 10).map(suspect) : undefined,
    attachment: has(7) ? member.attachment : undefined,
  };
}

test('it fits, says so where it lacks something, and is one that the schema has', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(status, (before) => {
      const after = fitStatus(before);
      statusSchema.parse(after);
      expect(storedBytes(after)).toBeLessThanOrEqual(MAX_STORED_BYTES);
      expect(after.omitted !== undefined).toBe(after !== before);
      if (storedBytes(before) <= MAX_STATUS_BYTES) expect(after).toBe(before);
      if (storedBytes(before) <= MAX_EVIDENCE_BYTES) expect(after.omitted ?? []).not.toContain('Suspects');
    }),
    { numRuns: RUNS },
  );
});

test('no pod that may still write is forgotten, nor released any sooner', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(status, (before) => {
      const { members: left = [] } = fitStatus(before);
      const weaker = (before.members ?? []).filter((one, at) => !isAsStrict(left[at], one, at));
      expect(weaker.map(({ name }) => name)).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});

function isAsStrict(left: MemberStatus | undefined, member: MemberStatus, ordinal: number): boolean {
  const { name, phase, reason, podUID, handoff, suspects = [], consumers = [], attachment } = member;
  if (left?.name !== name || left.phase !== phase) return false;
  if (ordinal >= MAX_REPLICAS) return true; // no spec can ask for it
  const isKept = (one: ConsumerStatus): boolean => {
    const same = left.consumers?.find((other) => other.name === one.name);
    return same?.podUID === one.podUID && [one.nodeName, UNTOLD_MACHINE].includes(same?.nodeName);
  };
  return [
    left.reason === reason && left.podUID === podUID,
    handoff === undefined || handoff.completedAt !== undefined || left.handoff?.podUID === handoff.podUID,
    suspects.every((suspect) => left.suspects?.some((one) => covers(one, suspect))),
    attachment?.state === 'Attached' || consumers.every(isKept),
  ].every(Boolean);
}

/** The same pod, or one that is released no sooner: by nothing but an answer that is given after this one is gone. */
function covers(left: Suspect, suspect: Suspect): boolean {
  if (left.podUID === suspect.podUID && left.nodeName === suspect.nodeName) return left.isForced === suspect.isForced;
  return left.nodeName === UNTOLD_MACHINE && left.isForced && Date.parse(left.goneAt) >= Date.parse(suspect.goneAt);
}
