// The external attacher's part. kube-controller-manager creates and deletes VolumeAttachments, as in every cluster;
// this confirms the attachment and, by its finalizer, holds a deleted one until the volume is detached, also when the
// machine is gone by then. Each takes its time; annotations say how long for one volume, see knobs.ts.
import { isTerminating } from '../../../src/kube/object.ts';
import type { StoredAttachment } from '../../../src/kube/kinds.ts';
import type { ApiRequest } from '../api-client.ts';
import { delayOf, type Knob } from './knobs.ts';
import { isAttachable, type IsDue, type Rule, type World } from './world.ts';

const ATTACHMENTS = '/apis/storage.k8s.io/v1/volumeattachments';
const FINALIZER = 'external-attacher/sim-nodefleet-dev';

export interface AttachDelays {
  /** Milliseconds from the VolumeAttachment's creation until it says that it is attached. Default 1,000. */
  readonly attachDelayMs?: number;
  /** Milliseconds from its deletion until it is gone. Default 1,000. */
  readonly detachDelayMs?: number;
}

export function attach({ attachDelayMs = 1_000, detachDelayMs = 1_000 }: AttachDelays): Rule {
  return (world, isDue) =>
    world.attachments
      .filter(({ spec }) => isAttachable(spec.attacher))
      .flatMap((attachment) => next(attachment, world, isDue) ?? []);

  function next(attachment: StoredAttachment, world: World, isDue: IsDue): ApiRequest | undefined {
    const { name, uid, resourceVersion, finalizers = [] } = attachment.metadata;
    const path = `${ATTACHMENTS}/${name}`;
    const isHeld = finalizers.includes(FINALIZER);
    const volume = world.volume(attachment.spec.source.persistentVolumeName ?? '');
    const isOver = (knob: Knob, defaultMs: number): boolean =>
      isDue(`${knob} ${uid}`, delayOf(knob, volume, world, defaultMs));
    if (isTerminating(attachment)) {
      if (!isHeld || !isOver('detach', detachDelayMs)) return undefined;
      const others = finalizers.filter((finalizer) => finalizer !== FINALIZER);
      return { method: 'PATCH', path, body: { metadata: { resourceVersion, finalizers: others } } };
    }
    if (!isHeld) {
      return { method: 'PATCH', path, body: { metadata: { resourceVersion, finalizers: [...finalizers, FINALIZER] } } };
    }
    if (attachment.status?.attached === true || !isOver('attach', attachDelayMs)) return undefined;
    return {
      method: 'PATCH',
      path: `${path}/status`,
      body: { metadata: { resourceVersion }, status: { attached: true } },
    };
  }
}
