// Which claims of a namespace were left behind, and what keeps one from being deleted. Pure.
import { ANNOTATION, LABEL, MANAGED_BY } from '../../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { ordinalOf } from '../../domain/member-name.ts';
import { capacityOf, requestedOf } from '../../domain/volumes/resize.ts';
import type { StoredClaim, StoredPod } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { claimsOf, isTerminal } from '../../kube/pods.ts';

export interface RetainedClaim {
  readonly name: string;
  readonly uid: string;
  readonly size?: string | undefined;
  readonly storageClass?: string | undefined;
  readonly volume?: string | undefined;
  readonly createdAt: string;
  /** Since when no member uses it, where a NodeDeployment has recorded that. */
  readonly retainedSince?: string | undefined;
  /** The fleet that used it last. */
  readonly owner?: { readonly name: string; readonly uid?: string | undefined } | undefined;
  /** Pods that mount it and have not ended; undefined if pods may not be listed. */
  readonly mountedBy?: readonly string[] | undefined;
  readonly isDeleting: boolean;
}

/** What is in the namespace. */
export interface Namespace {
  readonly fleets: readonly StoredNodeDeployment[];
  readonly claims: readonly StoredClaim[];
  /** Undefined if they may not be listed. */
  readonly pods: readonly StoredPod[] | undefined;
}

/** The claims that no member of an existing fleet uses: those of nodefleet, and those that a status lists as retained. */
export function retainedClaims(namespace: Namespace, owner?: string): readonly RetainedClaim[] {
  const listed = new Map(
    namespace.fleets.flatMap(({ status }) => (status?.retainedClaims ?? []).map(({ uid, since }) => [uid, since])),
  );
  return namespace.claims
    .filter((claim) => isOurs(claim) || listed.has(claim.metadata.uid))
    .filter((claim) => wantedBy(claim, namespace.fleets) === undefined)
    .map((claim) => describe(claim, namespace.pods, listed.get(claim.metadata.uid)))
    .filter((claim) => owner === undefined || claim.owner?.name === owner);
}

/** The fleet that has a member of the claim's name, whether or not it would take this claim. */
function wantedBy(claim: StoredClaim, fleets: readonly StoredNodeDeployment[]): string | undefined {
  return fleets.find(({ metadata, spec }) => {
    const ordinal = ordinalOf(metadata.name, claim.metadata.name);
    return spec.storage !== undefined && ordinal !== undefined && ordinal < spec.replicas;
  })?.metadata.name;
}

/** Why the claim must not be deleted, as one of `owner`'s if that is given; undefined if it may. */
export function purgeObstacle(claim: StoredClaim, namespace: Namespace, owner?: string): string | undefined {
  const { fleets, pods } = namespace;
  const fleet = wantedBy(claim, fleets);
  if (fleet !== undefined) return `member ${claim.metadata.name} of NodeDeployment ${fleet} wants it`;
  if (pods === undefined) return 'you may not list pods, so nobody can tell whether one mounts it';
  const [pod] = usersOf(claim, pods);
  if (pod !== undefined) return `pod ${pod} mounts it`;
  if (isTerminating(claim)) return 'it is being deleted already';
  const isListed = (of?: string): boolean =>
    retainedClaims(namespace, of).some(({ uid }) => uid === claim.metadata.uid);
  if (!isListed()) return 'it is not a claim of nodefleet';
  return isListed(owner) ? undefined : `it is not one of ${owner}`;
}

export function isOurs({ metadata }: StoredClaim): boolean {
  return metadata.labels?.[LABEL.managedBy] === MANAGED_BY && metadata.labels[LABEL.deployment] !== undefined;
}

function describe(
  claim: StoredClaim,
  pods: readonly StoredPod[] | undefined,
  retainedSince: string | undefined,
): RetainedClaim {
  const { name, uid, creationTimestamp, labels = {}, annotations = {} } = claim.metadata;
  const fleet = labels[LABEL.deployment];
  return {
    name,
    uid,
    size: capacityOf(claim) ?? requestedOf(claim),
    storageClass: claim.spec?.storageClassName,
    volume: claim.spec?.volumeName,
    createdAt: creationTimestamp,
    retainedSince,
    owner: fleet === undefined ? undefined : { name: fleet, uid: annotations[ANNOTATION.deploymentUid] },
    mountedBy: pods && usersOf(claim, pods),
    isDeleting: isTerminating(claim),
  };
}

function usersOf({ metadata }: StoredClaim, pods: readonly StoredPod[]): readonly string[] {
  return pods
    .filter((pod) => !isTerminal(pod) && claimsOf(pod).includes(metadata.name))
    .map((pod) => pod.metadata.name);
}
