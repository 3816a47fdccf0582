// Keeps the status of a large fleet small: it is written whole with each patch, and etcd stores at most 1.5 MiB an
// object, in which there has to be room for the spec and for what the API server notes of who wrote which field.
//
// Above `MAX_STATUS_BYTES` goes what other objects tell as well: what is over first, then what only a reader misses.
// Above `MAX_EVIDENCE_BYTES` also what nothing but the status tells of volumes without attachments, and each time in
// the strict sense: what is left out holds up a start that it would not have held up, never the other way. `omitted`
// says what went.
//
// Guarantees: counts, phases, reasons, plans, conditions, open hand-offs and uids of pods and claims stay.
import type { ConsumerStatus, MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { MAX_REPLICAS } from '../../api/v1alpha1/spec.ts';
import type { Omission } from '../../api/v1alpha1/status.ts';
import { shorten } from '../../kube/text.ts';
import { UNTOLD_MACHINE, boundSuspects } from '../volumes/suspects.ts';

/** Bytes as the API server stores them, without conditions of others (I21). */
export const MAX_STATUS_BYTES = 131_072;
/** The same where only the status tells who may still write to the volumes: nine pods of each of 256 members fit. */
export const MAX_EVIDENCE_BYTES = 720_896;
/**
 * No status is larger, whatever there is to tell: 256 members and as many strangers, every text as long as it may be, of
 * machines with names of 253 characters. Spec, annotations and field managers then fit beside it.
 */
export const MAX_STORED_BYTES = 917_504;
const SHORT_MESSAGE = 96;

interface Cut {
  readonly what: Omission;
  /** The status has to be larger than this; bytes. */
  readonly above: number;
  readonly of: (member: MemberStatus) => MemberStatus;
}

/** No spec can ask for a member of such an ordinal again: nothing is decided from what is told of it. */
const shortIfSurplus: Cut['of'] = (member) => {
  const { name, phase } = member;
  return Number(/\d+$/.exec(name)?.[0]) < MAX_REPLICAS ? member : { name, phase };
};

const withoutFinishedHandoff: Cut['of'] = (member) =>
  member.handoff?.completedAt === undefined ? member : { ...member, handoff: undefined };

const withShortMessage: Cut['of'] = (member) => ({
  ...member,
  ...(member.message !== undefined && { message: shorten(member.message, SHORT_MESSAGE) }),
  ...(member.consumers && { consumers: member.consumers.map((one) => ({ ...one, message: undefined })) }),
});

/** Who has used a volume that is attached somewhere its attachment tells; else only the pods of its consumers here. */
const withoutConsumers: Cut['of'] = (member) => {
  const isNeeded = ({ podUID, skippedRunAt }: ConsumerStatus): boolean =>
    skippedRunAt !== undefined || (podUID !== undefined && !hasAttachment(member));
  const left = member.consumers?.filter(isNeeded) ?? [];
  const shown = hasAttachment(member) ? left.map((one) => ({ ...one, podUID: undefined, nodeName: undefined })) : left;
  return { ...member, consumers: shown.length === 0 ? undefined : shown };
};

const withoutMachines: Cut['of'] = (member) => {
  if (!hasAttachment(member)) return member;
  return { ...member, nodeName: undefined, handoff: member.handoff && { ...member.handoff, nodeName: undefined } };
};

/** After the others: they go by `attachment`. */
const withoutDetails: Cut['of'] = ({ claim, ...member }) => ({
  ...member,
  claim: claim && { name: claim.name, uid: claim.uid },
  revision: undefined,
  attachment: undefined,
});

const withoutMessage: Cut['of'] = (member) => ({ ...member, message: undefined });

/** A pod that goes unwatched then counts as one of which nobody knows where it ran. */
const withoutConsumerMachines: Cut['of'] = (member) => ({
  ...member,
  consumers: member.consumers?.map((one) =>
    one.podUID === undefined || one.nodeName === undefined ? one : { ...one, nodeName: UNTOLD_MACHINE },
  ),
});

const withOneSuspect: Cut['of'] = (member) => ({
  ...member,
  suspects: member.suspects && [...boundSuspects(member.suspects, 1)],
});

const CUTS: readonly Cut[] = [
  { what: 'SurplusMembers', above: MAX_STATUS_BYTES, of: shortIfSurplus },
  { what: 'FinishedHandoffs', above: MAX_STATUS_BYTES, of: withoutFinishedHandoff },
  { what: 'LongMessages', above: MAX_STATUS_BYTES, of: withShortMessage },
  { what: 'Consumers', above: MAX_STATUS_BYTES, of: withoutConsumers },
  { what: 'Machines', above: MAX_STATUS_BYTES, of: withoutMachines },
  { what: 'Details', above: MAX_STATUS_BYTES, of: withoutDetails },
  { what: 'Messages', above: MAX_STATUS_BYTES, of: withoutMessage },
  { what: 'ConsumerMachines', above: MAX_EVIDENCE_BYTES, of: withoutConsumerMachines },
  { what: 'Suspects', above: MAX_EVIDENCE_BYTES, of: withOneSuspect },
];

function hasAttachment({ attachment }: MemberStatus): boolean {
  return attachment !== undefined && attachment.state !== 'Unknown';
}

/** The status as it is if it fits, else with as little left out as it takes. Deterministic: the same status, the same cut. */
export function fitStatus(status: NodeDeploymentStatus): NodeDeploymentStatus {
  let fitted = status;
  let bytes = storedBytes(status);
  for (const { what, above, of } of CUTS) {
    if (bytes <= above) continue;
    const { members = [], omitted = [] } = fitted;
    const next = { ...fitted, members: members.map(of), omitted: [...new Set([...omitted, what])] };
    const nextBytes = storedBytes(next);
    if (nextBytes >= bytes) continue;
    fitted = next;
    bytes = nextBytes;
  }
  return fitted;
}

/** Bytes of the value as the API server stores it: Go's JSON writes `<`, `>` and `&` as six bytes each. */
export function storedBytes(value: unknown): number {
  const json = JSON.stringify(value);
  const bytes = /[^\0-\x7f]/.test(json) ? new TextEncoder().encode(json).length : json.length;
  return bytes + 5 * (json.match(/[<>&]/g)?.length ?? 0);
}
