// Events of a member that moves, step by step, from the record in `status.members[].handoff`. Pure.
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
  podGoneAt: (move, { stoppedAt, podGoneAt, nodeName, removedBy }) => {
    const where = nodeName === undefined ? '' : ` from machine ${nodeName}`;
    const how = removedBy === 'Other' ? ', removed by force' : '';
    const note = `its pod is gone${where}${how}, ${seconds(stoppedAt, podGoneAt)} s after it was told to stop`;
    return [tell(move, 'OldPodTerminated', note, oldPod(move))];
  },
  detachedAt: (move, { podGoneAt, detachedAt, nodeName }) => {
    const where = nodeName === undefined ? '' : ` from machine ${nodeName}`;
    const note = `its volume is detached${where}, ${seconds(podGoneAt, detachedAt)} s after its pod was gone`;
    return [tell(move, 'VolumeDetached', note, claimOf(move))];
  },
  completedAt: (move, { stoppedAt, startedAt, completedAt }) => {
    const { nodeName, revision, podUID } = move.after;
    const where = nodeName === undefined ? '' : ` on machine ${nodeName}`;
    const total = `${seconds(stoppedAt, completedAt)} s after it was told to stop`;
    const note = `available${where} with revision ${revision}, ${total}, ${seconds(startedAt, completedAt)} s after its start`;
    return [tell(move, 'HandoffCompleted', note, podOf(move, podUID))];
  },
};

const STEPS: readonly Step[] = ['stoppedAt', 'podGoneAt', 'detachedAt', 'completedAt'];

/** What the record tells now and did not tell before, in the order of the steps. */
export function handoffEvents(move: Move): readonly FleetEvent[] {
  const record = move.after.handoff;
  const known = move.before?.handoff;
  if (record === undefined) return [];
  const isNew = known?.stoppedAt !== record.stoppedAt;
  return STEPS.filter((step) => record[step] !== undefined && (isNew || known?.[step] === undefined)).flatMap((step) =>
    TELL[step](move, record),
  );
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
