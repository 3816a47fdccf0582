// The conditions of a NodeDeployment. Types and reasons are API: people write alerts against them.

export const CONDITION = {
  /** The spec is one that the operator can act on. */
  Accepted: 'Accepted',
  /** Every wanted member is available on its wanted revision. */
  Ready: 'Ready',
  /** Work is under way: a member starts, stops or moves to another revision. */
  Progressing: 'Progressing',
  /** Somebody has to act: the message says who and how. */
  Stalled: 'Stalled',
  /** Every wanted member has a bound claim of the wanted size. */
  StorageReady: 'StorageReady',
  /** No volume has two writers. Unknown wherever that cannot be proven. */
  VolumesSafe: 'VolumesSafe',
  /** `spec.paused`: the operator changes no child. */
  Paused: 'Paused',
} as const;

/** Reason of `Accepted=True` where the spec is acted on, and says something that had better not be said. */
export const WARNED = 'ValidWithWarnings';

/** Reasons of `Accepted=False` and `Stalled=True`, most urgent first: the first that applies is shown. */
export const STALLED_REASONS = [
  'Forbidden',
  'QuotaExceeded',
  'Rejected',
  'ForeignOwner',
  'ForeignClaim',
  'ClaimLost',
  'VolumeTopologyConflict',
  'NodeUnreachable',
  'ReleaseUnproven',
  'DetachTimeout',
  'BlockedByConsumer',
  'PodTerminatingTooLong',
  'ResizeInfeasible',
  'ExpansionNotAllowed',
  'ProgressDeadlineExceeded',
] as const;
export type StalledReason = (typeof STALLED_REASONS)[number];

export const MEMBER_PHASES = [
  'Pending',
  'Provisioning',
  'Starting',
  'Running',
  'Quiescing',
  'AwaitingTermination',
  'AwaitingDetach',
  'Resizing',
  'Stopped',
  'Failed',
  'Unreachable',
  'Deleting',
] as const;
export type MemberPhase = (typeof MEMBER_PHASES)[number];

/** Waiting: for its member's pod to be on a machine. Scheduled: a CronJob between two runs. */
export const CONSUMER_PHASES = [
  'Waiting',
  'Starting',
  'Scheduled',
  'Running',
  'Stopping',
  'Stopped',
  'Failed',
] as const;
export type ConsumerPhase = (typeof CONSUMER_PHASES)[number];
