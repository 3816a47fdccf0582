// What a Lease says, and what follows from it: pure, the whole decision who may write it next.
//
// Guarantees: another holder's lease is free only once its own duration has passed since WE last saw it change, on our
// monotonic clock. The times in it are written for people and never read.
import type { Lease, StoredLease } from '../../kube/kinds.ts';
import { microTimestampOf } from '../../kube/timestamp.ts';

export type LeaseSpec = NonNullable<Lease['spec']>;

/** The lease as it was last seen; `lease` is undefined when there was none. */
export interface Observation {
  readonly lease: StoredLease | undefined;
  /** When, on the monotonic clock, anyone may take it; `-Infinity`: at any time. */
  readonly freeAtMs: number;
}

/** Who writes, and when: `wallMs` is only told to people. */
export interface Writer {
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly wallMs: number;
}

/**
 * What is known once `lease` has been seen at `nowMs` of the monotonic clock, after `before`.
 *
 * A lease that vanishes while it is held stays taken for its duration: its holder has not heard of that yet.
 *
 * @param fallbackMs the duration of a lease that names none
 */
export function observe(
  before: Observation | undefined,
  lease: StoredLease | undefined,
  nowMs: number,
  fallbackMs: number,
): Observation {
  if (before !== undefined && isSameRecord(before.lease, lease)) return { lease, freeAtMs: before.freeAtMs };
  const held = lease ?? before?.lease;
  if (holderOf(held) === '') return { lease, freeAtMs: -Infinity };
  const seconds = held?.spec?.leaseDurationSeconds;
  return { lease, freeAtMs: nowMs + (seconds === undefined ? fallbackMs : seconds * 1000) };
}

/** Other people's labels and annotations are no sign of life. */
function isSameRecord(before: StoredLease | undefined, now: StoredLease | undefined): boolean {
  return before?.metadata.uid === now?.metadata.uid && JSON.stringify(before?.spec) === JSON.stringify(now?.spec);
}

/** Whether `identity` may write it at `nowMs`. A claim whose answer was lost is our own: it may be written again. */
export function isFree({ lease, freeAtMs }: Observation, identity: string, nowMs: number): boolean {
  return nowMs >= freeAtMs || holderOf(lease) === identity;
}

/** `''` for nobody. */
export function holderOf(lease: Lease | undefined): string {
  return lease?.spec?.holderIdentity ?? '';
}

/** Takes the lease; a new holder is a transition more, also after a release. */
export function claimOf(lease: Lease | undefined, writer: Writer): LeaseSpec {
  if (holderOf(lease) === writer.identity) return renewalOf(lease, writer);
  const transitions = lease === undefined ? 0 : (lease.spec?.leaseTransitions ?? 0) + 1;
  return { ...held(writer), acquireTime: timeOf(writer), leaseTransitions: transitions };
}

/** Holds it on. */
export function renewalOf(lease: Lease | undefined, writer: Writer): LeaseSpec {
  const { acquireTime = timeOf(writer), leaseTransitions = 0 } = lease?.spec ?? {};
  return { ...held(writer), acquireTime, leaseTransitions };
}

/** Gives it to whoever comes first; as client-go v0.36 ReleaseOnCancel, for which a duration of 0 is not valid. */
export function releaseOf(lease: Lease | undefined, writer: Writer): LeaseSpec {
  return { ...renewalOf(lease, writer), holderIdentity: '', leaseDurationSeconds: 1, acquireTime: timeOf(writer) };
}

function held(writer: Writer): LeaseSpec {
  const leaseDurationSeconds = Math.round(writer.leaseDurationMs / 1000);
  return { holderIdentity: writer.identity, leaseDurationSeconds, renewTime: timeOf(writer) };
}

function timeOf({ wallMs }: Writer): string {
  return microTimestampOf(Math.floor(wallMs) * 1000);
}
