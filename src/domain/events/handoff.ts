// Events of a member that loses its pod and gets another one, step by step, from the record in
// `status.members[].handoff`. Pure.
//
// A step is told when the record has its time for the first time, so each is told once, whoever reconciles.
import type { Handoff, MemberStatus, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { CLAIM, POD } from '../../kube/kinds.ts';
import { type ObjectReference, referenceTo } from '../../kube/object-reference.ts';
import { type FleetEvent, fleetEvent } from './catalogue.ts';

export interface Move {
  readonly deployment: StoredNodeDeployment;
  readonly before: MemberStatus | undefined;
  readonly after: MemberStatus;
}

type Step = keyof Pick<Handoff, 'stoppedAt' | 'podGoneAt' | 'detachedAt' | 'completedAt'>;

const TELL: Readonly<Record<Step, (move: Move, record: Handoff) => readonly FleetEvent[]>> = {
  stoppedAt: tellStop,
  podGoneAt: tellEnd,
  detachedAt: (move, { podGoneAt, detachedAt, nodeName }) => {
    const note = `its volume is detached${from(nodeName)}, ${seconds(podGoneAt, detachedAt)} s after its pod was gone`;
    return [tell(move, 'VolumeDetached', note, claimOf(move))];
  },
  completedAt: tellReturn,
};

const STEPS: readonly Step[] = ['stoppedAt', 'podGoneAt', 'detachedAt', 'completedAt'];

/** What the record tells now and did not tell before, in the order of the steps. A member that goes has no next pod. */
export function handoffEvents(move: Move): readonly FleetEvent[] {
  const record = move.after.handoff;
  if (record === undefined || move.after.phase === 'Deleting') return [];
  const known = isSameRecord(move.before?.handoff, record) ? move.before?.handoff : undefined;
  return STEPS.filter((step) => record[step] !== undefined && known?.[step] === undefined).flatMap((step) =>
    TELL[step](move, record),
  );
}

/** A record is about one pod. A stop may be asked for after that pod was lost already. */
export function isSameRecord(known: Handoff | undefined, record: Handoff): boolean {
  const isSameStop = known?.stoppedAt === undefined || known.stoppedAt === record.stoppedAt;
  return known !== undefined && known.podUID === record.podUID && isSameStop;
}

function tellStop(move: Move): readonly FleetEvent[] {
  const { before, deployment } = move;
  if (deployment.spec.suspend) return [tell(move, 'MemberSuspended', 'stops, as spec.suspend asks', oldPod(move))];
  const target = deployment.status?.plan?.phase === 'Active' ? deployment.status.plan.targetRevision : undefined;
  const aim = target === undefined ? '' : `, to move from revision ${before?.revision} to ${target}`;
  const started = tell(move, 'HandoffStarted', `stops${aim}`, oldPod(move));
  if (before?.phase !== 'Failed') return [started];
  const why = before.reason === undefined ? '' : ` (${before.reason})`;
  return [started, tell(move, 'BrokenPodReplaced', `its pod did not run${why} and is replaced`, oldPod(move))];
}

function tellEnd(move: Move, { stoppedAt, podGoneAt, nodeName, removedBy }: Handoff): readonly FleetEvent[] {
  const how = removedBy === 'Other' ? ', removed by force' : '';
  const gone = `its pod is gone${from(nodeName)}${how}`;
  return stoppedAt === undefined
    ? [tell(move, 'PodLost', `${gone}, although nodefleet did not ask for it`, oldPod(move))]
    : [
        tell(
          move,
          'OldPodTerminated',
          `${gone}, ${seconds(stoppedAt, podGoneAt)} s after it was told to stop`,
          oldPod(move),
        ),
      ];
}

function tellReturn(move: Move, { stoppedAt, podGoneAt, startedAt, completedAt }: Handoff): readonly FleetEvent[] {
  const { nodeName, revision, podUID } = move.after;
  const since =
    stoppedAt === undefined
      ? `${seconds(podGoneAt, completedAt)} s after its old pod was gone`
      : `${seconds(stoppedAt, completedAt)} s after it was told to stop`;
  const where = nodeName === undefined ? '' : ` on machine ${nodeName}`;
  const note = `available${where} with revision ${revision}, ${since}, ${seconds(startedAt, completedAt)} s after its start`;
  return [tell(move, stoppedAt === undefined ? 'PodReplaced' : 'HandoffCompleted', note, podOf(move, podUID))];
}

function from(machine: string | undefined): string {
  return machine === undefined ? '' : ` from machine ${machine}`;
}

function tell(
  { after }: Move,
  reason: Parameters<typeof fleetEvent>[0],
  note: string,
  related: ObjectReference | undefined,
): FleetEvent {
  return fleetEvent(reason, note, { member: after.name, related });
}

function oldPod(move: Move): ObjectReference | undefined {
  return podOf(move, move.after.handoff?.podUID);
}

function podOf({ after, deployment }: Move, uid: string | undefined): ObjectReference | undefined {
  const { namespace = '' } = deployment.metadata;
  return uid === undefined ? undefined : referenceTo(POD, { namespace, name: `${after.name}-0`, uid });
}

function claimOf({ after, deployment }: Move): ObjectReference | undefined {
  const { namespace = '' } = deployment.metadata;
  return after.claim && referenceTo(CLAIM, { namespace, ...after.claim });
}

/** Whole seconds between two times of a record; 0 where one is missing. */
function seconds(from: string | undefined, to: string | undefined): number {
  const ms = Date.parse(to ?? '') - Date.parse(from ?? '');
  return Number.isNaN(ms) ? 0 : Math.max(0, Math.round(ms / 1000));
}
