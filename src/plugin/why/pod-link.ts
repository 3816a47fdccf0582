// The member's pod: ending, unschedulable, stuck, not Ready, or fine. Pure.
import { TERMINATION_PATIENCE_SECONDS } from '../../domain/volumes/gate.ts';
import { machineState } from '../../domain/machines.ts';
import { isStopped } from '../../domain/member.ts';
import type { StoredPod } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { readySinceMs, stuckReason } from '../../kube/pods.ts';
import { duration } from '../text.ts';
import { holdersOf, ownPod, type Facts, type Link } from './facts.ts';
import { isClaimAtFault } from './claim-link.ts';
import { isVolumeAtFault } from './volume-links.ts';

export function podLink(facts: Facts): readonly Link[] {
  const { member, unreadable } = facts;
  const pod = ownPod(facts);
  const link = { kind: 'Pod', name: pod?.metadata.name ?? `${member.name}-0` };
  if (unreadable.has('Pod')) return [{ ...link, state: 'Unreadable', says: 'you may not list pods' }];
  if (pod === undefined) {
    const isExpected = member.statefulSet !== undefined && !isStopped(member);
    const says = isExpected ? 'there is none yet; kube-controller-manager makes it' : 'there is none';
    return [{ ...link, state: isExpected ? 'Waiting' : 'Clear', says }];
  }
  return [{ ...link, ...judge(facts, pod) }, ...member.surgePods.map((surge) => surgeLink(facts, surge))];
}

/** The pod that serves while the member moves: the member's own stops once it is Ready. */
function surgeLink(facts: Facts, pod: StoredPod): Link {
  const finding = judge(facts, pod);
  return { kind: 'Pod', name: pod.metadata.name, ...finding, says: `the replacement while it moves: ${finding.says}` };
}

function judge(facts: Facts, pod: StoredPod): Finding {
  return isTerminating(pod) ? ending(facts, pod) : living(facts, pod);
}

type Finding = Omit<Link, 'kind' | 'name'>;

/** A pod that is being deleted. What holds it may be further down: its machine, or a finalizer. */
function ending({ observed, kubectl }: Facts, pod: StoredPod): Finding {
  const { metadata, spec } = pod;
  const dueMs = Date.parse(metadata.deletionTimestamp ?? '');
  const where = spec?.nodeName === undefined ? '' : ` on machine ${spec.nodeName}`;
  const overdueMs = observed.now - dueMs;
  if (overdueMs < 0) return { state: 'Waiting', says: `is ending${where}; it has ${duration(-overdueMs)} left` };
  const says = `had to end ${duration(overdueMs)} ago and is still there${where}`;
  const isMachineDown = spec?.nodeName !== undefined && machineState(observed, spec.nodeName) !== 'Ready';
  const isPatient = overdueMs < TERMINATION_PATIENCE_SECONDS * 1000;
  if (isMachineDown || holdersOf(pod).length > 0 || isPatient) return { state: 'Waiting', says };
  const commands = [kubectl(`describe pod ${metadata.name}`)];
  return {
    state: 'Blocked',
    says: `${says}: the kubelet has not removed it`,
    next: { says: `See what the kubelet of ${spec?.nodeName} does`, commands },
  };
}

function living(facts: Facts, pod: StoredPod): Finding {
  const { observed } = facts;
  const readySince = readySinceMs(pod);
  const machine = pod.spec?.nodeName;
  const where = machine === undefined ? '' : ` on machine ${machine}`;
  if (readySince !== undefined) {
    return {
      state: 'Clear',
      says: `${pod.status?.phase} and Ready${where} for ${duration(observed.now - readySince)}`,
    };
  }
  if (machine === undefined) return unscheduled(facts, pod);
  if (machineState(observed, machine) === 'NotReady') return { state: 'Waiting', says: `not Ready${where}` };
  return stuck(facts, pod) ?? { state: 'Waiting', says: `${pod.status?.phase ?? 'Pending'}${where}, not Ready yet` };
}

function unscheduled(facts: Facts, pod: StoredPod): Finding {
  const { kubectl } = facts;
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False') return { state: 'Waiting', says: 'no machine has been chosen for it yet' };
  const says = `${scheduled.reason ?? 'Unschedulable'}: ${scheduled.message ?? 'no machine takes it'}`;
  if (isClaimAtFault(facts) || isVolumeAtFault(facts)) return { state: 'Waiting', says };
  const commands = [kubectl(`describe pod ${pod.metadata.name}`), kubectl.clusterWide('get nodes')];
  return { state: 'Blocked', says, next: { says: 'Give the cluster a machine that takes the pod', commands } };
}

function stuck({ observed, kubectl }: Facts, pod: StoredPod): Finding | undefined {
  const { name } = pod.metadata;
  const reason = stuckReason(pod);
  const container = (pod.status?.containerStatuses ?? []).find(({ state }) => state?.waiting !== undefined)?.name;
  const back = kubectl(`nodefleet rollout undo ${observed.deployment.metadata.name}`);
  if (reason === undefined) {
    const unready = (pod.status?.containerStatuses ?? []).find(({ ready, state }) => !ready && state?.running);
    if (unready === undefined) return undefined;
    const commands = [kubectl(`describe pod ${name}`), kubectl(`logs ${name} -c ${unready.name}`)];
    const says = `container ${unready.name} runs and is not Ready: its probes fail`;
    return { state: 'Blocked', says, next: { says: 'See its probes and its log', commands } };
  }
  const hasLog = reason.reason === 'CrashLoopBackOff' && container !== undefined;
  const look = hasLog ? kubectl(`logs ${name} -c ${container} --previous`) : kubectl(`describe pod ${name}`);
  const next = { says: 'See why; then correct the template, or go back to the one before', commands: [look, back] };
  return { state: 'Blocked', says: `${reason.reason}: ${reason.message}`, next };
}
