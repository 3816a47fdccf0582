// What a work queue tells about itself: the seam at which its metrics attach.

/** Called as it happens, with the key. Must not throw. */
export interface QueueObserver {
  /** The key needs a reconcile, and did not before. It may be handed out at the time. */
  onAdd(key: string): void;
  onTake(key: string): void;
  onDone(key: string): void;
  /** The key will come back after a delay. */
  onAddAfter(key: string): void;
}
