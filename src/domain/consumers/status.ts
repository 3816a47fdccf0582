// `status.members[].consumers`: what uses the member's volume besides its own containers, and how each one is.
import type { ConsumerPhase } from '../../api/v1alpha1/conditions.ts';
import type { Consumer, ConsumerStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import type { StoredPod } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { readySinceMs, stuckReason } from '../../kube/pods.ts';
import { shorten } from '../../kube/text.ts';
import { timestampOf } from '../../kube/timestamp.ts';
import { isStopped, podOf } from '../member.ts';
import type { ObservedConsumer } from '../observed-consumers.ts';
import type { ObservedMember } from '../observed.ts';
import { firstMissedRun, isSuspended } from './cron-job.ts';

const MAX_MESSAGE = 256;

/** One line for each consumer of the spec, in its order; undefined where there is none. */
export function consumersStatus(
  consumers: readonly Consumer[] | undefined,
  member: ObservedMember,
  now: number,
): ConsumerStatus[] | undefined {
  if (consumers === undefined || consumers.length === 0) return undefined;
  return consumers.map((consumer) => {
    const { name, kind } = consumer;
    const found = member.consumers.find((one) => one.name === name);
    const pod = livePod(found);
    const state = stateOf(consumer, member, found);
    return {
      ...{ name, kind, phase: state.phase, podUID: pod?.metadata.uid },
      nodeName: (kind === 'Sidecar' ? podOf(member) : pod)?.spec?.nodeName,
      skippedRunAt: skippedRunAt(consumer, member, found, now),
      message: state.message === undefined ? undefined : shorten(state.message, MAX_MESSAGE),
    };
  });
}

/** Consumers that are as they should be while their member runs, of all members. */
export function readyConsumers(members: NodeDeploymentStatus['members'] = []): number {
  const isReady = ({ phase }: ConsumerStatus): boolean => phase === 'Running' || phase === 'Scheduled';
  return members.flatMap(({ consumers = [] }) => consumers.filter(isReady)).length;
}

type State = { readonly phase: ConsumerPhase; readonly message?: string | undefined };

function stateOf(consumer: Consumer, member: ObservedMember, found: ObservedConsumer | undefined): State {
  if (consumer.kind === 'Sidecar') return sidecarState(consumer, member);
  return consumer.kind === 'CronJob' ? cronJobState(found) : followerState(found);
}

function livePod(found: ObservedConsumer | undefined): StoredPod | undefined {
  return found?.pods.find((pod) => !isTerminating(pod)) ?? found?.pods[0];
}

const UNBOUND: State = { phase: 'Waiting', message: "waits until its member's pod is on a machine" };

function sidecarState({ template }: Consumer, member: ObservedMember): State {
  const pod = podOf(member);
  if (pod === undefined) return { phase: isStopped(member) ? 'Stopped' : 'Waiting' };
  const names = [...(template.spec?.containers ?? []), ...(template.spec?.initContainers ?? [])].map(
    ({ name }) => name,
  );
  return stateOfPod(pod, names);
}

function followerState(found: ObservedConsumer | undefined): State {
  const pod = livePod(found);
  const isTold = found?.statefulSet?.spec?.replicas === 0;
  if (pod !== undefined) return isTold ? { phase: 'Stopping' } : stateOfPod(pod);
  if (found?.statefulSet === undefined) return UNBOUND;
  return { phase: isTold ? 'Stopped' : 'Starting' };
}

function cronJobState(found: ObservedConsumer | undefined): State {
  const pod = livePod(found);
  const [run] = found?.runs ?? [];
  const isTold = found?.cronJob !== undefined && isSuspended(found.cronJob);
  if (pod !== undefined || run !== undefined) {
    if (isTold || pod === undefined) return { phase: isTold ? 'Stopping' : 'Starting' };
    // A run is no server: it need not be Ready.
    const state = stateOfPod(pod);
    return pod.status?.phase === 'Running' && state.phase === 'Starting' ? { phase: 'Running' } : state;
  }
  if (found?.cronJob === undefined) return UNBOUND;
  return { phase: isTold ? 'Stopped' : 'Scheduled' };
}

/** How the pod is, as far as it is about these containers; about all where none are named. */
function stateOfPod(pod: StoredPod, containers?: readonly string[]): State {
  if (isTerminating(pod)) return { phase: 'Stopping' };
  const stuck = stuckReason(pod, containers);
  if (stuck !== undefined) return { phase: 'Failed', message: stuck.message };
  if (readySinceMs(pod) !== undefined) return { phase: 'Running' };
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return { phase: 'Starting', message: scheduled?.status === 'False' ? scheduled.message : undefined };
}

/** When the first run was due that the present stop has skipped, else what is known of an earlier one. */
function skippedRunAt(
  { name, kind }: Consumer,
  { told }: ObservedMember,
  found: ObservedConsumer | undefined,
  now: number,
): string | undefined {
  if (kind !== 'CronJob') return undefined;
  const missed = firstMissedRun(found?.cronJob);
  if (missed !== undefined && missed.skippedMs <= now) return timestampOf(missed.dueMs);
  return told?.consumers?.find((one) => one.name === name)?.skippedRunAt;
}
