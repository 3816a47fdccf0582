// The machines that the member's pods and attachments name. Pure.
import { machineState, OUT_OF_SERVICE, readyChangedMs } from '../../domain/machines.ts';
import { duration } from '../text.ts';
import { isUp, machinesOf, type Facts, type Link, type Step } from './facts.ts';

const KIND = 'Node';

export function machineLinks(facts: Facts): readonly Link[] {
  return machinesOf(facts).map((name) => ({ kind: KIND, name, ...stateOf(facts, name) }));
}

function stateOf(facts: Facts, name: string): Omit<Link, 'kind' | 'name'> {
  const { observed, kubectl } = facts;
  const machine = observed.machines.get(name);
  const taints = (machine?.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
  const notes = taints.length === 0 ? '' : `, taints ${taints.join(', ')}`;
  switch (machineState(observed, name)) {
    case 'Unknown':
      return { state: 'Unreadable', says: 'you may not read nodes' };
    case 'Ready':
      return { state: 'Clear', says: `Ready${notes}` };
    case 'OutOfService': {
      const says = `declared out of service: Kubernetes frees its pods and volumes${notes}`;
      const commands = [kubectl.clusterWide(`taint nodes ${name} ${OUT_OF_SERVICE}-`)];
      return { state: isUp(facts) ? 'Clear' : 'Waiting', says, next: { says: 'Once the machine is back', commands } };
    }
    case 'Gone':
      return gone(facts, name);
    case 'NotReady': {
      const since = duration(observed.now - readyChangedMs(machine));
      return { state: 'Blocked', says: `not Ready for ${since}${notes}`, next: outOfService(facts, name) };
    }
  }
}

/** A machine without an object: the garbage collector takes its pods, its driver has to let go of the volume. */
function gone({ member, kubectl }: Facts, name: string): Omit<Link, 'kind' | 'name'> {
  const attachment = member.attachments.find(({ spec }) => spec.nodeName === name);
  if (attachment === undefined) return { state: 'Waiting', says: 'is gone; Kubernetes removes its pods' };
  const commands = [kubectl.clusterWide(`describe volumeattachment ${attachment.metadata.name}`)];
  const says = `See the CSI driver ${attachment.spec.attacher}: its attacher has to detach the volume. Leave the attachment alone`;
  return { state: 'Blocked', says: 'is gone, and the volume is still attached to it', next: { says, commands } };
}

/** The taint of KEP-2268. Wrong for a machine that only lost its network: what runs there would write on. */
function outOfService({ kubectl }: Facts, name: string): Step {
  return {
    says: `If ${name} is off and stays off (certainly: what still runs there would write on), say so`,
    commands: [kubectl.clusterWide(`taint nodes ${name} ${OUT_OF_SERVICE}=nodeshutdown:NoExecute`)],
  };
}
