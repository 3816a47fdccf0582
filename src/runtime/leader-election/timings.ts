// How long a lease is held, and how often it is renewed.

export interface LeaseTimings {
  /** Milliseconds, in whole seconds, after which others may take a lease that they have not seen renewed; default 15,000. */
  readonly leaseDurationMs: number;
  /** Milliseconds since the last renewal was sent after which a leader writes no more and gives up; default 10,000. */
  readonly renewDeadlineMs: number;
  /** Milliseconds between two renewals, and between two tries; default 2,000. */
  readonly retryPeriodMs: number;
}

/** As client-go v0.36 leaderelection: tries of candidates are spread over [period, period × (1 + factor)). */
export const JITTER_FACTOR = 1.2;

/** Which rule the timings break, in words for a person; undefined if none. As client-go v0.36 NewLeaderElector. */
export function mistakeIn({ leaseDurationMs, renewDeadlineMs, retryPeriodMs }: LeaseTimings): string | undefined {
  if (leaseDurationMs <= renewDeadlineMs) return 'the lease duration has to be longer than the renew deadline';
  if (renewDeadlineMs > retryPeriodMs * JITTER_FACTOR) return undefined;
  return `the renew deadline has to be longer than ${JITTER_FACTOR} times the retry period`;
}
