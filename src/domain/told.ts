// What the stored status tells is a note, not a fact: whoever may write it may have written anything that fits the
// schema.
//
// Nothing is deleted, adopted or patched because a status says so: that takes the object itself. What nothing but the
// status can tell, how a pod went, is believed, except for times that cannot have come yet: waiting for those would
// never end.
import type { MemberStatus, NodeDeploymentStatus } from '../api/v1alpha1/node-deployment.ts';
import { timestampOf } from '../kube/timestamp.ts';

/** By status: nobody changes one. */
const read = new WeakMap<NodeDeploymentStatus, ReadonlyMap<string, MemberStatus>>();

/** What a status tells of each member: a fleet has up to 256, and none is searched for among the others. */
export function toldByName(status: NodeDeploymentStatus = {}): ReadonlyMap<string, MemberStatus> {
  const known = read.get(status);
  if (known !== undefined) return known;
  const byName = new Map(status.members?.map((member) => [member.name, member]));
  read.set(status, byName);
  return byName;
}

/** By how much the clocks of two machines may differ. */
const SKEW_MS = 300_000;

/** Whether the time, in milliseconds since the epoch, may have come. False for NaN. */
export function mayHaveCome(ms: number, now: number): boolean {
  return ms <= now + SKEW_MS;
}

/** The member's status with the times that are waited from not later than now; the same object where they are. */
export function believable(told: MemberStatus | undefined, now: number): MemberStatus | undefined {
  const { handoff, suspects = [] } = told ?? {};
  const waitedFrom = [handoff?.podGoneAt, ...suspects.map(({ goneAt }) => goneAt)];
  const isPast = (time: string | undefined): boolean => time === undefined || mayHaveCome(Date.parse(time), now);
  if (told === undefined || waitedFrom.every(isPast)) return told;
  const past = (time: string): string => (isPast(time) ? time : timestampOf(now));
  return {
    ...told,
    ...(handoff?.podGoneAt !== undefined && { handoff: { ...handoff, podGoneAt: past(handoff.podGoneAt) } }),
    suspects: suspects.map((suspect) => ({ ...suspect, goneAt: past(suspect.goneAt) })),
  };
}
