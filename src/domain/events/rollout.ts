// Events of the whole fleet: a rollout begins, ends or is replaced; the fleet is paused; its spec is not accepted. Pure.
import { CONDITION, WARNED } from '../../api/v1alpha1/conditions.ts';
import type { Condition, NodeDeploymentStatus, RolloutPlan } from '../../api/v1alpha1/node-deployment.ts';
import { type FleetEvent, fleetEvent } from './catalogue.ts';

/** Names in one note; a fleet may have hundreds of members. */
const MAX_NAMES = 5;

/** A plan that begins or is replaced, a pause, a refusal of the spec, or a warning: comes before what it causes. */
export function beginnings(
  before: NodeDeploymentStatus | undefined,
  after: NodeDeploymentStatus,
): readonly FleetEvent[] {
  const paused = newly(before, after, CONDITION.Paused, 'True');
  const rejected = newly(before, after, CONDITION.Accepted, 'False');
  const accepted = newly(before, after, CONDITION.Accepted, 'True');
  return [
    ...(rejected === undefined ? [] : [fleetEvent(rejectionOf(rejected), rejected.message)]),
    ...(accepted?.reason === WARNED ? [fleetEvent('TemplateWarning', accepted.message)] : []),
    ...(paused === undefined ? [] : [fleetEvent(pauseOf(paused), paused.message)]),
    ...planBegins(before?.plan, after),
  ];
}

function planBegins(was: RolloutPlan | undefined, { plan, updateRevision }: NodeDeploymentStatus): FleetEvent[] {
  if (plan === undefined) return [];
  const isSame = was?.id === plan.id;
  if (plan.phase === 'Superseded' && was?.phase !== 'Superseded') {
    return [
      fleetEvent(
        'RolloutSuperseded',
        `the rollout of revision ${plan.targetRevision} gives way to revision ${updateRevision}`,
      ),
    ];
  }
  if (plan.phase !== 'Active' || (isSame && was.phase === 'Active')) return [];
  return [fleetEvent('RolloutStarted', `moving to revision ${plan.targetRevision}: ${listOf(plan.members)}`)];
}

/** A plan that is carried out: comes after what has happened to its members. */
export function endings(
  before: NodeDeploymentStatus | undefined,
  { plan }: NodeDeploymentStatus,
  now: number,
): readonly FleetEvent[] {
  const isNew = before?.plan?.id !== plan?.id || before?.plan?.phase !== plan?.phase;
  if (plan?.phase !== 'Completed' || !isNew) return [];
  const seconds = Math.round((now - Date.parse(plan.createdAt)) / 1000);
  const note = `every member that is to move runs revision ${plan.targetRevision}, ${seconds} s after the rollout began`;
  return [fleetEvent('RolloutCompleted', note)];
}

/** The condition, if it has this status now and had another one, or for another reason, before. */
export function newly(
  before: NodeDeploymentStatus | undefined,
  after: NodeDeploymentStatus,
  type: string,
  status: Condition['status'],
): Condition | undefined {
  const find = (one: NodeDeploymentStatus | undefined): Condition | undefined =>
    one?.conditions?.find((condition) => condition.type === type && condition.status === status);
  const now = find(after);
  return now !== undefined && find(before)?.reason === now.reason ? undefined : now;
}

function rejectionOf({ reason }: Condition): 'InvalidSpec' | 'TemplateRefused' {
  return reason === 'InvalidSpec' ? 'InvalidSpec' : 'TemplateRefused';
}

function pauseOf({ reason }: Condition): 'Paused' | 'RolloutPaused' {
  return reason === 'RolloutPaused' ? 'RolloutPaused' : 'Paused';
}

function listOf(members: readonly string[]): string {
  const shown = members.slice(0, MAX_NAMES).join(', ');
  return members.length <= MAX_NAMES ? shown : `${shown} and ${members.length - MAX_NAMES} more`;
}
