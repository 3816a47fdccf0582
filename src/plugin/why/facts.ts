// What `why` has read of one member, and the questions that several links of the chain ask of it. Pure.
import { isStopped, podOf } from '../../domain/member.ts';
import { isConsumerPod, type Observed, type ObservedMember } from '../../domain/observed.ts';
import type { StoredPod } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { readySinceMs } from '../../kube/pods.ts';
import type { Kubectl } from '../kubectl.ts';

/** The newest warning of the cluster about an object. */
export interface Warning {
  readonly reason: string;
  readonly note: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

export interface Facts {
  readonly observed: Observed;
  readonly member: ObservedMember;
  /** Revision of the template in the spec. */
  readonly revision: string;
  /** Kinds that may not be read. */
  readonly unreadable: ReadonlySet<string>;
  /** By the uid of the object. */
  readonly warnings: ReadonlyMap<string, Warning>;
  readonly kubectl: Kubectl;
}

export type LinkState = 'Clear' | 'Waiting' | 'Blocked' | 'Unreadable';

/** What to do, in words, and the exact commands. */
export interface Step {
  readonly says: string;
  readonly commands: readonly string[];
}

/** One object of the chain. Waiting: what it waits for comes by itself, or is further down the chain. */
export interface Link {
  readonly kind: string;
  readonly name: string;
  readonly state: LinkState;
  readonly says: string;
  readonly next?: Step;
}

/** Whether the member does its work: its pod is Ready and not ending. */
export function isUp({ member }: Facts): boolean {
  return member.pods.some((pod) => readySinceMs(pod) !== undefined);
}

/** The member's pod where it has been told to have one. */
export function ownPod({ member }: Facts): StoredPod | undefined {
  return podOf(member);
}

/** Whether the operator has something to do for the member before a pod of the wanted revision can run. */
export function needsOperator({ observed, member }: Facts): boolean {
  const isClaimMissing = observed.deployment.spec.storage !== undefined && member.claim === undefined;
  return member.statefulSet === undefined || isClaimMissing || isStopped(member);
}

/** Pods of other workloads that may write to the member's claim. */
export function strangers({ member }: Facts): readonly StoredPod[] {
  const own = new Set([...member.pods, ...member.surgePods]);
  return member.claimUsers.filter((pod) => !own.has(pod) && !isConsumerPod(member, pod));
}

/** Machines that the member's pods and attachments name. */
export function machinesOf({ member }: Facts): readonly string[] {
  const ofPods = [...member.pods, ...member.surgePods, ...member.claimUsers].flatMap(
    ({ spec }) => spec?.nodeName ?? [],
  );
  return [...new Set([...ofPods, ...member.attachments.map(({ spec }) => spec.nodeName)])];
}

/** Finalizers of Kubernetes and of nodefleet that go by themselves. */
const ORDINARY: ReadonlySet<string> = new Set([
  'foregroundDeletion',
  'orphan',
  'kubernetes.io/pvc-protection',
  'kubernetes.io/pv-protection',
  'batch.kubernetes.io/job-tracking',
  'nodefleet.dev/claims',
]);

/** Finalizers of others that hold an object which is being deleted. */
export function holdersOf(object: Parameters<typeof isTerminating>[0] | undefined): readonly string[] {
  if (object === undefined || !isTerminating(object)) return [];
  return (object.metadata?.finalizers ?? []).filter((finalizer) => !ORDINARY.has(finalizer));
}
