// The first links: what the NodeDeployment says about the member, and its StatefulSet. Pure.
import { CONDITION } from '../../api/v1alpha1/conditions.ts';
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { isOutdated, isStopped } from '../../domain/member.ts';
import { isControlledBy, isWanted } from '../../domain/observed.ts';
import { isTerminating } from '../../kube/object.ts';
import { controllerOf } from '../../kube/owner-references.ts';
import { age } from '../text.ts';
import { isUp, needsOperator, type Facts, type Link, type LinkState, type Step } from './facts.ts';

export function fleetLink(facts: Facts): readonly Link[] {
  const { observed, revision } = facts;
  const { deployment, now } = observed;
  const link = { kind: NODE_DEPLOYMENT.kind, name: deployment.metadata.name };
  if (isTerminating(deployment)) {
    const since = age(deployment.metadata.deletionTimestamp, now);
    return [{ ...link, state: 'Waiting', says: `is being deleted for ${since}, and its members with it` }];
  }
  const obstacle = refusal(facts) ?? switchedOff(facts) ?? heldBack(facts);
  if (obstacle !== undefined) return [{ ...link, ...obstacle }];
  if (deployment.status?.observedGeneration !== deployment.metadata.generation) {
    const says = 'the operator has not reported on the newest spec yet';
    const commands = [facts.kubectl(`get nodedeployment ${link.name} -w`)];
    return [
      { ...link, state: 'Waiting', says, next: { says: 'If that lasts, see whether the operator runs', commands } },
    ];
  }
  return [{ ...link, state: 'Clear', says: `wants the member, on revision ${revision}` }];
}

type Obstacle = { readonly state: LinkState; readonly says: string; readonly next?: Step };

/** The spec is not acted on, or does not want the member. */
function refusal(facts: Facts): Obstacle | undefined {
  const { observed, member, kubectl } = facts;
  const { deployment } = observed;
  const { name } = deployment.metadata;
  const accepted = conditionOf(deployment, CONDITION.Accepted);
  if (accepted?.status === 'False') {
    const next = { says: 'Correct the spec', commands: [kubectl(`edit nodedeployment ${name}`)] };
    return { state: 'Blocked', says: `the operator does not accept the spec: ${accepted.message}`, next };
  }
  if (isWanted(deployment, member)) return undefined;
  const says = `spec.replicas is ${deployment.spec.replicas}: it does not want this member`;
  if (member.statefulSet !== undefined || member.pods.length > 0) return { state: 'Waiting', says };
  const commands = [kubectl(`scale nodedeployment ${name} --replicas=${member.ordinal + 1}`)];
  return { state: 'Blocked', says, next: { says: 'If it shall exist', commands } };
}

/** `spec.suspend`, and `spec.paused` where the operator would have to act. */
function switchedOff(facts: Facts): Obstacle | undefined {
  const { observed, member, revision, kubectl } = facts;
  const { metadata, spec } = observed.deployment;
  const off = (field: 'suspend' | 'paused', says: string): Obstacle => ({
    state: 'Blocked',
    says,
    next: {
      says: 'To go on',
      commands: [kubectl(`patch nodedeployment ${metadata.name} --type=merge -p '{"spec":{"${field}":false}}'`)],
    },
  });
  if (spec.suspend) return off('suspend', 'spec.suspend stops every member');
  const isWaiting = needsOperator(facts) || isOutdated(member, revision);
  return spec.paused && isWaiting ? off('paused', 'spec.paused: the operator changes nothing') : undefined;
}

/** The rollout keeps the member on its old revision for now. */
function heldBack(facts: Facts): Obstacle | undefined {
  const { observed, member, revision, kubectl } = facts;
  const { deployment } = observed;
  const { name } = deployment.metadata;
  if (!isOutdated(member, revision)) return undefined;
  const { partition, paused } = deployment.spec.rollout;
  if (member.ordinal < partition) {
    const patch = `patch nodedeployment ${name} --type=merge -p '{"spec":{"rollout":{"partition":${member.ordinal}}}}'`;
    const next = { says: 'To move it too', commands: [kubectl(patch)] };
    return { state: 'Blocked', says: `spec.rollout.partition is ${partition}: it keeps its old revision`, next };
  }
  if (isStopped(member)) return undefined;
  if (paused) {
    const next = { says: 'To go on', commands: [kubectl(`nodefleet rollout resume ${name}`)] };
    return { state: 'Blocked', says: 'spec.rollout.paused: no further member is moved', next };
  }
  const stalled = conditionOf(deployment, CONDITION.Stalled);
  const culprit = stalled?.status === 'True' ? stalled.message.split(':', 1)[0] : undefined;
  if (stalled?.reason === 'ProgressDeadlineExceeded' && culprit !== member.name) {
    const commands = [kubectl(`nodefleet why ${culprit}`), kubectl(`nodefleet rollout undo ${name}`)];
    const next = { says: `See what is wrong with ${culprit}; correct the template, or go back`, commands };
    return { state: 'Blocked', says: `the rollout has stopped at ${culprit}`, next };
  }
  return itsTurn(facts);
}

/** The rollout has not come to the member yet: another one that is not available may use up the budget. */
function itsTurn({ observed, member, revision, kubectl }: Facts): Obstacle {
  if (member.surge !== undefined) {
    return { state: 'Waiting', says: `moves to ${revision}; its replacement has to be Ready before it stops` };
  }
  const others = (observed.deployment.status?.members ?? []).filter(({ name }) => name !== member.name);
  const busy = others.find(({ phase }) => phase !== 'Running' && phase !== 'Stopped' && phase !== 'Deleting');
  if (busy === undefined)
    return { state: 'Waiting', says: `still on its old revision; its move to ${revision} is next` };
  const says = `still on its old revision; its move to ${revision} comes after ${busy.name}, which is ${busy.phase}`;
  const next = { says: `See what ${busy.name} waits for`, commands: [kubectl(`nodefleet why ${busy.name}`)] };
  return { state: 'Waiting', says, next };
}

function conditionOf({ status }: StoredNodeDeployment, type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function statefulSetLink(facts: Facts): readonly Link[] {
  const { observed, member, unreadable, kubectl } = facts;
  const { deployment, now } = observed;
  const { statefulSet } = member;
  const link = { kind: 'StatefulSet', name: member.name };
  if (unreadable.has('StatefulSet')) return [{ ...link, state: 'Unreadable', says: 'you may not read StatefulSets' }];
  if (statefulSet === undefined)
    return [{ ...link, state: 'Waiting', says: 'there is none yet; the operator makes it' }];
  if (isTerminating(statefulSet)) {
    const since = age(statefulSet.metadata.deletionTimestamp, now);
    return [{ ...link, state: 'Waiting', says: `is being deleted for ${since}; a new one is made once it is gone` }];
  }
  const owner = controllerOf(statefulSet);
  if (!isControlledBy(deployment, statefulSet)) {
    if (owner?.kind === NODE_DEPLOYMENT.kind && owner.name === deployment.metadata.name) {
      return [{ ...link, state: 'Waiting', says: 'belongs to a deleted NodeDeployment of this name and goes with it' }];
    }
    const holder = owner === undefined ? 'nobody' : `${owner.kind} ${owner.name}`;
    const commands = [kubectl(`describe statefulset ${member.name}`)];
    const next = { says: 'Rename the fleet, or let its owner delete it', commands };
    return [{ ...link, state: 'Blocked', says: `is not this fleet's: it is owned by ${holder}`, next }];
  }
  if (isStopped(member)) {
    const since = age(statefulSet.metadata.annotations?.[ANNOTATION.quiescedAt], now);
    return [{ ...link, state: 'Clear', says: `told to have no pod for ${since}: a hand-off` }];
  }
  return [{ ...link, state: 'Clear', says: isUp(facts) ? 'has its pod' : 'told to have one pod' }];
}
