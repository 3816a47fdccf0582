// What a reconcile may do to the cluster, as values. An expected refusal is a Wait, not an exception.
import type { StalledReason } from '../api/v1alpha1/conditions.ts';
import type { RolloutPlan } from '../api/v1alpha1/node-deployment.ts';
import type { TemplateRefusal } from './observed.ts';
import type { Kind } from '../kube/kinds.ts';
import type { KubeObject, ObjectKey, Stored } from '../kube/object.ts';

/** The version that a child was read at, or that it was not there: what the write is conditional on. */
export type ReadAt = { readonly uid: string; readonly resourceVersion: string } | 'absent';

export interface Apply {
  readonly type: 'Apply';
  /**
   * Start: a pod may run afterwards. Quiesce: none. Resume: Start without touching the template. Surge: the pod that
   * serves while the member moves. Resize: a claim's request; its refusal holds up nothing. StartConsumer, StopConsumer: as
   * Start and Quiesce, of a consumer of the member: a StatefulSet or a CronJob. Ensure: everything else.
   */
  readonly purpose: 'Ensure' | 'Resize' | 'Start' | 'Quiesce' | 'Resume' | 'Surge' | 'StartConsumer' | 'StopConsumer';
  /** The member that it is for; the fleet's own name for what belongs to no member. */
  readonly member: string;
  readonly kind: Kind;
  readonly object: KubeObject;
  readonly fence: ReadAt;
  readonly fieldManager: string;
}

export interface Delete {
  readonly type: 'Delete';
  readonly member: string;
  readonly kind: Kind;
  readonly key: ObjectKey;
  readonly uid: string;
  /** Uid of the object that has to control it; absent: the NodeDeployment, or for claims nobody. */
  readonly controllerUid?: string;
}

export interface ChangeFinalizer {
  readonly type: 'AddFinalizer' | 'RemoveFinalizer';
}

/** The pods and attachments of this member have to be read live: none before it starts, a broken or outdated one before it stops. */
export interface Prove {
  readonly type: 'Prove';
  readonly member: string;
}

/** The API server has to be asked what it would say of this apply, before any child is touched. */
export interface Check {
  readonly type: 'Check';
  readonly kind: Kind;
  readonly object: KubeObject;
  readonly fence: ReadAt;
  readonly fieldManager: string;
}

/** The template in this ControllerRevision has to be read: a member is to start on it. */
export interface Recall {
  readonly type: 'Recall';
  readonly key: ObjectKey;
}

/** What has to be known before the plan can be made: it is asked at once, and the plan made anew. */
export type Question = Prove | Check | Recall;

export interface Wait {
  readonly type: 'Wait';
  readonly member: string;
  /** CamelCase, shown in `status.members[].reason`. */
  readonly reason: string;
  /** What it waits for; where somebody has to act, who and how. */
  readonly message: string;
  /** Set where waiting alone will not help. */
  readonly stalled?: StalledReason;
  /** Whether it holds up no member: it is about a consumer. Then the fleet is Ready all the same. */
  readonly isAside?: true;
  /** Milliseconds since the epoch at which to look again, where no event will say so. */
  readonly untilMs?: number;
}

export type Action = Apply | Delete | ChangeFinalizer | Question | Wait;

export function isQuestion(action: Action): action is Question {
  return action.type === 'Prove' || action.type === 'Check' || action.type === 'Recall';
}

export interface Plan {
  readonly actions: readonly Action[];
  /** `status.plan` as it is to be. Differs from the stored one only in a plan without any other write: persist, then act. */
  readonly rolloutPlan: RolloutPlan | undefined;
  /** Why the template is not acted on. */
  readonly refusal?: TemplateRefusal | undefined;
  /** The member that missed the progress deadline, and so holds up the others. */
  readonly overdue?: string | undefined;
  /** Milliseconds since the epoch at which time alone will change something. */
  readonly lookAgainAtMs?: number | undefined;
}

export function readAt(stored: Stored | undefined): ReadAt {
  return stored === undefined
    ? 'absent'
    : { uid: stored.metadata.uid, resourceVersion: stored.metadata.resourceVersion };
}

/** The earlier of two times, either of which may be absent. */
export function earliest(...timesMs: readonly (number | undefined)[]): number | undefined {
  const known = timesMs.flatMap((time) => (time !== undefined && Number.isFinite(time) ? [time] : []));
  return known.length === 0 ? undefined : Math.min(...known);
}
