// Claims and the hand-off gate: which claim a member may use, and when its volume is free for a new writer.
import { ANNOTATION, FIELD_MANAGER, LABEL, MANAGED_BY } from '../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { isApplied } from '../kube/applied.ts';
import { CLAIM, type StoredClaim } from '../kube/kinds.ts';
import { isTerminating } from '../kube/object.ts';
import { type Action, type Prove, type Wait, readAt } from './actions.ts';
import { claim as desiredClaim } from './desired/claim.ts';
import { isSingleWriter } from './member.ts';
import type { Observed, ObservedMember } from './observed.ts';

/** Whether this very NodeDeployment used the claim last: by uid, because a name is used again. */
export function isClaimOf(deployment: StoredNodeDeployment, claim: StoredClaim): boolean {
  return claim.metadata.annotations?.[ANNOTATION.deploymentUid] === deployment.metadata.uid;
}

/** Creates, adopts or grows the member's claim. A Wait in the answer means that the member must not start. */
export function planClaim(observed: Observed, member: ObservedMember): readonly Action[] {
  const { deployment } = observed;
  const { storage } = deployment.spec;
  if (storage === undefined) return [];
  const { claim } = member;
  const refusal = refuseClaim(deployment, member);
  if (refusal !== undefined) return [refusal];
  const object = desiredClaim(deployment, storage, member.name, claim);
  if (claim !== undefined && isApplied(object, claim)) return [];
  const apply = { type: 'Apply', purpose: 'Ensure', member: member.name, kind: CLAIM, object } as const;
  return [{ ...apply, fence: readAt(claim), fieldManager: FIELD_MANAGER }];
}

/** Why the member's claim must not be used, if so. A pod that runs on it is left alone: stopping it may end the data. */
export function refuseClaim(
  deployment: StoredNodeDeployment,
  { name: member, claim }: ObservedMember,
): Wait | undefined {
  if (deployment.spec.storage === undefined || claim === undefined) return undefined;
  const wait = (reason: string, message: string): Wait => ({ type: 'Wait', member, reason, message });
  const name = claim.metadata.name;
  if (isTerminating(claim)) {
    return wait('ClaimTerminating', `claim ${name} is being deleted; a new one is made once it is gone`);
  }
  if (!mayAdopt(deployment, member, claim)) {
    const policy = deployment.spec.storage?.existingClaims ?? 'AdoptOwn';
    const message = `claim ${name} exists and is not this fleet's; spec.storage.existingClaims is ${policy}: rename the fleet, delete the claim, or set AdoptAny`;
    return { ...wait('ForeignClaim', message), stalled: 'ForeignClaim' };
  }
  if (claim.status?.phase === 'Lost') {
    const message = `claim ${name} has lost its volume ${claim.spec?.volumeName ?? ''}; restore the volume, or delete the claim to start empty`;
    return { ...wait('ClaimLost', message), stalled: 'ClaimLost' };
  }
  return undefined;
}

function mayAdopt(deployment: StoredNodeDeployment, member: string, claim: StoredClaim): boolean {
  if (isClaimOf(deployment, claim)) return true;
  const policy = deployment.spec.storage?.existingClaims;
  const labels = claim.metadata.labels ?? {};
  const isLeftBehind = labels[LABEL.managedBy] === MANAGED_BY && labels[LABEL.member] === member;
  return policy === 'AdoptAny' || (policy === 'AdoptOwn' && isLeftBehind);
}

/**
 * What stands between a member and its next pod; undefined when nothing does.
 *
 * A single-writer volume is free when no pod that may still run mounts the claim and no VolumeAttachment names the
 * volume: that absence, read live, is the only proof of detachment. A claim that does not exist yet is free.
 */
export function gate(observed: Observed, member: ObservedMember): Wait | Prove | undefined {
  if (member.pods.length > 0) return waitForPods(member);
  if (!isSingleWriter(observed.deployment.spec.storage) || member.claim === undefined) return undefined;
  const user = member.claimUsers[0];
  if (user !== undefined) {
    const message = `pod ${user.metadata.name} still mounts claim ${member.claim.metadata.name}; delete that pod or its owner`;
    return { type: 'Wait', member: member.name, reason: 'BlockedByConsumer', message, stalled: 'BlockedByConsumer' };
  }
  if (member.attachments.length > 0) return waitForDetach(observed, member);
  return member.proof === 'live' ? undefined : { type: 'Prove', member: member.name };
}

function waitForPods(member: ObservedMember): Wait {
  const names = member.pods.map((pod) => pod.metadata.name).join(', ');
  return { type: 'Wait', member: member.name, reason: 'PodTerminating', message: `pod ${names} is not gone yet` };
}

function waitForDetach(observed: Observed, member: ObservedMember): Wait | Prove | undefined {
  const { detach, detachTimeoutSeconds } = observed.deployment.spec.rollout;
  const attachment = member.attachments[0];
  // A member that was scaled away has no StatefulSet to tell the time; its attachment's deletion does.
  const stamp = member.statefulSet?.metadata.annotations?.[ANNOTATION.quiescedAt];
  const stoppedAt = Date.parse(stamp ?? attachment?.metadata.deletionTimestamp ?? '');
  const deadline = stoppedAt + detachTimeoutSeconds * 1000;
  const where = `volume ${member.claim?.spec?.volumeName} is attached to machine ${attachment?.spec.nodeName} (VolumeAttachment ${attachment?.metadata.name})`;
  const wait = { type: 'Wait', member: member.name, reason: 'AwaitingDetach', message: where } as const;
  if (!(deadline <= observed.now)) return Number.isNaN(deadline) ? wait : { ...wait, untilMs: deadline };
  if (detach === 'BestEffort') return member.proof === 'live' ? undefined : { type: 'Prove', member: member.name };
  const message = `${where} for more than ${detachTimeoutSeconds} s; check that machine and the CSI driver. The operator never deletes an attachment`;
  return { ...wait, reason: 'DetachTimeout', message, stalled: 'DetachTimeout' };
}
