// What a reconcile has to tell, from the status that was stored before, what was done, and the status that is stored now.
// `lastWords` are told as soon as it is done, all else once the status is stored.
//
// Guarantees: what is told is a difference between two stored statuses, or a write that the API server accepted; so a
// resync, a restart or another operator on the same objects says nothing again. Not guaranteed: that everything is told.
// A reconcile that ends between its status and its events takes them along. Pure.
import type { NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { CLAIM } from '../../kube/kinds.ts';
import { referenceOf } from '../../kube/object-reference.ts';
import type { Apply, Delete, Plan } from '../actions.ts';
import { detachObstacle } from '../volumes/gate.ts';
import { isSingleWriter } from '../member.ts';
import type { Observed } from '../observed.ts';
import type { Outcome } from '../outcome.ts';
import { toldByName } from '../told.ts';
import { type FleetEvent, fleetEvent } from './catalogue.ts';
import { claimDeletions, claimEvents } from './claims.ts';
import { consumerEvents } from './consumers.ts';
import { handoffEvents } from './handoff.ts';
import { beginnings, endings } from './rollout.ts';
import { stalledEvents } from './stalled.ts';

/**
 * The events of a reconcile, causes before effects.
 *
 * @param before the status that `observed` was read with; undefined for a fleet that had none
 * @param plan as it was executed; its actions left out if it was not carried out to its end
 */
export function eventsOf(
  before: NodeDeploymentStatus | undefined,
  observed: Observed,
  plan: Plan,
  outcome: Outcome,
  after: NodeDeploymentStatus,
): readonly FleetEvent[] {
  const done = accepted(plan, outcome);
  const { deployment, now } = observed;
  const known = toldByName(before);
  return [
    ...beginnings(before, after),
    ...claimEvents(before, observed, done, after),
    ...consumerEvents(before, observed, done, after),
    ...(after.members ?? []).flatMap((member) =>
      handoffEvents({ deployment, before: known.get(member.name), after: member }),
    ),
    ...riskyStarts(observed, done),
    ...stalledEvents(before, observed, after),
    ...endings(before, after, now),
  ];
}

/** What has to be told as soon as the plan is executed: nothing but these events keeps it. */
export function lastWords(observed: Observed, plan: Plan, outcome: Outcome): readonly FleetEvent[] {
  return claimDeletions(observed, accepted(plan, outcome));
}

/** The writes that the API server accepted. A refusal ends its member's turn, except that of a growth. */
function accepted(plan: Plan, { refusals }: Outcome): readonly (Apply | Delete)[] {
  const isRefused = (action: Apply | Delete): boolean =>
    refusals.some(
      ({ member, reason }) => member === action.member && (reason !== 'ExpansionNotAllowed' || isResize(action)),
    );
  return plan.actions.filter(
    (action): action is Apply | Delete => (action.type === 'Apply' || action.type === 'Delete') && !isRefused(action),
  );
}

function isResize(action: Apply | Delete): boolean {
  return action.type === 'Apply' && action.purpose === 'Resize';
}

/** Members that were started on a volume that was not proven free: `rollout.detach: BestEffort`. */
function riskyStarts(observed: Observed, done: readonly (Apply | Delete)[]): readonly FleetEvent[] {
  const { storage, rollout } = observed.deployment.spec;
  if (rollout.detach !== 'BestEffort' || !isSingleWriter(storage)) return [];
  return done.flatMap((action) => {
    const isStart = action.type === 'Apply' && (action.purpose === 'Start' || action.purpose === 'Resume');
    const member = isStart ? observed.members.find(({ name }) => name === action.member) : undefined;
    if (member?.claim === undefined) return [];
    const obstacle = detachObstacle(observed, member);
    if (obstacle === undefined) return [];
    const note = `starts although the old writer may not be gone: ${obstacle.message}`;
    return [fleetEvent('BestEffortDetach', note, { member: member.name, related: referenceOf(CLAIM, member.claim) })];
  });
}
