// What is left when no object of the chain blocks: finalizers of others, warnings of the cluster, and what the operator
// itself says. Pure.
import { CONDITION } from '../../api/v1alpha1/conditions.ts';
import { machineState } from '../../domain/machines.ts';
import { isStopped } from '../../domain/member.ts';
import { isTerminating, type Stored } from '../../kube/object.ts';
import { duration } from '../text.ts';
import { holdersOf, isUp, ownPod, type Facts, type Link } from './facts.ts';

/** Finalizers that hold an object of the chain which is being deleted. */
export function finalizerLink({ observed, member, kubectl }: Facts): readonly Link[] {
  const objects: readonly (Stored | undefined)[] = [
    observed.deployment,
    member.statefulSet,
    ...member.pods,
    ...member.claimUsers,
    member.claim,
  ];
  const held = objects.find((object) => holdersOf(object).length > 0);
  if (held === undefined) return [];
  const { kind = 'object', metadata } = held;
  const commands = [
    kubectl(
      `get ${kind.toLowerCase()} ${metadata.name} --show-managed-fields -o=jsonpath='{.metadata.managedFields[*].manager}'`,
    ),
  ];
  const next = { says: 'Find who set it, and let them remove it', commands };
  const says = `${holdersOf(held).join(', ')} on ${kind} ${metadata.name}, which is being deleted`;
  return [{ kind: 'Finalizer', name: '', state: 'Blocked', says, next }];
}

/** A warning counts while nothing newer than this has been heard. */
const FRESH_MS = 10 * 60_000;

/** The newest warning about the object that the member is waiting at. */
export function eventLink(facts: Facts): readonly Link[] {
  const { observed, member, warnings, kubectl } = facts;
  const object = isUp(facts) ? undefined : waitingAt(facts);
  const warning = object === undefined ? undefined : warnings.get(object.metadata.uid);
  if (object === undefined || warning === undefined || observed.now - warning.atMs > FRESH_MS) return [];
  const { kind = '', metadata } = object;
  const says = `${warning.reason}, ${duration(observed.now - warning.atMs)} ago: ${warning.note}`;
  const next = { says: 'See all of it', commands: [kubectl(`describe ${kind.toLowerCase()} ${metadata.name}`)] };
  return [{ kind: 'Event', name: `of ${kind} ${metadata.name || member.name}`, state: 'Blocked', says, next }];
}

function waitingAt(facts: Facts): Stored | undefined {
  const { member } = facts;
  const pod = ownPod(facts);
  // The end of a pod and a machine that is down have links of their own.
  const machine = pod?.spec?.nodeName;
  if (pod !== undefined && isTerminating(pod)) return undefined;
  if (machine !== undefined && machineState(facts.observed, machine) !== 'Ready') return undefined;
  if (pod === undefined) return isStopped(member) ? undefined : member.statefulSet;
  const isUnbound = member.claim !== undefined && member.claim.status?.phase !== 'Bound';
  return isUnbound ? member.claim : pod;
}

/** What the operator says of the member, where nothing of the above explains it. */
export function operatorLink({ observed, member, kubectl }: Facts): readonly Link[] {
  const { deployment } = observed;
  const stalled = deployment.status?.conditions?.find(({ type }) => type === CONDITION.Stalled);
  if (stalled?.status !== 'True' || !stalled.message.startsWith(`${member.name}: `)) return [];
  const says = `${stalled.reason}: ${stalled.message.slice(member.name.length + 2)}`;
  const commands = [kubectl(`nodefleet status ${deployment.metadata.name}`)];
  return [{ kind: 'Operator', name: '', state: 'Blocked', says, next: { says: 'See the whole fleet', commands } }];
}
