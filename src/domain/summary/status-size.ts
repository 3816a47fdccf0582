// Keeps the status of a large fleet small: it is written whole with each patch, and etcd stores at most 1.5 MB an object.
//
// What goes first is what is over: finished hand-offs. Then messages are cut. Counts, phases, plans, claims, suspects and
// conditions always stay.
import type { MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';

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

/** The status as it is if it fits, else with as little left out as it takes. Deterministic: the same status, the same cut. */
export function fitStatus(status: NodeDeploymentStatus): NodeDeploymentStatus {
  let fitted = status;
  for (const cut of [withoutFinishedHandoff, withShortMessage]) {
    if (bytesOf(fitted) <= MAX_STATUS_BYTES) return fitted;
    fitted = { ...fitted, ...(fitted.members && { members: fitted.members.map(cut) }) };
  }
  return fitted;
}

function bytesOf(status: NodeDeploymentStatus): number {
  return new TextEncoder().encode(JSON.stringify(status)).length;
}
