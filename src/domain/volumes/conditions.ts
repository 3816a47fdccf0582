// The conditions StorageReady and VolumesSafe: whether the data has its place, and whether only one writes to it.
//
// VolumesSafe is True only where that is proven: by attachments, that were read, of volumes that need one, on machines
// that are heard of. Everything else is Unknown, with the reason.
import type { StoredVolume } from '../../kube/kinds.ts';
import { isTerminating } from '../../kube/object.ts';
import { compareQuantities } from '../../kube/quantity.ts';
import type { Verdict } from '../summary/condition-rules.ts';
import { machineState } from '../machines.ts';
import type { Observed, ObservedMember } from '../observed.ts';
import { type Resize, capacityOf, resizeOf } from './resize.ts';

const listed = (members: readonly ObservedMember[]): string => members.map(({ name }) => name).join(', ');

export function storageVerdict({ deployment }: Observed, wanted: readonly ObservedMember[]): Verdict {
  const { storage } = deployment.spec;
  if (storage === undefined) {
    const message =
      'no spec.storage: the volume data is an emptyDir. It survives a crash of its container; it is lost with its pod: at each rollout, also the one that adds spec.storage and copies nothing, suspend, scale-down, drain, eviction or loss of the machine';
    return { status: 'True', reason: 'Ephemeral', message };
  }
  const doomed = wanted.filter(({ claim }) => claim !== undefined && isTerminating(claim));
  if (doomed.length > 0) {
    const message = `claims being deleted: ${listed(doomed)}; each goes with its data when its pod ends. Back the data up before that`;
    return { status: 'False', reason: 'ClaimTerminating', message };
  }
  const ephemeral = wanted.filter(isOnEmptyDir);
  if (ephemeral.length > 0) {
    const message = `still on an emptyDir, which is lost when the member moves to its claim: ${listed(ephemeral)}; nothing is copied. To save the data, set spec.rollout.paused until it is elsewhere`;
    return { status: 'False', reason: 'Ephemeral', message };
  }
  const unbound = wanted.filter(({ claim }) => claim?.status?.phase !== 'Bound');
  if (unbound.length > 0) {
    return { status: 'False', reason: 'ClaimsPending', message: `claims not bound yet: ${listed(unbound)}` };
  }
  const small = wanted.filter(({ claim }) => claim && compareQuantities(capacityOf(claim) ?? '0', storage.size) < 0);
  return small.length > 0
    ? growing(small, storage.size)
    : { status: 'True', reason: 'ClaimsBound', message: `${wanted.length} claims are bound` };
}

/** Whether the member has a pod from before it had storage. */
function isOnEmptyDir({ pods, claimUsers }: ObservedMember): boolean {
  return pods.some((pod) => !claimUsers.includes(pod));
}

/** The reason names the stage that is furthest from the end. */
function growing(small: readonly ObservedMember[], size: string): Verdict {
  const at = (stage: Resize): readonly ObservedMember[] =>
    small.filter(({ claim }) => claim && resizeOf(claim) === stage);
  const infeasible = at('Infeasible');
  if (infeasible.length > 0) {
    return {
      status: 'False',
      reason: 'ResizeInfeasible',
      message: `smaller than ${size}, and the storage refuses to grow: ${listed(infeasible)}`,
    };
  }
  const pending = at('FileSystemPending');
  if (pending.length === small.length) {
    const message = `grown to ${size}, the file system follows when a pod mounts it: ${listed(pending)}`;
    return { status: 'False', reason: 'FileSystemResizePending', message };
  }
  const isAsked = at('None').length < small.length;
  return {
    status: 'False',
    reason: isAsked ? 'Resizing' : 'ResizePending',
    message: `smaller than ${size}: ${listed(small)}`,
  };
}

export function volumesVerdict(observed: Observed, wanted: readonly ObservedMember[]): Verdict {
  const { storage } = observed.deployment.spec;
  if (storage === undefined) return { status: 'True', reason: 'NoVolumes', message: 'there is no volume to share' };
  if (storage.accessMode === 'ReadWriteMany') {
    return { status: 'True', reason: 'SharedByDesign', message: 'accessMode ReadWriteMany allows many writers' };
  }
  const shared = wanted.filter(({ attachments }) => attachments.length > 1);
  if (shared.length > 0) {
    const message = `more than one attachment: ${listed(shared)}; look at kubectl get volumeattachments`;
    return { status: 'False', reason: 'MultipleAttachments', message };
  }
  return (
    unknownVerdict(observed, wanted) ?? {
      status: 'True',
      reason: 'ExclusiveAttach',
      message: 'every volume has one attachment at most',
    }
  );
}

function unknownVerdict(observed: Observed, wanted: readonly ObservedMember[]): Verdict | undefined {
  const unknown = (reason: string, message: string): Verdict => ({ status: 'Unknown', reason, message });
  if (observed.unreadable.has('attachments')) {
    return unknown(
      'CannotReadVolumeAttachments',
      'the operator may not read VolumeAttachments: grant list and watch on volumeattachments.storage.k8s.io',
    );
  }
  const used = wanted.filter(({ claim }) => claim?.spec?.volumeName !== undefined);
  const lost = used.filter((member) =>
    machinesOf(member).some((name) => ['NotReady', 'Gone'].includes(machineState(observed, name))),
  );
  if (lost.length > 0) {
    return unknown(
      'NodeUnreachable',
      `nobody can tell what still runs on the machine of ${listed(lost)}: it is not Ready, or gone`,
    );
  }
  const unattachable = used.filter(({ isAttachable }) => isAttachable === false);
  if (unattachable.length > 0) {
    const kinds = new Set(unattachable.flatMap(({ volume }) => (volume === undefined ? [] : [describeSource(volume)])));
    return unknown(
      'AttachNotRequired',
      `no VolumeAttachment is made for ${[...kinds].join(', ')}, so that exclusive use cannot be proven: ${listed(unattachable)}`,
    );
  }
  const unclear = used.filter(({ isAttachable }) => isAttachable === undefined);
  if (unclear.length > 0) {
    return unknown(
      'CannotReadVolumes',
      `it cannot be read whether the volumes are attached at all: ${listed(unclear)}; grant get, list and watch on persistentvolumes and csidrivers.storage.k8s.io`,
    );
  }
  const unproven = used.filter(
    ({ pods, attachments }) => attachments.length === 0 && pods.some((pod) => pod.status?.phase === 'Running'),
  );
  if (unproven.length === 0) return undefined;
  return unknown(
    'AttachmentMissing',
    `no VolumeAttachment for the running ${listed(unproven)}: somebody may have deleted it`,
  );
}

function machinesOf({ pods, attachments }: ObservedMember): readonly string[] {
  return [...pods.flatMap(({ spec }) => spec?.nodeName ?? []), ...attachments.map(({ spec }) => spec.nodeName)];
}

/** `volumes of driver nfs.csi.k8s.io`, `in-tree nfs volumes`. */
function describeSource({ spec = {} }: StoredVolume): string {
  if (spec.csi !== undefined) return `volumes of driver ${spec.csi.driver}`;
  const source = ['nfs', 'local', 'hostPath', 'iscsi', 'fc', 'rbd', 'cephfs'].find((name) => name in spec);
  return `in-tree ${source ?? 'unknown'} volumes`;
}
