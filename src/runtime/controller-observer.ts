// What a controller tells about itself: the seam at which metrics and tests attach.
import type { Request, Result } from './reconciler.ts';

/** How a reconcile ended, including the ends that a reconciler cannot choose. */
export type ReconcileEnd =
  | Result
  /** It threw. */
  | { readonly type: 'error'; readonly error: Error }
  /** It threw after its signal was aborted: the controller is stopping. */
  | { readonly type: 'aborted'; readonly error: Error };

export interface ReconcileReport {
  readonly controller: string;
  readonly request: Request;
  readonly result: ReconcileEnd;
  readonly durationMs: number;
}

/** Called after each reconcile, before its key can be handed out again. Must not throw. */
export interface ControllerObserver {
  onReconcile(report: ReconcileReport): void;
}
