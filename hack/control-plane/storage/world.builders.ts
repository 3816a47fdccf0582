// Objects for the tests of the storage rules: one claim with what belongs to it, on one machine, each part replaceable.
import type { StoredAttachment, StoredClaim, StoredPod, StoredVolume } from '../../../src/kube/kinds.ts';
import type { Stored, StoredMeta } from '../../../src/kube/object.ts';
import { KWOK_ANNOTATION, KWOK_MANAGED } from '../machines.ts';
import { SIM_DRIVER, STORAGE_CLASSES, type StorageClass } from './classes.ts';
import { worldOf, type IsDue, type Objects, type StoredMachine, type World } from './world.ts';

/** All time has passed, or none. */
export const always: IsDue = () => true;
export const never: IsDue = () => false;

export function meta(name: string, more: Partial<StoredMeta> = {}): StoredMeta {
  return { name, uid: `uid-of-${name}`, resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z', ...more };
}

/** A world with the simulation's classes and `machine-0` in `zone-a`, and otherwise what is given. */
export function world(objects: Partial<Objects> = {}): World {
  const classes = STORAGE_CLASSES.map(storedClass);
  return worldOf({ claims: [], volumes: [], attachments: [], pods: [], machines: [machine()], classes, ...objects });
}

function storedClass(storageClass: StorageClass): Stored<StorageClass> {
  return { ...storageClass, metadata: meta(storageClass.metadata?.name ?? '') };
}

export function machine(
  status: StoredMachine['status'] = { conditions: [{ type: 'Ready', status: 'True' }] },
): StoredMachine {
  const labels = { 'topology.kubernetes.io/zone': 'zone-a', 'kubernetes.io/hostname': 'machine-0' };
  const annotations = { [KWOK_ANNOTATION]: KWOK_MANAGED };
  return { metadata: meta('machine-0', { labels, annotations }), ...(status && { status }) };
}

/** A claim `data` of 1Gi that kube-scheduler and kube-controller-manager have prepared for the provisioner. */
export function pendingClaim(storageClassName = 'standard', driver = SIM_DRIVER): StoredClaim {
  const annotations = {
    'volume.kubernetes.io/storage-provisioner': driver,
    'volume.kubernetes.io/selected-node': 'machine-0',
  };
  return {
    metadata: meta('data', { namespace: 'default', annotations }),
    spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    status: { phase: 'Pending' },
  };
}

/** The claim once it is bound to `volume()`. */
export function boundClaim(storageClassName = 'standard', request = '1Gi'): StoredClaim {
  const claim = pendingClaim(storageClassName);
  return {
    ...claim,
    spec: { ...claim.spec, volumeName: 'pvc-uid-of-data', resources: { requests: { storage: request } } },
    status: { phase: 'Bound', capacity: { storage: '1Gi' } },
  };
}

export function volume(phase = 'Bound', driver = SIM_DRIVER): StoredVolume {
  return {
    metadata: meta('pvc-uid-of-data', { annotations: { 'pv.kubernetes.io/provisioned-by': driver } }),
    spec: {
      claimRef: { namespace: 'default', name: 'data' },
      csi: { driver, volumeHandle: 'uid-of-data' },
      persistentVolumeReclaimPolicy: 'Delete',
    },
    status: { phase },
  };
}

export function attachment(attached: boolean, more: Partial<StoredMeta> = {}): StoredAttachment {
  return {
    metadata: meta('csi-1', more),
    spec: { attacher: SIM_DRIVER, nodeName: 'machine-0', source: { persistentVolumeName: 'pvc-uid-of-data' } },
    status: { attached },
  };
}

/** A pod on `machine-0` that mounts the claim. */
export function pod(status: StoredPod['status'] = { phase: 'Pending' }): StoredPod {
  return {
    metadata: meta('web-0', { namespace: 'default' }),
    spec: {
      nodeName: 'machine-0',
      containers: [{ name: 'web' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
    },
    ...(status && { status }),
  };
}
