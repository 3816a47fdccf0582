// `status.members[].consumers`: what uses the member's volume besides its own containers, and how each one is.
import type { Consumer, ConsumerStatus } from '../../api/v1alpha1/node-deployment.ts';
import type { StoredPod } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { readySinceMs, stuckReason } from '../../kube/pods.ts';
import { isStopped, podOf } from '../member.ts';
import type { ObservedConsumer, ObservedMember } from '../observed.ts';

const MAX_MESSAGE = 256;

/** One line for each consumer of the spec, in its order; undefined where there is none. */
export function consumersStatus(
  consumers: readonly Consumer[] | undefined,
  member: ObservedMember,
): ConsumerStatus[] | undefined {
  if (consumers === undefined || consumers.length === 0) return undefined;
  return consumers.map((consumer) => {
    const { name, kind } = consumer;
    const found = member.consumers.find((one) => one.name === name);
    const state = kind === 'Sidecar' ? sidecarState(consumer, member) : followerState(found);
    return { name, kind, ...state, message: state.message?.slice(0, MAX_MESSAGE) };
  });
}

type State = Pick<ConsumerStatus, 'phase' | 'nodeName' | 'message'>;

function sidecarState({ template }: Consumer, member: ObservedMember): State {
  const pod = podOf(member);
  if (pod === undefined) return { phase: isStopped(member) ? 'Stopped' : 'Waiting' };
  const names = [...(template.spec?.containers ?? []), ...(template.spec?.initContainers ?? [])].map(
    ({ name }) => name,
  );
  return stateOf(pod, names);
}

function followerState(found: ObservedConsumer | undefined): State {
  const { statefulSet, pods = [] } = found ?? {};
  const pod = pods.find((one) => !isTerminating(one)) ?? pods[0];
  if (pod !== undefined && statefulSet?.spec?.replicas === 0)
    return { phase: 'Stopping', nodeName: pod.spec?.nodeName };
  if (pod !== undefined) return stateOf(pod);
  if (statefulSet === undefined) return { phase: 'Waiting', message: "waits until its member's pod is on a machine" };
  return { phase: statefulSet.spec?.replicas === 0 ? 'Stopped' : 'Starting' };
}

/** How the pod is, as far as it is about these containers; about all where none are named. */
function stateOf(pod: StoredPod, containers?: readonly string[]): State {
  const nodeName = pod.spec?.nodeName;
  if (isTerminating(pod)) return { phase: 'Stopping', nodeName };
  const stuck = stuckReason(pod, containers);
  if (stuck !== undefined) return { phase: 'Failed', nodeName, message: stuck.message };
  if (readySinceMs(pod) !== undefined) return { phase: 'Running', nodeName };
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return { phase: 'Starting', nodeName, message: scheduled?.status === 'False' ? scheduled.message : undefined };
}
