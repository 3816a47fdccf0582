// What `status` shows of a fleet: its status, with what the status leaves out filled in from spec and claims. Pure.
import { CONDITION } from '../api/v1alpha1/conditions.ts';
import type {
  Condition,
  Handoff,
  MemberStatus,
  RolloutPlan,
  StoredNodeDeployment,
} from '../api/v1alpha1/node-deployment.ts';
import { revisionOf } from '../domain/desired/pod-template.ts';
import type { StoredClaim } from '../kube/kinds.ts';
import { isTerminating } from '../kube/object.ts';

export interface MemberView {
  readonly name: string;
  readonly phase: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly revision?: string | undefined;
  /** Whether it runs another revision than the spec's. */
  readonly isOutdated: boolean;
  readonly machine?: string | undefined;
  readonly claim?:
    | {
        readonly name: string;
        /** Undefined where the claim could not be read. */
        readonly phase?: string | undefined;
        readonly requested?: string | undefined;
        readonly capacity?: string | undefined;
        readonly volume?: string | undefined;
      }
    | undefined;
  readonly attachment?: MemberStatus['attachment'];
  readonly handoff?: Handoff | undefined;
  readonly consumers?: MemberStatus['consumers'];
}

export interface FleetView {
  readonly kind: 'Fleet';
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string;
  /** The reason of the condition Ready, as in the column STATUS. */
  readonly status: string;
  readonly isReady: boolean;
  /** Whether the status does not speak of the newest spec yet. */
  readonly isStale: boolean;
  readonly wanted: number;
  readonly ready: number;
  readonly updated: number;
  readonly available: number;
  /** Revision of the template in the spec. */
  readonly revision: string;
  /** `spec.paused`, `spec.suspend`, `spec.rollout.paused`: the ones that are set. */
  readonly switches: readonly string[];
  readonly conditions: readonly Condition[];
  readonly members: readonly MemberView[];
  readonly plan?: RolloutPlan | undefined;
  readonly retainedClaims: readonly {
    readonly name: string;
    readonly uid: string;
    readonly size?: string | undefined;
    readonly since: string;
    readonly reason: string;
  }[];
}

/** @param claims the claims of the fleet that could be read; those that are missing leave out their volumes */
export function viewFleet(deployment: StoredNodeDeployment, claims: readonly StoredClaim[]): FleetView {
  const { metadata, spec, status = {} } = deployment;
  const { conditions = [] } = status;
  const ready = conditions.find(({ type }) => type === CONDITION.Ready);
  const isStale = status.observedGeneration !== metadata.generation;
  const revision = revisionOf(spec);
  const switches = [
    ...(spec.paused ? ['spec.paused'] : []),
    ...(spec.suspend ? ['spec.suspend'] : []),
    ...(spec.rollout.paused ? ['spec.rollout.paused'] : []),
  ];
  return {
    kind: 'Fleet',
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    createdAt: metadata.creationTimestamp,
    status: isTerminating(deployment) ? 'Deleting' : (ready?.reason ?? 'NotSeenYet'),
    isReady: ready?.status === 'True' && !isStale,
    isStale,
    wanted: spec.replicas,
    ready: status.readyReplicas ?? 0,
    updated: status.updatedReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    revision,
    switches,
    conditions,
    members: (status.members ?? []).map((member) => viewMember(member, revision, claims)),
    plan: status.plan,
    retainedClaims: status.retainedClaims ?? [],
  };
}

function viewMember(member: MemberStatus, wanted: string, claims: readonly StoredClaim[]): MemberView {
  const { name, phase, reason, message, revision, nodeName, claim, attachment, handoff, consumers } = member;
  const stored = claims.find(({ metadata }) => metadata.uid === claim?.uid);
  return {
    name,
    phase,
    reason,
    message,
    revision,
    isOutdated: revision !== undefined && revision !== wanted,
    machine: nodeName,
    claim: claim && {
      name: claim.name,
      phase: stored?.status?.phase,
      requested: claim.requested,
      capacity: claim.capacity,
      volume: stored?.spec?.volumeName,
    },
    attachment,
    handoff,
    consumers,
  };
}
