// Facts about pods that more than one rule needs.
import type { Pod } from './kinds.ts';
import { isTerminating } from './object.ts';
import { controllerOf } from './owner-references.ts';

/**
 * Whether no process of the pod can run any more: it succeeded or failed, as its kubelet says. A terminating pod still can.
 * So can one that the pod garbage collector has failed because its machine is gone or out of service (kube-controller-manager
 * v1.36 markFailedAndDeletePod): the last word of the kubelet, that a container runs, still stands in it.
 */
export function isTerminal({ status }: Pod): boolean {
  const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return hasEnded && containersOf(status).every(({ state }) => state?.running === undefined);
}

function containersOf(status: Pod['status']) {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

/** When the pod became Ready, in milliseconds since the epoch; undefined while it is not, or is being deleted. */
export function readySinceMs(pod: Pod): number | undefined {
  if (isTerminating(pod)) return undefined;
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready');
  if (ready?.status !== 'True') return undefined;
  const since = Date.parse(ready.lastTransitionTime ?? pod.metadata?.creationTimestamp ?? '');
  return Number.isNaN(since) ? 0 : since;
}

/** Names of the claims that the pod mounts. */
export function claimsOf(pod: Pod): readonly string[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}

/**
 * Why a container of the pod does not run, as the kubelet says (`ImagePullBackOff`, `CrashLoopBackOff`); undefined if none is
 * stuck. `among`: names of the containers to look at; absent: all.
 */
export function stuckReason(
  pod: Pod,
  among?: readonly string[],
): { readonly reason: string; readonly message: string } | undefined {
  for (const { name, state } of containersOf(pod.status)) {
    if (among?.includes(name) === false) continue;
    const waiting = state?.waiting;
    if (waiting?.reason !== undefined && !HARMLESS_WAITS.has(waiting.reason)) {
      return { reason: waiting.reason, message: `container ${name}: ${waiting.message ?? waiting.reason}` };
    }
  }
  return undefined;
}

const HARMLESS_WAITS = new Set(['ContainerCreating', 'PodInitializing']);

/** What would make the pod anew: its controller, or the Deployment behind that. */
export function makerOf(pod: Pod): { readonly kind: string; readonly name: string } | undefined {
  const owner = controllerOf(pod);
  const suffix = `-${pod.metadata?.labels?.['pod-template-hash']}`;
  if (owner?.kind !== 'ReplicaSet' || !owner.name.endsWith(suffix)) return owner;
  return { kind: 'Deployment', name: owner.name.slice(0, -suffix.length) };
}
