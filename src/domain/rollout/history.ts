// The plans of the past: what the fleet was moved to, and what became of it. Pure.
//
// A plan enters when it is first seen to have ended, in the status write that ends it, and keeps that time. So a wave
// that an edit superseded stays visible beside the one that followed.
import type { NodeDeploymentStatus, PastPlan, RolloutPlan } from '../../api/v1alpha1/node-deployment.ts';
import { MAX_HISTORY } from '../../api/v1alpha1/status.ts';
import { timestampOf } from '../../kube/timestamp.ts';

/** `status.history`, newest first: the stored one, and `plan` if it has ended and is not in it. Undefined when empty. */
export function historyOf(
  stored: NodeDeploymentStatus['history'],
  plan: RolloutPlan | undefined,
  now: number,
): NodeDeploymentStatus['history'] {
  if (plan === undefined || plan.phase === 'Active') return stored;
  const { id, generation, targetRevision, createdAt, phase } = plan;
  // The list is a map by id: the API server refuses a second entry of one.
  if (stored?.some((past) => past.id === id)) return stored;
  const ended: PastPlan = { id, generation, targetRevision, createdAt, phase, endedAt: timestampOf(now) };
  return [ended, ...(stored ?? [])].slice(0, MAX_HISTORY);
}
