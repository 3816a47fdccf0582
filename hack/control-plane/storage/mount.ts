// The kubelet's part that kwok leaves out: a pod waits for its volumes, and a machine tells which volumes it uses.
//
// What a machine tells is all that is known of a mount: it says what its pods mount and, while an annotation delays the
// unmounting (see knobs.ts), also what pods mounted that have ended or are gone, as if their processes went on writing.
//
// `PodReadyToStartContainers` is the condition by which a real kubelet says that sandbox and volumes are there; kwok
// (see kwok-stages.yaml) starts a pod with claims only when it is True. A machine without power, or that is not Ready,
// mounts and tells nothing any more, so kube-controller-manager goes on believing that its volumes are mounted, as
// after a real power cut. Lies: a gracefully deleted pod is removed without waiting for its volumes to be unmounted.
import type { StoredPod, StoredVolume } from '../../../src/kube/kinds.ts';
import type { ApiRequest } from '../api-client.ts';
import { hasPower } from '../machines.ts';
import { delayOf } from './knobs.ts';
import { claimNamesOf, isAttachable, volumesOf, type Rule, type StoredMachine, type World } from './world.ts';

const VOLUMES_MOUNTED = 'PodReadyToStartContainers';

export const mount: Rule = (world) =>
  world.pods
    .filter((pod) => pod.status?.phase === 'Pending' && claimNamesOf(pod).length > 0)
    .filter((pod) => !hasVolumes(pod))
    .filter((pod) => isAlive(world.machine(pod.spec?.nodeName ?? '')))
    .filter((pod) => volumesOf(pod, world).every((volume) => isUsable(volume, pod.spec?.nodeName, world)))
    .map(mounted);

export const reportUse: Rule = (world, isDue) => {
  const podsOn = Map.groupBy(world.pods.filter(isRunning), ({ spec }) => spec?.nodeName);
  const volumes = new Map(world.volumes.map((volume) => [useNameOf(volume), volume]));
  return world.machines.filter(isAlive).flatMap((machine): readonly ApiRequest[] => {
    const { name } = machine.metadata;
    const before = machine.status?.volumesInUse ?? [];
    const mounted = usedBy(podsOn.get(name) ?? [], world);
    const left = before.filter((used) => !mounted.includes(used) && isStillMounted(used, machine));
    const volumesInUse = [...mounted, ...left];
    if (isSameSet(volumesInUse, before)) return [];
    return [{ method: 'PATCH', path: `/api/v1/nodes/${name}/status`, body: { status: { volumesInUse } } }];
  });

  function isStillMounted(used: string, { metadata }: StoredMachine): boolean {
    const volume = volumes.get(used);
    return volume !== undefined && !isDue(`unmount ${used} ${metadata.uid}`, delayOf('unmount', volume, world, 0));
  }
};

/** Whether the pod's kubelet has mounted this claim, and is there to do something with it. */
export function isMountedBy(pod: StoredPod, claim: string, world: World): boolean {
  const isThere = isRunning(pod) && isAlive(world.machine(pod.spec?.nodeName ?? ''));
  return isThere && hasVolumes(pod) && claimNamesOf(pod).includes(claim);
}

function hasVolumes({ status }: StoredPod): boolean {
  return status?.conditions?.find(({ type }) => type === VOLUMES_MOUNTED)?.status === 'True';
}

function isUsable(volume: StoredVolume | undefined, machine: string | undefined, world: World): boolean {
  if (volume === undefined || machine === undefined) return false;
  if (!isAttachable(volume.spec?.csi?.driver)) return true;
  return world
    .attachmentsOf(volume.metadata.name)
    .some(({ spec, status }) => spec.nodeName === machine && status?.attached === true);
}

function mounted(pod: StoredPod): ApiRequest {
  const { name, namespace, resourceVersion } = pod.metadata;
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== VOLUMES_MOUNTED);
  const conditions = [...others, { type: VOLUMES_MOUNTED, status: 'True' }];
  return {
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/pods/${name}/status`,
    body: { metadata: { resourceVersion }, status: { conditions } },
  };
}

/** Whether there is a kubelet that does anything. */
function isAlive(machine: StoredMachine | undefined): machine is StoredMachine {
  const ready = machine?.status?.conditions?.find(({ type }) => type === 'Ready');
  return machine !== undefined && hasPower(machine) && ready?.status === 'True';
}

function isRunning({ status }: StoredPod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

function usedBy(pods: readonly StoredPod[], world: World): readonly string[] {
  const names = pods.flatMap((pod) => volumesOf(pod, world)).flatMap((volume) => useNameOf(volume) ?? []);
  return [...new Set(names)];
}

/** As the attach/detach controller spells it; undefined for a volume that is not attached by us. */
function useNameOf(volume: StoredVolume | undefined): string | undefined {
  const { driver, volumeHandle } = volume?.spec?.csi ?? {};
  return isAttachable(driver) ? `kubernetes.io/csi/${driver}^${volumeHandle}` : undefined;
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name) => right.includes(name));
}
