// The external provisioner's part: a volume for each claim that asks for one of ours, and an end to it once released. An
// annotation lets one claim wait, see knobs.ts.
import type { StoredClaim, Volume } from '../../../src/kube/kinds.ts';
import { isTerminating } from '../../../src/kube/object.ts';
import type { ApiRequest } from '../api-client.ts';
import { TOPOLOGY, type StorageClass } from './classes.ts';
import { claimDelayOf } from './knobs.ts';
import { isOurs, type Rule, type World } from './world.ts';

const VOLUMES = '/api/v1/persistentvolumes';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
/** Written by kube-controller-manager once it is the provisioner's turn; under WaitForFirstConsumer after the next. */
const PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
/** Written by kube-scheduler when it has chosen a machine for the claim's first pod. */
const SELECTED_MACHINE = 'volume.kubernetes.io/selected-node';

export const provision: Rule = (world, isDue) =>
  world.claims
    .filter((claim) => isOurs(claim.metadata.annotations?.[PROVISIONER]))
    .filter((claim) => claim.spec?.volumeName === undefined && !isTerminating(claim))
    .filter((claim) => world.volume(volumeNameFor(claim)) === undefined)
    .filter((claim) => isDue(`provision ${claim.metadata.uid}`, claimDelayOf('provision', claim, 0)))
    .map((claim): ApiRequest => ({ method: 'POST', path: VOLUMES, body: volumeFor(claim, world) }));

/** As the external provisioner: a volume that is still attached somewhere is not deleted. */
export const reclaim: Rule = (world) =>
  world.volumes
    .filter(({ metadata }) => isOurs(metadata.annotations?.[PROVISIONED_BY]))
    .filter(({ spec, status }) => status?.phase === 'Released' && spec?.persistentVolumeReclaimPolicy === 'Delete')
    .filter((volume) => !isTerminating(volume) && world.attachmentsOf(volume.metadata.name).length === 0)
    .map(({ metadata: { name, uid } }): ApiRequest => {
      return { method: 'DELETE', path: `${VOLUMES}/${name}`, body: { preconditions: { uid } } };
    });

function volumeNameFor({ metadata }: StoredClaim): string {
  return `pvc-${metadata.uid}`;
}

function volumeFor(claim: StoredClaim, world: World): Volume {
  const { name, namespace, uid, annotations = {} } = claim.metadata;
  const storageClass = world.storageClass(claim.spec?.storageClassName ?? '');
  const driver = annotations[PROVISIONER] ?? '';
  const nodeAffinity = affinityFor(storageClass, annotations[SELECTED_MACHINE], world);
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeNameFor(claim), annotations: { [PROVISIONED_BY]: driver } },
    spec: {
      accessModes: claim.spec?.accessModes ?? [],
      capacity: { storage: claim.spec?.resources?.requests?.['storage'] ?? '' },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, uid, ...(namespace && { namespace }) },
      csi: { driver, volumeHandle: uid },
      persistentVolumeReclaimPolicy: storageClass?.reclaimPolicy ?? 'Delete',
      storageClassName: claim.spec?.storageClassName ?? '',
      volumeMode: claim.spec?.volumeMode ?? 'Filesystem',
      ...(nodeAffinity && { nodeAffinity }),
    },
  };
}

type Affinity = NonNullable<NonNullable<Volume['spec']>['nodeAffinity']>;

function affinityFor(storageClass: StorageClass | undefined, machine = '', world: World): Affinity | undefined {
  const key = storageClass?.parameters?.[TOPOLOGY];
  if (key === undefined) return undefined;
  const value = world.machine(machine)?.metadata.labels?.[key];
  if (value === undefined) return undefined;
  return { required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }] } };
}
