// The kubelet's part that kwok leaves out: a pod waits for its volumes, and a machine tells which volumes it uses.
//
// `PodReadyToStartContainers` is the condition by which a real kubelet says that sandbox and volumes are there; kwok
// (see kwok-stages.ts) starts a pod with claims only when it is True. A machine that is not Ready tells nothing any more,
// so kube-controller-manager goes on believing that its volumes are mounted, as after a real power cut.
import type { StoredPod, StoredVolume } from '../../../src/kube/kinds.ts';
import type { ApiRequest } from '../api-client.ts';
import { SIM_DRIVER } from './classes.ts';
import { claimNamesOf, volumesOf, type Rule, type StoredMachine, type World } from './world.ts';

const VOLUMES_MOUNTED = 'PodReadyToStartContainers';

export const mount: Rule = (world) =>
  world.pods
    .filter((pod) => pod.status?.phase === 'Pending' && claimNamesOf(pod).length > 0)
    .filter((pod) => pod.status?.conditions?.find(({ type }) => type === VOLUMES_MOUNTED)?.status !== 'True')
    .filter((pod) => volumesOf(pod, world).every((volume) => isUsable(volume, pod.spec?.nodeName, world)))
    .map(mounted);

export const reportUse: Rule = (world) => {
  const podsOn = Map.groupBy(world.pods.filter(isRunning), ({ spec }) => spec?.nodeName);
  return world.machines.filter(isReady).flatMap(({ metadata: { name }, status }): readonly ApiRequest[] => {
    const volumesInUse = usedBy(podsOn.get(name) ?? [], world);
    if (isSameSet(volumesInUse, status?.volumesInUse ?? [])) return [];
    return [{ method: 'PATCH', path: `/api/v1/nodes/${name}/status`, body: { status: { volumesInUse } } }];
  });
};

function isUsable(volume: StoredVolume | undefined, machine: string | undefined, world: World): boolean {
  if (volume === undefined || machine === undefined) return false;
  if (volume.spec?.csi?.driver !== SIM_DRIVER) return true;
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

function isReady({ status }: StoredMachine): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}

function isRunning({ status }: StoredPod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

/** As the attach/detach controller spells them. */
function usedBy(pods: readonly StoredPod[], world: World): readonly string[] {
  const names = pods
    .flatMap((pod) => volumesOf(pod, world))
    .flatMap((volume) => volume?.spec?.csi ?? [])
    .filter(({ driver }) => driver === SIM_DRIVER)
    .map(({ driver, volumeHandle }) => `kubernetes.io/csi/${driver}^${volumeHandle}`);
  return [...new Set(names)];
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name) => right.includes(name));
}
