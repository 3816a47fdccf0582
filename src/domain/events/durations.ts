// How long the steps of a hand-off took, and how long members were down: told once, when the record in
// `status.members[].handoff` has the time at its end for the first time. Pure.
//
// A member that `spec.suspend` stops is down because somebody wants it: its times are not told, nor are those of a member
// that goes for good.
import type { Handoff, MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { toldByName } from '../told.ts';
import { isSameRecord } from './handoff.ts';

/** The steps that take time, in their order. */
export const HANDOFF_STEPS = ['terminate', 'detach', 'start', 'ready'] as const;
export type HandoffStep = (typeof HANDOFF_STEPS)[number];

export interface Durations {
  /** Of hand-offs alone. */
  readonly steps: readonly { readonly step: HandoffStep; readonly seconds: number }[];
  /** From the stop, or the loss, of a pod until the next one is available, in seconds. Of lost pods too. */
  readonly downtimes: readonly number[];
}

/** What ends in the status `after` and had not ended in the one `before`. */
export function durationsOf(before: NodeDeploymentStatus | undefined, after: NodeDeploymentStatus): Durations {
  const told = toldByName(before);
  const ended = (after.members ?? []).flatMap((member) => {
    const record = member.handoff;
    if (record === undefined || member.phase === 'Deleting') return [];
    if (record.stoppedAt !== undefined && !isOfRollout([before, after], record.stoppedAt)) return [];
    return [{ record, known: knownRecord(told.get(member.name), record) }];
  });
  return {
    steps: ended
      .filter(({ record }) => record.stoppedAt !== undefined)
      .flatMap(({ record, known }) => steps(record, known)),
    downtimes: ended.flatMap(({ record, known }) => {
      if (record.completedAt === undefined || known?.completedAt !== undefined) return [];
      return between(record.stoppedAt ?? record.podGoneAt, record.completedAt);
    }),
  };
}

function knownRecord(told: MemberStatus | undefined, record: Handoff): Handoff | undefined {
  return isSameRecord(told?.handoff, record) ? told?.handoff : undefined;
}

/** Where each step begins and ends. A volume that nothing attaches has no `detachedAt`. */
function steps(record: Handoff, known: Handoff | undefined): Durations['steps'] {
  const { stoppedAt, podGoneAt, detachedAt, startedAt, completedAt } = record;
  const told = (step: HandoffStep, isNew: boolean, from: string | undefined, to: string | undefined) =>
    isNew ? between(from, to).map((seconds) => ({ step, seconds })) : [];
  return [
    ...told('terminate', known?.podGoneAt === undefined, stoppedAt, podGoneAt),
    ...told('detach', known?.detachedAt === undefined, podGoneAt, detachedAt),
    ...told('start', known?.startedAt === undefined, detachedAt ?? podGoneAt, startedAt),
    ...told('ready', known?.completedAt === undefined, startedAt, completedAt),
  ];
}

/** Whether a plan was live at that time: only then is a member stopped to start again. */
function isOfRollout(statuses: readonly (NodeDeploymentStatus | undefined)[], stoppedAt: string): boolean {
  const at = Date.parse(stoppedAt);
  return statuses.some((status) => {
    const { plan, history = [] } = status ?? {};
    const active = plan?.phase === 'Active' ? [{ createdAt: plan.createdAt, endedAt: undefined }] : [];
    return [...active, ...history].some(
      ({ createdAt, endedAt }) => Date.parse(createdAt) <= at && (endedAt === undefined || at <= Date.parse(endedAt)),
    );
  });
}

/** Seconds; none where a time is missing. Times of two machines: never below 0. */
function between(from: string | undefined, to: string | undefined): number[] {
  const ms = Date.parse(to ?? '') - Date.parse(from ?? '');
  return Number.isNaN(ms) ? [] : [Math.max(0, ms / 1_000)];
}
