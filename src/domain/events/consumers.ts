// Events of consumers in pods of their own: stopped and started with their member, runs that were skipped or cut short.
// Pure.
import type { ConsumerStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { CLAIM, CRON_JOB, JOB, type StoredCronJob, type StoredStatefulSet } from '../../kube/kinds.ts';
import { referenceOf } from '../../kube/object-reference.ts';
import type { Apply, Delete } from '../actions.ts';
import { isSuspended } from '../consumers/cron-job.ts';
import { consumerName } from '../member-name.ts';
import type { ObservedConsumer } from '../observed-consumers.ts';
import type { Observed, ObservedMember } from '../observed.ts';
import { machineOf } from '../member.ts';
import { toldByName } from '../told.ts';
import { type FleetEvent, fleetEvent } from './catalogue.ts';

/** `done` are the writes that the API server accepted. */
export function consumerEvents(
  before: NodeDeploymentStatus | undefined,
  observed: Observed,
  done: readonly (Apply | Delete)[],
  after: NodeDeploymentStatus,
): readonly FleetEvent[] {
  const [known, now] = [toldByName(before), toldByName(after)];
  const ofMember = Map.groupBy(done, (action) => action.member);
  return observed.members.flatMap((member) => [
    ...skippedRuns(known.get(member.name)?.consumers, now.get(member.name)?.consumers, member),
    ...(ofMember.get(member.name) ?? []).flatMap((action) => told(member, action) ?? []),
  ]);
}

/** Told when `status.members[].consumers[].skippedRunAt` names another run. */
function skippedRuns(
  before: readonly ConsumerStatus[] = [],
  after: readonly ConsumerStatus[] = [],
  member: ObservedMember,
): readonly FleetEvent[] {
  return after.flatMap(({ name, skippedRunAt }) => {
    const known = before.find((one) => one.name === name)?.skippedRunAt;
    if (skippedRunAt === undefined || skippedRunAt === known) return [];
    const note = `the run of its consumer ${name} that was due at ${skippedRunAt} is skipped: the member was in a hand-off or stopped`;
    return [tell(member, 'RunSkipped', note)];
  });
}

function told(member: ObservedMember, action: Apply | Delete): FleetEvent | undefined {
  if (action.type === 'Delete') {
    if (action.kind !== JOB) return undefined;
    const note = `ends Job ${action.key.name}, which has not ended by itself in time and is in the way`;
    return tell(member, 'RunEnded', note);
  }
  const consumer = member.consumers.find(
    ({ name }) => consumerName(member.name, name) === action.object.metadata?.name,
  );
  if (consumer === undefined) return undefined;
  if (action.purpose === 'StopConsumer') return tell(member, 'ConsumerStopped', `its consumer ${consumer.name} stops`);
  if (action.purpose !== 'StartConsumer' || isActive(action, consumer)) return undefined;
  return tell(member, 'ConsumerStarted', `its consumer ${consumer.name} starts on machine ${machineOf(member)}`);
}

/** Whether what is applied does not start it, but changes it while it is active. */
function isActive({ kind }: Apply, { cronJob, statefulSet }: ObservedConsumer): boolean {
  const isOn = (set: StoredStatefulSet | undefined): boolean => set !== undefined && set.spec?.replicas !== 0;
  const isDue = (job: StoredCronJob | undefined): boolean => job !== undefined && !isSuspended(job);
  return kind === CRON_JOB ? isDue(cronJob) : isOn(statefulSet);
}

function tell({ name, claim }: ObservedMember, reason: Parameters<typeof fleetEvent>[0], note: string): FleetEvent {
  return fleetEvent(reason, note, { member: name, related: claim && referenceOf(CLAIM, claim) });
}
