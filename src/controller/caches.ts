// The caches that a reconcile reads, and the indexes of them.
import { LABEL } from '../api/v1alpha1/names.ts';
import type { NodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { Optional } from '../domain/observed.ts';
import type {
  Attachment,
  Claim,
  ControllerRevision,
  CronJob,
  CsiDriver,
  DisruptionBudget,
  Job,
  Machine,
  Pod,
  Service,
  StatefulSet,
  Volume,
} from '../kube/kinds.ts';
import type { KubeObject } from '../kube/object.ts';
import { claimsOf } from '../kube/pods.ts';
import type { IndexFunction, ReadStore } from '../runtime/cache/store.ts';

export interface Caches {
  readonly deployments: ReadStore<NodeDeployment>;
  /** Those that carry our label, as all below but the pods. */
  readonly statefulSets: ReadStore<StatefulSet>;
  readonly cronJobs: ReadStore<CronJob>;
  readonly jobs: ReadStore<Job>;
  readonly services: ReadStore<Service>;
  readonly claims: ReadStore<Claim>;
  readonly revisions: ReadStore<ControllerRevision>;
  readonly budgets: ReadStore<DisruptionBudget>;
  /** All pods: anybody's may hold a claim of ours. */
  readonly pods: ReadStore<Pod>;
  readonly attachments: ReadStore<Attachment>;
  readonly volumes: ReadStore<Volume>;
  readonly machines: ReadStore<Machine>;
  readonly drivers: ReadStore<CsiDriver>;
  /** Those of the last four that the operator lacks the right to read now. They are empty, which says nothing. */
  unreadable(): ReadonlySet<Optional>;
}

/** Index names. */
export const BY_DEPLOYMENT = 'deployment';
export const BY_CLAIM = 'claim';
export const BY_VOLUME = 'volume';
export const BY_MACHINE = 'machine';

const inNamespace = (object: KubeObject, name: string): string => `${object.metadata?.namespace ?? ''}/${name}`;

/** `namespace/name` of the NodeDeployment that the object's label names. */
export const byDeployment: IndexFunction<KubeObject> = (object) => {
  const name = object.metadata.labels?.[LABEL.deployment];
  return name === undefined ? [] : [inNamespace(object, name)];
};

export const podIndexes: Readonly<Record<string, IndexFunction<Pod>>> = {
  [BY_DEPLOYMENT]: byDeployment,
  [BY_CLAIM]: (pod) => claimsOf(pod).map((claim) => inNamespace(pod, claim)),
  [BY_MACHINE]: ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []),
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
  [BY_MACHINE]: ({ spec }) => [spec.nodeName],
};
