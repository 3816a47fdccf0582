// What is known of the machine that a pod or an attachment names.
import type { StoredMachine } from '../kube/kinds.ts';
import type { Observed } from './observed.ts';

/** The taint by which a person says that a machine is off (KEP-2268): Kubernetes then frees its pods and volumes. */
export const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** Unknown: the operator may not read machines. */
export type MachineState = 'Ready' | 'NotReady' | 'OutOfService' | 'Gone' | 'Unknown';

export function machineState({ machines, unreadable }: Observed, name: string): MachineState {
  const machine = machines.get(name);
  if (machine === undefined) return unreadable.has('machines') ? 'Unknown' : 'Gone';
  if (machine.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE)) return 'OutOfService';
  return isReadyMachine(machine) ? 'Ready' : 'NotReady';
}

export function isReadyMachine(machine: StoredMachine): boolean {
  return readyCondition(machine)?.status === 'True';
}

/** Since when the machine has been as Ready as it is, in milliseconds since the epoch; NaN if it has never said. */
export function readyChangedMs(machine: StoredMachine | undefined): number {
  return Date.parse((machine && readyCondition(machine)?.lastTransitionTime) ?? '');
}

function readyCondition({ status }: StoredMachine) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

/** Why nothing can be known of what runs on the machine, with the command that helps; undefined while it is Ready. */
export function unreachable(observed: Observed, name: string | undefined, what: string): string | undefined {
  const machine = observed.machines.get(name ?? '');
  if (name === undefined || machine === undefined || machineState(observed, name) !== 'NotReady') return undefined;
  const since = readyCondition(machine)?.lastTransitionTime;
  return `${what} on machine ${name}, which has not been Ready since ${since}: it may still write. If the machine is off and stays off: kubectl taint nodes ${name} ${OUT_OF_SERVICE}=nodeshutdown:NoExecute`;
}
