// What the invariants remember of a run: enough of every earlier commit to judge the next one.
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../../src/api/v1alpha1/node-deployment.ts';
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import { toleratedLoss } from '../../../src/domain/desired/desire.ts';
import { revisionOf } from '../../../src/domain/desired/pod-template.ts';
import { type Claim, CLAIM, type StatefulSet, STATEFUL_SET } from '../../../src/kube/kinds.ts';
import { formatKey, keyOf, type ObjectKey, type Stored } from '../../../src/kube/object.ts';
import type { Commit } from '../model/api-server.ts';

/** A plan as it was first stored. */
export interface KnownPlan {
  readonly uid: string;
  readonly id: string;
  /** `generation purpose target`: what the id is a function of, with the uid. */
  readonly content: string;
  readonly targetRevision: string;
}

/** How long a write may be on its way: what was true within this time may still be acted on. */
export const IN_FLIGHT_MS = 60_000;

/** The longest that it takes from a read to the write that rests on it, where everything is slow. */
const SLOWEST_ROUND_MS = 120_000;

/** What a NodeDeployment has asked for, and since when. */
export interface Wish {
  readonly atMs: number;
  readonly onDelete: string;
  readonly onScaleDown: string;
  readonly isTerminating: boolean;
  readonly replicas: number;
  readonly isSuspended: boolean;
  /** Of the template that the members are to have. */
  readonly revision: string;
  /** Members that may be out at once. */
  readonly toleratedLoss: number;
}

export class Past {
  readonly plans: KnownPlan[] = [];
  /** By uid of the NodeDeployment, oldest first. */
  readonly #wishes = new Map<string, Wish[]>();
  readonly deployments = new Map<string, StoredNodeDeployment>();
  /** uid → when the NodeDeployment was gone. */
  readonly goneAt = new Map<string, number>();
  /** `process uid` of those that have let go of a terminating NodeDeployment. */
  readonly released = new Set<string>();
  /** By uid of a StatefulSet: the index of the latest plan that its template came from. */
  readonly planOfSet = new Map<string, number>();
  /** `plan id, uid of a StatefulSet` of those moved. */
  readonly moved = new Set<string>();
  /** By uid: which operator wrote its status last, and when it did without another in between. */
  readonly statusWrites = new Map<string, { readonly by: string; readonly atMs: readonly number[] }>();

  /** By uid: members that an operator has stopped and that have not been Ready since, with the pod that they had. */
  readonly #stopped = new Map<string, Map<string, string | undefined>>();

  /** By uid of a pod. */
  readonly #readySinceMs = new Map<string, number>();

  /** By name of a pod that was Ready once: when it ceased to be, or was gone. */
  readonly #readyUntilMs = new Map<string, number>();

  readonly #usedVolumes = new Set<string>();

  /** Keys of claims that had several writers when they were there last. */
  readonly #sharedClaims = new Set<string>();

  /** By uid. */
  readonly #madeAtMs = new Map<string, number>();

  /** By process. */
  readonly #podsReadAtMs = new Map<string, number>();

  /** A process has started on these volumes. */
  tellUsed(volumes: readonly string[]): void {
    for (const volume of volumes) this.#usedVolumes.add(volume);
  }

  /** Whether a process has ever run on it: else there is nothing on it that could be harmed. */
  isUsed(volume: string | undefined): boolean {
    return volume !== undefined && this.#usedVolumes.has(volume);
  }

  tellReady({ metadata: { uid, name } }: Stored, isReady: boolean, atMs: number): void {
    if (!isReady) {
      if (this.#readySinceMs.delete(uid)) this.#readyUntilMs.set(name, atMs);
    } else if (!this.#readySinceMs.has(uid)) this.#readySinceMs.set(uid, atMs);
  }

  /** Infinity for a pod that is not. */
  readySinceMs(uid: string): number {
    return this.#readySinceMs.get(uid) ?? Infinity;
  }

  /** Whether a pod of that name that is Ready no more, or gone, still was at that time. */
  wasReadyAt(name: string, atMs: number): boolean {
    return (this.#readyUntilMs.get(name) ?? -Infinity) > atMs;
  }

  /** A process was served the pods of members, as they are now. */
  tellPodsRead(by: string, atMs: number): void {
    this.#podsReadAtMs.set(by, atMs);
  }

  /** When a process asked last; Infinity where that is so long ago that it can be no reason for what it does now. */
  podsReadAtMs(by: string, atMs: number): number {
    const readAtMs = this.#podsReadAtMs.get(by) ?? -Infinity;
    return atMs - readAtMs > SLOWEST_ROUND_MS ? Infinity : readAtMs;
  }

  /** Whether the last claim of that name was for several writers. */
  wasShared(key: ObjectKey): boolean {
    return this.#sharedClaims.has(formatKey(key));
  }

  /** When an object was made; -Infinity for one that is not known. */
  madeAtMs(uid: string): number {
    return this.#madeAtMs.get(uid) ?? -Infinity;
  }

  /** To be called after the commit has been judged. */
  remember({ kind, type, object, write }: Commit, atMs: number): void {
    if (type === 'ADDED') this.#madeAtMs.set(object.metadata.uid, atMs);
    if (kind === CLAIM) this.#rememberClaim(object);
    if (kind === NODE_DEPLOYMENT)
      this.#rememberDeployment(object as unknown as StoredNodeDeployment, type, write.by, atMs);
  }

  #rememberClaim(claim: Stored<Claim>): void {
    const key = formatKey(keyOf(claim));
    if (claim.spec?.accessModes?.includes('ReadWriteMany') === true) this.#sharedClaims.add(key);
    else this.#sharedClaims.delete(key);
  }

  /** What the NodeDeployment of that uid has asked for lately: what is on its way may follow any of it. */
  wishesOf(uid: string, atMs: number): readonly Wish[] {
    const all = this.#wishes.get(uid) ?? [];
    return all.filter((_, index) => (all[index + 1]?.atMs ?? Infinity) > atMs - IN_FLIGHT_MS);
  }

  /** Whether the member has been wanted for so long that no request of another wish can be on its way any more. */
  isWantedThroughout(uid: string, ordinal: number, atMs: number): boolean {
    const lately = this.wishesOf(uid, atMs);
    const isOld = (lately[0]?.atMs ?? Infinity) <= atMs - IN_FLIGHT_MS;
    return isOld && lately.every(({ replicas, isTerminating }) => ordinal < replicas && !isTerminating);
  }

  stoppedOf(uid: string): Map<string, string | undefined> {
    const stopped = this.#stopped.get(uid) ?? new Map<string, string | undefined>();
    this.#stopped.set(uid, stopped);
    return stopped;
  }

  allStopped(): Iterable<Map<string, string | undefined>> {
    return this.#stopped.values();
  }

  terminatingSince(uid: string): number | undefined {
    return this.#wishes.get(uid)?.find(({ isTerminating }) => isTerminating)?.atMs;
  }

  /** The index of the newest plan of that NodeDeployment to that revision; -1 if there is none. */
  planIndex(uid: string, targetRevision: string): number {
    return this.plans.findLastIndex((plan) => plan.uid === uid && plan.targetRevision === targetRevision);
  }

  #rememberDeployment(deployment: StoredNodeDeployment, type: Commit['type'], by: string, atMs: number): void {
    const { uid, deletionTimestamp } = deployment.metadata;
    if (type === 'DELETED') {
      this.deployments.delete(uid);
      this.goneAt.set(uid, atMs);
      if (by.startsWith('operator')) this.released.add(`${by} ${uid}`);
      return;
    }
    this.deployments.set(uid, deployment);
    const { onDelete = 'Retain', onScaleDown = 'Retain' } = deployment.spec.storage?.retention ?? {};
    const wishes = this.#wishes.get(uid) ?? [];
    this.#wishes.set(uid, wishes);
    const { replicas, suspend: isSuspended } = deployment.spec;
    wishes.push({
      ...{ atMs, onDelete, onScaleDown, replicas, isSuspended },
      revision: revisionOf(deployment.spec),
      isTerminating: deletionTimestamp !== undefined,
      toleratedLoss: toleratedLoss(deployment.spec),
    });
    const plan = deployment.status?.plan;
    if (plan !== undefined && !this.plans.some((one) => one.uid === uid && one.id === plan.id)) {
      const content = `${plan.generation} ${plan.purpose} ${plan.targetRevision}`;
      this.plans.push({ uid, id: plan.id, content, targetRevision: plan.targetRevision });
    }
  }
}

/** The template's revision of a StatefulSet of ours; undefined for anything else. */
export function revisionIn({ kind, object }: Pick<Commit, 'kind' | 'object'>): string | undefined {
  if (kind !== STATEFUL_SET) return undefined;
  const set = object as unknown as Stored<StatefulSet>;
  return set.spec?.template.metadata?.labels?.[LABEL.revision];
}
