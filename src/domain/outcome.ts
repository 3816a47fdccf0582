// What came of executing a plan, as far as the status has to tell it.
import type { StalledReason } from '../api/v1alpha1/conditions.ts';

/** An answer of the API server that repeating will not change: 403 or 422. Somebody has to act. */
export interface Refusal {
  readonly member: string;
  readonly reason: Extract<StalledReason, 'Forbidden' | 'QuotaExceeded' | 'Rejected' | 'ExpansionNotAllowed'>;
  readonly message: string;
  /** Whether it holds up no member: what was refused is a consumer. */
  readonly isAside?: true;
}

export interface Outcome {
  readonly refusals: readonly Refusal[];
}

export const NOTHING_DONE: Outcome = { refusals: [] };
