// What is kept of each object in the caches: what the domain reads, and nothing else.
//
// Caches drop managedFields from everything. A whole Pod is still 25 KB of heap, a projected one 1 KB, and one that can
// never concern us 0.4 KB. The clusters that this runs in have thousands of pods, volumes and machines of others.
import { LABEL } from '../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { ControllerRevision, CsiDriver, Job, Machine, Pod, Volume } from '../kube/kinds.ts';
import type { Stored, StoredMeta } from '../kube/object.ts';
import { controllerOf } from '../kube/owner-references.ts';
import { claimsOf } from '../kube/pods.ts';
import { isSameJson } from '../kube/merge-patch.ts';

/** Which object it is, and whether it is going. */
function identityOf({ metadata }: Stored): StoredMeta {
  const { namespace, name, uid, resourceVersion, creationTimestamp, deletionTimestamp } = metadata;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    resourceVersion,
    creationTimestamp,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  };
}

const NOTHING: Pick<Pod, 'spec' | 'status'> = { spec: { containers: [] }, status: {} };
type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];
const POD_CONDITIONS = new Set(['Ready', 'PodScheduled']);

/** Which claims it holds, where it runs, how it is, what keeps it, and who made it. Its template is not read. */
export function projectPod(pod: Stored<Pod>): Stored<Pod> {
  const { labels, finalizers, deletionGracePeriodSeconds } = pod.metadata;
  const isOurs = labels?.[LABEL.deployment] !== undefined;
  // A pod's volumes never change: without a claim, and without our label, it is nothing to us.
  if (!isOurs && claimsOf(pod).length === 0) return { ...NOTHING, metadata: identityOf(pod) };
  const controller = controllerOf(pod);
  const { phase, conditions, containerStatuses, initContainerStatuses } = pod.status ?? {};
  const volumes = pod.spec?.volumes?.filter((volume) => volume.persistentVolumeClaim !== undefined);
  const ownerReferences = controller && [controller];
  // A waiting container tells why the pod is stuck; a running one contradicts a terminal phase (see isTerminal).
  const hasEnded = phase === 'Succeeded' || phase === 'Failed';
  const isTelling = ({ state }: ContainerStatus): boolean =>
    state?.waiting !== undefined || (hasEnded && state?.running !== undefined);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- absent and undefined are the same to the domain
  return {
    metadata: { ...identityOf(pod), labels, finalizers, deletionGracePeriodSeconds, ownerReferences },
    spec: {
      nodeName: pod.spec?.nodeName,
      terminationGracePeriodSeconds: pod.spec?.terminationGracePeriodSeconds,
      volumes,
      containers: [],
    },
    status: {
      phase,
      conditions: conditions?.filter(({ type }) => POD_CONDITIONS.has(type)),
      containerStatuses: containerStatuses?.filter(isTelling),
      initContainerStatuses: initContainerStatuses?.filter(isTelling),
    },
  } as Stored<Pod>;
}

/** With the spec of the one before it, where it says the same: what was made of that one is still good. */
export function shareSpec(previous: StoredNodeDeployment, deployment: StoredNodeDeployment): StoredNodeDeployment {
  return isSameJson(previous.spec, deployment.spec) ? { ...deployment, spec: previous.spec } : deployment;
}

/** What kind of volume it is and whose, which machines can use it, and its phase. */
export function projectVolume(volume: Stored<Volume>): Stored<Volume> {
  const { accessModes: _modes, capacity: _capacity, mountOptions: _options, ...spec } = volume.spec ?? {};
  const { csi, claimRef } = spec;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- absent and undefined are the same to the domain
  return {
    metadata: identityOf(volume),
    spec: {
      ...spec,
      csi: csi && { driver: csi.driver, volumeHandle: csi.volumeHandle },
      claimRef: claimRef && { namespace: claimRef.namespace, name: claimRef.name, uid: claimRef.uid },
    },
    status: { phase: volume.status?.phase },
  } as Stored<Volume>;
}

/** Labels, taints, and whether it is Ready and since when. Not when it last said so: heartbeats are no change. */
export function projectMachine(machine: Stored<Machine>): Stored<Machine> {
  const { taints, unschedulable } = machine.spec ?? {};
  const ready = machine.status?.conditions?.find(({ type }) => type === 'Ready');
  const { lastHeartbeatTime: _, ...condition } = ready ?? {};
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- absent and undefined are the same to the domain
  return {
    metadata: { ...identityOf(machine), labels: machine.metadata.labels },
    spec: { taints, unschedulable },
    status: { conditions: ready && [condition] },
  } as Stored<Machine>;
}

export function projectDriver(driver: Stored<CsiDriver>): Stored<CsiDriver> {
  const { attachRequired } = driver.spec;
  return { metadata: identityOf(driver), spec: attachRequired === undefined ? {} : { attachRequired } };
}

/** Whose it is, where its pods may run, and whether it has finished. */
export function projectJob(job: Stored<Job>): Stored<Job> {
  const controller = controllerOf(job);
  const { labels } = job.metadata;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- absent and undefined are the same to the domain
  return {
    metadata: { ...identityOf(job), labels, ownerReferences: controller && [controller] },
    spec: { template: { spec: { containers: [], affinity: job.spec?.template.spec?.affinity } } },
    status: { conditions: job.status?.conditions },
  } as Stored<Job>;
}

/** All but the template in it. */
export function projectRevision({ metadata, revision }: Stored<ControllerRevision>): Stored<ControllerRevision> {
  const { managedFields: _, ...kept } = metadata;
  return { metadata: kept, revision };
}
