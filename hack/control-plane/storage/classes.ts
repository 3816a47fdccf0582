// The storage classes and drivers that the simulation offers, each a way in which real storage differs.
//
//   standard       default class; volumes go to any machine, must be attached, can grow
//   zonal          the volume stays in the zone of its first machine
//   local          the volume stays on its first machine
//   no-attach      the driver has attachRequired: false, so there never is a VolumeAttachment (as NFS)
//   unregistered   the driver has no CSIDriver object, which means that its volumes must be attached
//   no-expansion   the class does not allow growth: the API server refuses
//   full           growth is allowed and then found infeasible by the driver
//   limited        so is growth above 4Gi
//   staged         growth ends on the machine: the capacity follows only while a pod mounts the volume
import type { V1CSIDriver, V1StorageClass } from '@kubernetes/client-node';

import type { Wire } from '../../../src/kube/wire.ts';

export type StorageClass = Wire<V1StorageClass>;

/** Attaches and detaches; its volumes need a VolumeAttachment. */
export const SIM_DRIVER = 'sim.nodefleet.dev';
/** Its volumes are never attached. */
export const NO_ATTACH_DRIVER = 'no-attach.sim.nodefleet.dev';
/** As `SIM_DRIVER`, but has not told the cluster anything about itself. */
export const UNREGISTERED_DRIVER = 'unregistered.sim.nodefleet.dev';

/** Parameter of a class: what a volume is tied to. */
export const TOPOLOGY = 'topology';
/** Parameter of a class: the size above which growth is infeasible. */
export const EXPANSION_LIMIT = 'expansionLimit';
/** Parameter of a class: `true` lets a volume grow before its file system does. */
export const FILE_SYSTEM_STAGE = 'fileSystemStage';

export const CSI_DRIVERS: readonly Wire<V1CSIDriver>[] = [
  { metadata: { name: SIM_DRIVER }, spec: { attachRequired: true } },
  { metadata: { name: NO_ATTACH_DRIVER }, spec: { attachRequired: false } },
];

export const STORAGE_CLASSES: readonly StorageClass[] = [
  {
    ...storageClass('standard', {}),
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  },
  storageClass('zonal', { [TOPOLOGY]: 'topology.kubernetes.io/zone' }),
  storageClass('local', { [TOPOLOGY]: 'kubernetes.io/hostname' }),
  { ...storageClass('no-attach', {}), provisioner: NO_ATTACH_DRIVER },
  { ...storageClass('unregistered', {}), provisioner: UNREGISTERED_DRIVER },
  { ...storageClass('no-expansion', {}), allowVolumeExpansion: false },
  storageClass('full', { [EXPANSION_LIMIT]: '0' }),
  storageClass('limited', { [EXPANSION_LIMIT]: '4Gi' }),
  storageClass('staged', { [FILE_SYSTEM_STAGE]: 'true' }),
];

function storageClass(name: string, parameters: Readonly<Record<string, string>>): StorageClass {
  return {
    metadata: { name },
    provisioner: SIM_DRIVER,
    parameters,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
  };
}
