// Keeps the status of a large fleet small: it is written whole with each patch, and etcd stores at most 1.5 MB an object.
//
// What goes first is what is over: finished hand-offs. Then messages are cut, then what other objects tell as well, then what
// only a reader misses.
//
// Guarantees: counts, phases, plans and conditions stay, and all that is needed to know again, or to tell only once: pods,
// open hand-offs, suspects, skipped runs, claims. So it may be larger than `MAX_STATUS_BYTES` on volumes that are attached
// nowhere, of which nothing but the status tells who has used them; and of conditions of others nothing is cut.
import type { ConsumerStatus, MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';

/** Bytes of JSON (I21). */
export const MAX_STATUS_BYTES = 131_072;
const SHORT_MESSAGE = 96;

type Cut = (member: MemberStatus) => MemberStatus;

const withoutFinishedHandoff: Cut = (member) =>
  member.handoff?.completedAt === undefined ? member : { ...member, handoff: undefined };
const withShortMessage: Cut = (member) => ({
  ...member,
  ...(member.message !== undefined && { message: member.message.slice(0, SHORT_MESSAGE) }),
  ...(member.consumers && { consumers: member.consumers.map((one) => ({ ...one, message: undefined })) }),
});
/** Who has used a volume that is attached somewhere its attachment tells; else only the pods of its consumers here. */
const withoutConsumers: Cut = (member) => {
  const isNeeded = ({ podUID, skippedRunAt }: ConsumerStatus): boolean =>
    skippedRunAt !== undefined || (podUID !== undefined && !hasAttachment(member));
  const left = member.consumers?.filter(isNeeded) ?? [];
  return { ...member, consumers: left.length === 0 ? undefined : left };
};
const withoutMachines: Cut = (member) => {
  if (!hasAttachment(member)) return member;
  return { ...member, nodeName: undefined, handoff: member.handoff && { ...member.handoff, nodeName: undefined } };
};
/** After the others: they go by `attachment`. */
const withoutDetails: Cut = ({ claim, ...member }) => ({
  ...member,
  claim: claim && { name: claim.name, uid: claim.uid },
  revision: undefined,
  attachment: undefined,
});
const withoutMessage: Cut = (member) => ({ ...member, message: undefined });

const CUTS = [
  withoutFinishedHandoff,
  withShortMessage,
  withoutConsumers,
  withoutMachines,
  withoutDetails,
  withoutMessage,
];

function hasAttachment({ attachment }: MemberStatus): boolean {
  return attachment !== undefined && attachment.state !== 'Unknown';
}

/** The status as it is if it fits, else with as little left out as it takes. Deterministic: the same status, the same cut. */
export function fitStatus(status: NodeDeploymentStatus): NodeDeploymentStatus {
  let fitted = status;
  for (const cut of CUTS) {
    if (bytesOf(fitted) <= MAX_STATUS_BYTES) return fitted;
    fitted = { ...fitted, ...(fitted.members && { members: fitted.members.map(cut) }) };
  }
  return fitted;
}

function bytesOf(status: NodeDeploymentStatus): number {
  return new TextEncoder().encode(JSON.stringify(status)).length;
}
