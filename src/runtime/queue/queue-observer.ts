// What a work queue tells about itself: the seam at which its metrics attach.
import type { Priority } from './work-queue.ts';

/** Called as it happens, with the key. Must not throw. */
export interface QueueObserver {
  /** The key needs a reconcile, and did not before. It may be handed out at the time. */
  onAdd(key: string, priority: Priority): void;
  /** The key, which was added as low before, is wanted more urgently now. */
  onPromote(key: string): void;
  onTake(key: string): void;
  onDone(key: string): void;
  /** The key was handed out, and comes back after a delay. As client-go v0.36 workqueue's retries. */
  onAddAfter(key: string): void;
}
