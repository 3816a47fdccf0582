// What was read, arranged by member: the only input of every decision. Pure data; made by controller/observe.ts.
import type { MemberStatus, NodeDeployment, StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { LABEL } from '../api/v1alpha1/names.ts';
import type {
  StoredAttachment,
  StoredClaim,
  StoredControllerRevision,
  StoredCsiDriver,
  StoredDisruptionBudget,
  StoredMachine,
  StoredPod,
  StoredService,
  StoredStatefulSet,
  StoredVolume,
} from '../kube/kinds.ts';
import type { Stored } from '../kube/object.ts';
import { isTerminating } from '../kube/object.ts';
import { controllerOf } from '../kube/owner-references.ts';
import { claimsOf, isTerminal } from '../kube/pods.ts';
import { memberName, ordinalOf } from './member-name.ts';
import {
  type ConsumerIndex,
  type ConsumerReadings,
  type ObservedConsumer,
  arrangeConsumers,
  byItsName,
  indexConsumers,
} from './observed-consumers.ts';
import { believable, toldByName } from './told.ts';

export interface Observed {
  /** Milliseconds since the epoch at which the reading began. The domain has no other clock. */
  readonly now: number;
  readonly deployment: StoredNodeDeployment;
  /** Every wanted member, and every other one of which something still exists; by ordinal. */
  readonly members: readonly ObservedMember[];
  /** The records of pod templates that the fleet has had; their data is there only where it was recalled. */
  readonly revisions: readonly StoredControllerRevision[];
  /** The PodDisruptionBudget of the fleet's name, whoever owns it. */
  readonly disruptionBudget?: StoredDisruptionBudget | undefined;
  /** Every machine of the cluster, by name. */
  readonly machines: ReadonlyMap<string, StoredMachine>;
  /** What the operator lacks the rights to read: of these, absence proves nothing. */
  readonly unreadable: ReadonlySet<Optional>;
  /** Making the first member with the wanted template has just failed: the API server is to be asked why. */
  readonly hasFailed?: boolean | undefined;
  /** What the API server says of the wanted template; absent while it has not been asked. */
  readonly verdict?: 'accepted' | TemplateRefusal | undefined;
}

/** Why the API server refuses a template. */
export interface TemplateRefusal {
  /** InvalidTemplate: it is wrong. Forbidden: a right, a policy or an admission webhook is against it. */
  readonly reason: 'InvalidTemplate' | 'Forbidden' | 'QuotaExceeded';
  /** In the words of the API server. */
  readonly message: string;
}

/** Cluster-scoped kinds that an operator with rights in a few namespaces only may not be able to read. */
export type Optional = 'attachments' | 'volumes' | 'machines' | 'drivers';

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
  /** Pods of its StatefulSet whose processes have ended and that are not gone, as finalizers hold them: they keep the name. */
  readonly endedPods: readonly StoredPod[];
  /** The pods of its surge StatefulSet, terminal ones left out. */
  readonly surgePods: readonly StoredPod[];
  /** Every pod that may still write to the claim, whoever made it. */
  readonly claimUsers: readonly StoredPod[];
  /** The attachments that name the claim's volume; one that is being deleted still counts. */
  readonly attachments: readonly StoredAttachment[];
  /** The volume that the claim is bound to, if it may be read. */
  readonly volume?: StoredVolume | undefined;
  /**
   * Whether a VolumeAttachment is made for the volume wherever it is used. False: the driver has `attachRequired: false`,
   * or the volume is in-tree. Undefined: not known, and then not to be relied on.
   */
  readonly isAttachable: boolean | undefined;
  /** The last of the member's pods whose end was seen, as it was last seen. */
  readonly removedPod?: StoredPod | undefined;
  /** What uses its volume from pods of its own: all that the spec wants, and all of which something is there. */
  readonly consumers: readonly ObservedConsumer[];
  /** What the stored status says of it. */
  readonly told?: MemberStatus | undefined;
  readonly proof: Proof;
}

/** The objects that `arrange` sorts by member: those of one NodeDeployment, and the pods and attachments of its claims. */
export interface Readings extends ConsumerReadings {
  readonly services: readonly StoredService[];
  readonly claims: readonly StoredClaim[];
  readonly attachments: readonly StoredAttachment[];
  readonly revisions: readonly StoredControllerRevision[];
  /** The one of the fleet's name. */
  readonly disruptionBudget?: StoredDisruptionBudget | undefined;
  /** The volumes of the claims. */
  readonly volumes: readonly StoredVolume[];
  readonly machines: ReadonlyMap<string, StoredMachine>;
  readonly drivers: readonly StoredCsiDriver[];
  readonly unreadable: ReadonlySet<Optional>;
  /** Names of the claims whose pods and attachments were read live. */
  readonly provenClaims: ReadonlySet<string>;
}

/** The reading of a cluster in which there is nothing. */
export const NO_READINGS: Readings = {
  statefulSets: [],
  cronJobs: [],
  jobs: [],
  services: [],
  claims: [],
  pods: [],
  attachments: [],
  revisions: [],
  volumes: [],
  machines: new Map(),
  drivers: [],
  removedPods: new Map(),
  unreadable: new Set(),
  provenClaims: new Set(),
};

export const surgeName = (member: string): string => `${member}-surge`;

/** Sorts what was read by member. */
export function arrange(deployment: StoredNodeDeployment, now: number, read: Readings): Observed {
  const ordinals = new Set(Array.from({ length: deployment.spec.replicas }, (_, ordinal) => ordinal));
  for (const child of childrenOf(read)) {
    const { [LABEL.member]: own, [LABEL.consumerOf]: used } = child.metadata.labels ?? {};
    const member = own ?? used;
    const ordinal = member === undefined ? undefined : ordinalOf(deployment.metadata.name, member);
    if (ordinal !== undefined) ordinals.add(ordinal);
  }
  const told = toldByName(deployment.status);
  const index = indexOf(read);
  const members = [...ordinals]
    .toSorted((a, b) => a - b)
    .map((ordinal) => ({
      ...arrangeMember(deployment, ordinal, index),
      told: believable(told.get(memberName(deployment, ordinal)), now),
    }));
  const { revisions, disruptionBudget, machines, unreadable } = read;
  return { now, deployment, members, revisions, disruptionBudget, machines, unreadable };
}

/** The same reading of the children, beside the NodeDeployment as it was stored with another status since. */
export function withStatusOf(observed: Observed, { status, metadata }: StoredNodeDeployment): Observed {
  const told = toldByName(status);
  return {
    ...observed,
    deployment: { ...observed.deployment, metadata, ...(status && { status }) },
    members: observed.members.map((member) => ({ ...member, told: believable(told.get(member.name), observed.now) })),
  };
}

const childrenOf = ({ statefulSets, cronJobs, jobs, services, claims, pods }: Readings): readonly Stored[] => [
  ...[...statefulSets, ...cronJobs, ...jobs],
  ...[...services, ...claims, ...pods],
];

/** What was read, by what it is looked for: once for all members. */
interface Index extends ConsumerIndex, Pick<Readings, 'drivers' | 'unreadable' | 'provenClaims'> {
  readonly services: ReadonlyMap<string, StoredService>;
  readonly claims: ReadonlyMap<string, StoredClaim>;
  readonly volumes: ReadonlyMap<string, StoredVolume>;
  /** By the member's label, as they were read. */
  readonly pods: ReadonlyMap<string | undefined, readonly StoredPod[]>;
  /** Terminal ones left out; by name. */
  readonly podsByClaim: ReadonlyMap<string, readonly StoredPod[]>;
  readonly attachmentsByVolume: ReadonlyMap<string | undefined, readonly StoredAttachment[]>;
}

function indexOf(read: Readings): Index {
  const { drivers, unreadable, provenClaims } = read;
  const running = read.pods.filter((pod) => !isTerminal(pod)).toSorted(byName);
  const uses = running.flatMap((pod) => [...new Set(claimsOf(pod))].map((claim) => ({ claim, pod })));
  const podsByClaim = [...Map.groupBy(uses, ({ claim }) => claim)].map(
    ([claim, users]) => [claim, users.map(({ pod }) => pod)] as const,
  );
  return {
    ...indexConsumers(read),
    ...{ drivers, unreadable, provenClaims },
    services: byItsName(read.services),
    claims: byItsName(read.claims),
    volumes: byItsName(read.volumes),
    pods: Map.groupBy(read.pods, ({ metadata }) => metadata.labels?.[LABEL.member]),
    podsByClaim: new Map(podsByClaim),
    attachmentsByVolume: Map.groupBy(read.attachments.toSorted(byName), ({ spec }) => spec.source.persistentVolumeName),
  };
}

function arrangeMember(deployment: StoredNodeDeployment, ordinal: number, index: Index): ObservedMember {
  const name = memberName(deployment, ordinal);
  const claim = index.claims.get(name);
  const volumeName = claim?.spec?.volumeName;
  const volume = volumeName === undefined ? undefined : index.volumes.get(volumeName);
  const pods = index.pods.get(name) ?? [];
  const running = pods.filter((pod) => !isTerminal(pod)).toSorted(byName);
  const isSurge = ({ metadata }: StoredPod): boolean => metadata.labels?.[LABEL.surge] !== undefined;
  return {
    ordinal,
    name,
    statefulSet: index.statefulSets.get(name),
    surge: index.statefulSets.get(surgeName(name)),
    service: index.services.get(name),
    claim,
    pods: running.filter((pod) => !isSurge(pod)),
    endedPods: pods.filter((pod) => isTerminal(pod) && isTerminating(pod) && !isSurge(pod)),
    surgePods: running.filter(isSurge),
    claimUsers: index.podsByClaim.get(name) ?? [],
    attachments: volumeName ? (index.attachmentsByVolume.get(volumeName) ?? []) : [],
    volume,
    isAttachable: isAttachable(volume, index),
    removedPod: index.removedPods.get(name),
    consumers: arrangeConsumers(deployment, name, index),
    proof: index.provenClaims.has(name) ? 'live' : 'cached',
  };
}

/** A cache lists what has changed last: where the first of several is named, it is always the same one. */
function byName(a: Stored, b: Stored): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** Whether the pod is one that the member's consumers are made of. */
export function isConsumerPod({ consumers }: ObservedMember, { metadata }: StoredPod): boolean {
  return consumers.some(({ pods }) => pods.some((pod) => pod.metadata.uid === metadata.uid));
}

/** In-tree volumes that Kubernetes hands to a CSI driver, which attaches them (KEP-625). */
const MIGRATED = [
  'awsElasticBlockStore',
  'azureDisk',
  'cinder',
  'gcePersistentDisk',
  'portworxVolume',
  'vsphereVolume',
] as const;

/** As kube-controller-manager v1.36 decides: a driver without a CSIDriver object has to attach. */
function isAttachable(
  volume: StoredVolume | undefined,
  { drivers, unreadable }: Pick<Readings, 'drivers' | 'unreadable'>,
): boolean | undefined {
  if (volume?.spec === undefined) return undefined;
  const name = volume.spec.csi?.driver;
  if (name === undefined) return MIGRATED.some((source) => volume.spec?.[source] !== undefined);
  if (unreadable.has('drivers')) return undefined;
  return drivers.find(({ metadata }) => metadata.name === name)?.spec.attachRequired !== false;
}

/** Whether this very NodeDeployment, not another one of its name, controls the child. */
export function isControlledBy(deployment: StoredNodeDeployment, child: Stored): boolean {
  return controllerOf(child)?.uid === deployment.metadata.uid;
}

/** Members that the spec wants, whether or not something of them exists. */
export function isWanted(deployment: NodeDeployment, member: { readonly ordinal: number }): boolean {
  return member.ordinal < deployment.spec.replicas;
}
