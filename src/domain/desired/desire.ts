// What the spec asks for, with deletion as one more thing to ask for: a fleet of nothing.
import type { NodeDeploymentSpec, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { isTerminating } from '../../kube/object.ts';
import { isSingleWriter } from '../member.ts';
import { revisionOf } from './pod-template.ts';

export interface Desired {
  /** The revision that the members are to run. */
  readonly revision: string;
  /** Members wanted; 0 in a teardown. */
  readonly replicas: number;
  readonly isTeardown: boolean;
  /** `spec.paused`: no child is changed. */
  readonly isPaused: boolean;
  /** `spec.suspend`: every member is stopped. */
  readonly isSuspended: boolean;
  readonly isFinalizerWanted: boolean;
  /** What becomes of the claims of members that are not wanted. */
  readonly surplusClaims: 'Retain' | 'Delete';
  /** Whether a replacement runs before a member stops. Never with a single-writer volume. */
  readonly isSurging: boolean;
  /** Whether evictions are to spare the members: a budget over a single one would only block its drain. */
  readonly isBudgetWanted: boolean;
}

export function desire(deployment: StoredNodeDeployment): Desired {
  const { spec } = deployment;
  const isTeardown = isTerminating(deployment);
  const retention = spec.storage?.retention ?? { onDelete: 'Retain', onScaleDown: 'Retain' };
  return {
    revision: revisionOf(spec),
    replicas: isTeardown ? 0 : spec.replicas,
    isTeardown,
    isPaused: spec.paused && !isTeardown,
    isSuspended: spec.suspend,
    isFinalizerWanted: retention.onDelete === 'Delete',
    surplusClaims: isTeardown ? retention.onDelete : retention.onScaleDown,
    isSurging:
      spec.rollout.strategy !== 'Recreate' &&
      !isSingleWriter(spec.storage) &&
      share(spec.rollout.maxSurge, spec.replicas, Math.ceil) > 0,
    isBudgetWanted: !isTeardown && spec.disruptionBudget === 'Auto' && spec.replicas >= 2,
  };
}

/** Members that may be out at once, because of a rollout or of evictions: one at least, or nothing could ever move. */
export function toleratedLoss({ rollout, replicas }: NodeDeploymentSpec): number {
  return Math.max(1, share(rollout.maxUnavailable, replicas, Math.floor));
}

/** A number, or a percentage of `total` rounded by `round`. */
export function share(value: number | string, total: number, round: (exact: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) * total) / 100);
}
