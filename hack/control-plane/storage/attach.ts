// The external attacher's part. kube-controller-manager creates and deletes VolumeAttachments, as in every cluster; this
// confirms the attachment and, by its finalizer, holds a deleted one until the volume is detached. Each takes its time.
import { isTerminating } from '../../../src/kube/object.ts';
import type { StoredAttachment } from '../../../src/kube/kinds.ts';
import type { ApiRequest } from '../api-client.ts';
import { SIM_DRIVER } from './classes.ts';
import type { IsDue, Rule } from './world.ts';

const ATTACHMENTS = '/apis/storage.k8s.io/v1/volumeattachments';
const FINALIZER = 'external-attacher/sim-nodefleet-dev';

export interface AttachDelays {
  /** Milliseconds from the VolumeAttachment's creation until it says that it is attached. Default 1,000. */
  readonly attachDelayMs?: number;
  /** Milliseconds from its deletion until it is gone. Default 1,000. */
  readonly detachDelayMs?: number;
}

export function attach({ attachDelayMs = 1_000, detachDelayMs = 1_000 }: AttachDelays): Rule {
  return ({ attachments }, isDue) =>
    attachments
      .filter(({ spec }) => spec.attacher === SIM_DRIVER)
      .flatMap((attachment) => next(attachment, isDue) ?? []);

  function next(attachment: StoredAttachment, isDue: IsDue): ApiRequest | undefined {
    const { name, uid, resourceVersion, finalizers = [] } = attachment.metadata;
    const path = `${ATTACHMENTS}/${name}`;
    const isHeld = finalizers.includes(FINALIZER);
    if (isTerminating(attachment)) {
      if (!isHeld || !isDue(`detach ${uid}`, detachDelayMs)) return undefined;
      const others = finalizers.filter((finalizer) => finalizer !== FINALIZER);
      return { method: 'PATCH', path, body: { metadata: { resourceVersion, finalizers: others } } };
    }
    if (!isHeld) {
      return { method: 'PATCH', path, body: { metadata: { resourceVersion, finalizers: [...finalizers, FINALIZER] } } };
    }
    if (attachment.status?.attached === true || !isDue(`attach ${uid}`, attachDelayMs)) return undefined;
    return {
      method: 'PATCH',
      path: `${path}/status`,
      body: { metadata: { resourceVersion }, status: { attached: true } },
    };
  }
}
