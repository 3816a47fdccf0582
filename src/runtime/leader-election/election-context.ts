// What candidate and leader share.
import type { ObjectKey } from '../../kube/object.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Random } from '../random.ts';
import type { FairShare } from './fair-share.ts';
import type { Writer } from './lease-record.ts';
import type { LeaseStore } from './lease-store.ts';
import type { Moment, Tenure } from './tenure.ts';
import type { LeaseTimings } from './timings.ts';

export interface ElectionContext {
  readonly store: LeaseStore;
  /** Names the lease. */
  readonly key: ObjectKey;
  /** Names this replica, and no other one that ever was. */
  readonly identity: string;
  readonly timings: LeaseTimings;
  readonly tenure: Tenure;
  readonly share: FairShare;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export function writerOf({ identity, timings }: ElectionContext, { wallMs }: Moment): Writer {
  return { identity, leaseDurationMs: timings.leaseDurationMs, wallMs };
}

/** Milliseconds that a request for the lease may take: half of the deadline, so that a second one fits in. */
export function requestTimeoutOf({ timings }: ElectionContext): number {
  return timings.renewDeadlineMs / 2;
}
