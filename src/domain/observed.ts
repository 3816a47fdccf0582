// What was read, arranged by member: the only input of every decision. Pure data; made by controller/observe.ts.
import type { NodeDeployment, StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { LABEL } from '../api/v1alpha1/names.ts';
import type { StoredAttachment, StoredClaim, StoredPod, StoredService, StoredStatefulSet } from '../kube/kinds.ts';
import { controllerOf } from '../kube/owner-references.ts';
import { claimsOf, isTerminal } from '../kube/pods.ts';
import { memberName, ordinalOf } from './member-name.ts';

export interface Observed {
  /** Milliseconds since the epoch at which the reading began. The domain has no other clock. */
  readonly now: number;
  readonly deployment: StoredNodeDeployment;
  /** Every wanted member, and every other one of which something still exists; by ordinal. */
  readonly members: readonly ObservedMember[];
}

/**
 * How far the absence of pods and attachments is known. `cached` may be out of date and is good enough to wait on;
 * only `live` (consistent reads: pods, then attachments, then pods again) proves that a volume is free.
 */
export type Proof = 'cached' | 'live';

export interface ObservedMember {
  readonly ordinal: number;
  readonly name: string;
  readonly statefulSet?: StoredStatefulSet | undefined;
  readonly surge?: StoredStatefulSet | undefined;
  readonly service?: StoredService | undefined;
  readonly claim?: StoredClaim | undefined;
  /** The pods of the member's own StatefulSet, terminal ones left out. */
  readonly pods: readonly StoredPod[];
  /** The pods of its surge StatefulSet, terminal ones left out. */
  readonly surgePods: readonly StoredPod[];
  /** Every pod that may still write to the claim, whoever made it. */
  readonly claimUsers: readonly StoredPod[];
  /** The attachments that name the claim's volume; one that is being deleted still counts. */
  readonly attachments: readonly StoredAttachment[];
  readonly proof: Proof;
}

/** The objects that `arrange` sorts by member: those of one NodeDeployment, and the pods and attachments of its claims. */
export interface Readings {
  readonly statefulSets: readonly StoredStatefulSet[];
  readonly services: readonly StoredService[];
  readonly claims: readonly StoredClaim[];
  readonly pods: readonly StoredPod[];
  readonly attachments: readonly StoredAttachment[];
  /** Names of the claims whose pods and attachments were read live. */
  readonly provenClaims: ReadonlySet<string>;
}

export const surgeName = (member: string): string => `${member}-surge`;

/** Sorts what was read by member. */
export function arrange(deployment: StoredNodeDeployment, now: number, read: Readings): Observed {
  const ordinals = new Set(Array.from({ length: deployment.spec.replicas }, (_, ordinal) => ordinal));
  for (const child of [...read.statefulSets, ...read.services, ...read.claims, ...read.pods]) {
    const member = child.metadata.labels?.[LABEL.member];
    const ordinal = member === undefined ? undefined : ordinalOf(deployment.metadata.name, member);
    if (ordinal !== undefined) ordinals.add(ordinal);
  }
  const members = [...ordinals].toSorted((a, b) => a - b).map((ordinal) => arrangeMember(deployment, ordinal, read));
  return { now, deployment, members };
}

function arrangeMember(deployment: StoredNodeDeployment, ordinal: number, read: Readings): ObservedMember {
  const name = memberName(deployment, ordinal);
  const named = <T extends { metadata: { name: string } }>(objects: readonly T[], wanted = name): T | undefined =>
    objects.find((object) => object.metadata.name === wanted);
  const claim = named(read.claims);
  const volume = claim?.spec?.volumeName;
  const running = read.pods.filter((pod) => !isTerminal(pod));
  const own = running.filter((pod) => pod.metadata.labels?.[LABEL.member] === name);
  return {
    ordinal,
    name,
    statefulSet: named(read.statefulSets),
    surge: named(read.statefulSets, surgeName(name)),
    service: named(read.services),
    claim,
    pods: own.filter((pod) => pod.metadata.labels?.[LABEL.surge] === undefined),
    surgePods: own.filter((pod) => pod.metadata.labels?.[LABEL.surge] !== undefined),
    claimUsers: running.filter((pod) => claimsOf(pod).includes(name)),
    attachments: volume ? read.attachments.filter((a) => a.spec.source.persistentVolumeName === volume) : [],
    proof: read.provenClaims.has(name) ? 'live' : 'cached',
  };
}

/** Whether this very NodeDeployment, not another one of its name, controls the child. */
export function isControlledBy(deployment: StoredNodeDeployment, child: StoredStatefulSet | StoredService): boolean {
  return controllerOf(child)?.uid === deployment.metadata.uid;
}

/** Members that the spec wants, whether or not something of them exists. */
export function isWanted(deployment: NodeDeployment, member: { readonly ordinal: number }): boolean {
  return member.ordinal < deployment.spec.replicas;
}
