// The caches that a reconcile reads, and what is kept of each object in them.
//
// Caches drop managedFields from everything. A whole Pod is still 25 KB of heap, a projected one 1 KB.
import { LABEL } from '../api/v1alpha1/names.ts';
import type { NodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { Attachment, Claim, Pod, Service, StatefulSet } from '../kube/kinds.ts';
import type { KubeObject, Stored } from '../kube/object.ts';
import { claimsOf } from '../kube/pods.ts';
import type { IndexFunction, ReadStore } from '../runtime/cache/store.ts';

export interface Caches {
  readonly deployments: ReadStore<NodeDeployment>;
  /** Those that carry our label, as services and claims. */
  readonly statefulSets: ReadStore<StatefulSet>;
  readonly services: ReadStore<Service>;
  readonly claims: ReadStore<Claim>;
  /** All pods: anybody's may hold a claim of ours. */
  readonly pods: ReadStore<Pod>;
  readonly attachments: ReadStore<Attachment>;
}

/** Index names. */
export const BY_DEPLOYMENT = 'deployment';
export const BY_CLAIM = 'claim';
export const BY_VOLUME = 'volume';

const inNamespace = (object: KubeObject, name: string): string => `${object.metadata?.namespace ?? ''}/${name}`;

/** `namespace/name` of the NodeDeployment that the object's label names. */
export const byDeployment: IndexFunction<KubeObject> = (object) => {
  const name = object.metadata.labels?.[LABEL.deployment];
  return name === undefined ? [] : [inNamespace(object, name)];
};

export const podIndexes: Readonly<Record<string, IndexFunction<Pod>>> = {
  [BY_DEPLOYMENT]: byDeployment,
  [BY_CLAIM]: (pod) => claimsOf(pod).map((claim) => inNamespace(pod, claim)),
};

export const claimIndexes: Readonly<Record<string, IndexFunction<Claim>>> = {
  [BY_DEPLOYMENT]: byDeployment,
  [BY_VOLUME]: (claim) => (claim.spec?.volumeName ? [claim.spec.volumeName] : []),
};

export const attachmentIndexes: Readonly<Record<string, IndexFunction<Attachment>>> = {
  [BY_VOLUME]: ({ spec }) => {
    const volume = spec.source.persistentVolumeName;
    return volume === undefined ? [] : [volume];
  },
};

/** What the domain reads of a pod: which claims it holds, where it runs, and how it is. */
export function projectPod(pod: Stored<Pod>): Stored<Pod> {
  const { namespace, name, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels } = pod.metadata;
  const metadata = { namespace, name, uid, resourceVersion, creationTimestamp, labels };
  const { phase, conditions, containerStatuses, initContainerStatuses } = pod.status ?? {};
  const volumes = pod.spec?.volumes?.filter((volume) => volume.persistentVolumeClaim !== undefined);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the model requires more of a pod than the domain reads
  return {
    metadata: { ...metadata, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
    spec: { nodeName: pod.spec?.nodeName, volumes, containers: [] },
    status: {
      phase,
      conditions: conditions?.filter(({ type }) => type === 'Ready' || type === 'PodScheduled'),
      containerStatuses: containerStatuses?.filter(({ state }) => state?.waiting !== undefined),
      initContainerStatuses: initContainerStatuses?.filter(({ state }) => state?.waiting !== undefined),
    },
  } as Stored<Pod>;
}
