// The built-in kinds that the operator reads or writes: their wire types and where the API server serves them.
import type {
  EventsV1Event,
  V1ControllerRevision,
  V1CronJob,
  V1CSIDriver,
  V1Job,
  V1Lease,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1PodTemplateSpec,
  V1Service,
  V1StatefulSet,
  V1VolumeAttachment,
} from '@kubernetes/client-node';

import type { KubeObject, Stored } from './object.ts';
import type { Wire } from './wire.ts';

/** Where a kind is served. The type parameter is the wire type of its objects; it exists only at compile time. */
export interface Kind<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
  readonly wire?: T;
}

/** `group/version`, or `version` alone for the core group: the apiVersion of the kind's objects. */
export function apiVersionOf(kind: Kind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

export type StatefulSet = Wire<V1StatefulSet>;
export type Service = Wire<V1Service>;
export type Claim = Wire<V1PersistentVolumeClaim>;
export type Volume = Wire<V1PersistentVolume>;
export type Attachment = Wire<V1VolumeAttachment>;
export type Pod = Wire<V1Pod>;
export type PodTemplate = Wire<V1PodTemplateSpec>;
export type Machine = Wire<V1Node>;
export type CsiDriver = Wire<V1CSIDriver>;
export type ControllerRevision = Wire<V1ControllerRevision>;
export type DisruptionBudget = Wire<V1PodDisruptionBudget>;
export type CronJob = Wire<V1CronJob>;
export type Job = Wire<V1Job>;
export type Event = Wire<EventsV1Event>;
export type Lease = Wire<V1Lease>;

export type StoredStatefulSet = Stored<StatefulSet>;
export type StoredService = Stored<Service>;
export type StoredClaim = Stored<Claim>;
export type StoredVolume = Stored<Volume>;
export type StoredAttachment = Stored<Attachment>;
export type StoredPod = Stored<Pod>;
export type StoredMachine = Stored<Machine>;
export type StoredCsiDriver = Stored<CsiDriver>;
export type StoredControllerRevision = Stored<ControllerRevision>;
export type StoredDisruptionBudget = Stored<DisruptionBudget>;
export type StoredCronJob = Stored<CronJob>;
export type StoredJob = Stored<Job>;
export type StoredLease = Stored<Lease>;

export const STATEFUL_SET: Kind<StatefulSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  isNamespaced: true,
};
export const SERVICE: Kind<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  isNamespaced: true,
};
export const CLAIM: Kind<Claim> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  isNamespaced: true,
};
export const POD: Kind<Pod> = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', isNamespaced: true };
export const VOLUME: Kind<Volume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  isNamespaced: false,
};
export const ATTACHMENT: Kind<Attachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  isNamespaced: false,
};
export const MACHINE: Kind<Machine> = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', isNamespaced: false };
export const CSI_DRIVER: Kind<CsiDriver> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  isNamespaced: false,
};
export const CONTROLLER_REVISION: Kind<ControllerRevision> = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  isNamespaced: true,
};
export const DISRUPTION_BUDGET: Kind<DisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  isNamespaced: true,
};
export const CRON_JOB: Kind<CronJob> = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  isNamespaced: true,
};
export const JOB: Kind<Job> = { group: 'batch', version: 'v1', kind: 'Job', plural: 'jobs', isNamespaced: true };
export const EVENT: Kind<Event> = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  isNamespaced: true,
};
export const LEASE: Kind<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  isNamespaced: true,
};
