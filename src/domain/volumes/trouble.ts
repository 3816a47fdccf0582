// What is wrong with a member that is not being moved, and who has to act. It blocks nothing but tells.
import type { Wait } from '../actions.ts';
import { admitsMachine, describeAffinity } from '../../kube/node-affinity.ts';
import { isTerminating } from '../../kube/object.ts';
import { podTrouble } from './gate.ts';
import { isReadyMachine } from '../machines.ts';
import { podOf } from '../member.ts';
import type { Observed, ObservedMember } from '../observed.ts';
import { resizeTrouble } from './claims.ts';

/** Most urgent first. A pod that merely ends in its time is no trouble. */
export function troubles(observed: Observed, member: ObservedMember): readonly Wait[] {
  const ofPods = [...member.pods, ...member.endedPods, ...member.surgePods].flatMap(
    (pod) => podTrouble(observed, member, pod) ?? [],
  );
  return [...ofPods, topologyConflict(observed, member), resizeTrouble(observed, member)].flatMap((wait) => wait ?? []);
}

/** The scheduler has no machine for the pod, and the volume admits none that could take it. */
function topologyConflict({ machines, unreadable }: Observed, member: ObservedMember): Wait | undefined {
  const { volume } = member;
  const pod = podOf(member);
  const scheduled = pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const isWaiting = pod !== undefined && !isTerminating(pod) && scheduled?.status === 'False';
  if (!isWaiting || volume?.spec?.nodeAffinity === undefined || unreadable.has('machines')) return undefined;
  const admitted = [...machines.values()].filter((machine) => admitsMachine(volume, machine));
  if (admitted.some((machine) => isReadyMachine(machine) && machine.spec?.unschedulable !== true)) return undefined;
  const state = admitted.map(
    ({ metadata, spec }) => `${metadata.name} is ${spec?.unschedulable === true ? 'cordoned' : 'not Ready'}`,
  );
  const there = state.length === 0 ? 'there is none' : state.slice(0, 3).join(', ');
  const message = `volume ${volume.metadata.name} can only be used on machines with ${describeAffinity(volume)}, and ${there}; bring such a machine back. Nothing is deleted`;
  return {
    type: 'Wait',
    member: member.name,
    reason: 'VolumeTopologyConflict',
    message,
    stalled: 'VolumeTopologyConflict',
  };
}
