// The reasons of our Events. They are API: people filter and alert by them. docs/events.md says what to do about each.
import type { StalledReason } from '../../api/v1alpha1/conditions.ts';
import type { ObjectReference } from '../../kube/object-reference.ts';

export type EventType = 'Normal' | 'Warning';

/** What happened to a NodeDeployment, told once. */
export interface FleetEvent {
  /** The member that it happened to; absent: the whole fleet. */
  readonly member?: string;
  readonly type: EventType;
  readonly reason: Reason | Trouble;
  /** What the operator did, or could not do. */
  readonly action: EventAction;
  readonly note: string;
  /** The pod, claim or StatefulSet that it is about. */
  readonly related?: ObjectReference | undefined;
}

export type EventAction = 'RollOut' | 'HandOff' | 'Suspend' | 'Pause' | 'ProvideClaim' | 'Expand' | 'Reconcile';

/** What the operator did or saw happen: the type and the action of each reason. */
export const REASONS = {
  RolloutStarted: ['Normal', 'RollOut'],
  RolloutCompleted: ['Normal', 'RollOut'],
  RolloutSuperseded: ['Normal', 'RollOut'],
  RolloutPaused: ['Normal', 'Pause'],
  Paused: ['Normal', 'Pause'],
  MemberSuspended: ['Normal', 'Suspend'],
  HandoffStarted: ['Normal', 'HandOff'],
  BrokenPodReplaced: ['Normal', 'HandOff'],
  OldPodTerminated: ['Normal', 'HandOff'],
  VolumeDetached: ['Normal', 'HandOff'],
  BestEffortDetach: ['Warning', 'HandOff'],
  HandoffCompleted: ['Normal', 'HandOff'],
  PodLost: ['Normal', 'Reconcile'],
  PodReplaced: ['Normal', 'Reconcile'],
  ConsumerStopped: ['Normal', 'HandOff'],
  ConsumerStarted: ['Normal', 'HandOff'],
  RunSkipped: ['Warning', 'HandOff'],
  RunEnded: ['Warning', 'HandOff'],
  ClaimCreated: ['Normal', 'ProvideClaim'],
  ClaimAdopted: ['Normal', 'ProvideClaim'],
  ClaimRetained: ['Normal', 'ProvideClaim'],
  ClaimDeleted: ['Normal', 'ProvideClaim'],
  ExpansionRequested: ['Normal', 'Expand'],
  InvalidSpec: ['Warning', 'Reconcile'],
  TemplateRefused: ['Warning', 'Reconcile'],
  TemplateWarning: ['Warning', 'Reconcile'],
  ShardNotServed: ['Warning', 'Reconcile'],
} as const satisfies Readonly<Record<string, readonly [EventType, EventAction]>>;
export type Reason = keyof typeof REASONS;

/** Reasons of `Stalled` that are told under another name. */
const RENAMED = {
  ForeignClaim: 'ClaimRejected',
  ResizeInfeasible: 'ExpansionRefused',
  ExpansionNotAllowed: 'ExpansionRefused',
} as const satisfies Partial<Record<StalledReason, string>>;

/** Under which a reason of `Stalled` is told: always a Warning, for somebody has to act. */
export type Trouble = Exclude<StalledReason, keyof typeof RENAMED> | (typeof RENAMED)[keyof typeof RENAMED];

export function troubleOf(stalled: StalledReason): Trouble {
  const renamed: Partial<Record<StalledReason, Trouble>> = RENAMED;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is not renamed is told as it is
  return renamed[stalled] ?? (stalled as Trouble);
}

/** What the operator could not do because of it. */
export function actionOf(trouble: Trouble): EventAction {
  return ACTIONS[trouble] ?? 'Reconcile';
}

const ACTIONS: Partial<Record<Trouble, EventAction>> = {
  ClaimRejected: 'ProvideClaim',
  ClaimLost: 'ProvideClaim',
  ExpansionRefused: 'Expand',
  ProgressDeadlineExceeded: 'RollOut',
  NodeUnreachable: 'HandOff',
  ReleaseUnproven: 'HandOff',
  DetachTimeout: 'HandOff',
  BlockedByConsumer: 'HandOff',
  PodTerminatingTooLong: 'HandOff',
};

/** An event of the catalogue. `note` is about `member`, whose name it does not repeat. */
export function fleetEvent(
  reason: Reason,
  note: string,
  { member, related }: Pick<FleetEvent, 'member' | 'related'> = {},
): FleetEvent {
  const [type, action] = REASONS[reason];
  return { ...(member !== undefined && { member }), type, reason, action, note: noteOf(member, note), related };
}

/** The member's name first, as in the message of a condition. */
export function noteOf(member: string | undefined, note: string): string {
  return member === undefined ? note : `${member}: ${note}`;
}
