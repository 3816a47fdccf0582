// What shares a member's volume from pods of its own: started where the member runs, stopped before it stops.
//
// Guarantees: a consumer runs only on the machine that its member's pod is bound to. Nothing of another owner is touched.
import type { Consumer, NodeDeploymentSpec } from '../../api/v1alpha1/node-deployment.ts';
import { CRON_JOB, STATEFUL_SET, type Kind } from '../../kube/kinds.ts';
import { type KubeObject, type Stored, isTerminating, keyOf } from '../../kube/object.ts';
import { timestampOf } from '../../kube/timestamp.ts';
import { type Action, type Delete, type Wait, earliest } from '../actions.ts';
import { foreignChild } from '../children.ts';
import { machineOf } from '../member.ts';
import { consumerName } from '../member-name.ts';
import type { ObservedConsumer } from '../observed-consumers.ts';
import { type Observed, type ObservedMember, isControlledBy } from '../observed.ts';
import { podTrouble } from '../volumes/gate.ts';
import { firstMissedRun, planCronJob, planRunEnds, planSuspension, runEndMs, settledMs } from './cron-job.ts';
import { mayHavePod, planFollower } from './follower.ts';

type Podful = 'Follower' | 'CronJob';

/** Those of a kind that has pods of its own; all of them by default. */
export function consumersOf({ consumers = [] }: NodeDeploymentSpec, ...kinds: readonly Podful[]): readonly Consumer[] {
  return consumers.filter(({ kind }) => kind !== 'Sidecar' && (kinds.length === 0 || kinds.includes(kind)));
}

/** Brings the member's consumers to `machine`; undefined: stops them. What the spec does not have goes. */
export function planConsumers(
  observed: Observed,
  member: ObservedMember,
  machine: string | undefined,
): readonly Action[] {
  const unwanted = member.consumers.flatMap((found) => planUnwanted(observed, member, found));
  const wanted = consumersOf(observed.deployment.spec);
  return [...unwanted, ...wanted.flatMap((consumer) => planConsumer(observed, member, consumer, machine))];
}

function planConsumer(
  observed: Observed,
  member: ObservedMember,
  consumer: Consumer,
  machine: string | undefined,
): readonly Action[] {
  const found = member.consumers.find(({ name }) => name === consumer.name);
  const current = consumer.kind === 'CronJob' ? found?.cronJob : found?.statefulSet;
  const foreign = foreignChild(observed, member, current, 'rename the consumer or delete that object');
  if (foreign !== undefined) return [{ ...foreign, isAside: true }];
  if (consumer.kind === 'CronJob') return planCronJob(observed, member, consumer, found, machine);
  // While the member has to wait for a run, it can as well work on with its followers.
  const isEarly = machine === undefined && machineOf(member) !== undefined && member.consumers.some(hasRun);
  return isEarly ? [] : planFollower(observed, member, consumer, found, machine);
}

const hasRun = ({ runs }: ObservedConsumer): boolean => runs.length > 0;

/** What there is of a consumer and the spec does not want, or wants as another kind. */
function planUnwanted(observed: Observed, member: ObservedMember, found: ObservedConsumer): readonly Action[] {
  const { deployment } = observed;
  const isWanted = (kind: Podful): boolean =>
    consumersOf(deployment.spec, kind).some(({ name }) => name === found.name);
  return [
    ...(isWanted('Follower') ? [] : remove(observed, member, STATEFUL_SET, found.statefulSet)),
    ...(isWanted('CronJob') ? [] : removeCronJob(observed, member, found)),
  ];
}

/** Its run may end first, as ever. Not where the whole fleet is being deleted: nothing is asked of it any more. */
function removeCronJob(observed: Observed, member: ObservedMember, found: ObservedConsumer): readonly Action[] {
  const { deployment } = observed;
  const { cronJob: current } = found;
  const isGoing = current === undefined || isTerminating(current) || !isControlledBy(deployment, current);
  if (isGoing) return [];
  const isOver = !hasRun(found) && settledMs(current) <= observed.now;
  if (isOver || isTerminating(deployment)) return remove(observed, member, CRON_JOB, current);
  const wait = busyWait(observed, member, found);
  return [...planSuspension(observed, member, found), ...planRunEnds(observed, member, found), wait];
}

function remove(
  { deployment }: Observed,
  { name: member }: ObservedMember,
  kind: Kind,
  current: Stored<KubeObject> | undefined,
): readonly Delete[] {
  if (current === undefined || isTerminating(current) || !isControlledBy(deployment, current)) return [];
  return [{ type: 'Delete', member, kind, key: keyOf(current), uid: current.metadata.uid }];
}

/** Every consumer of a member that goes: deleted, and its pod waited for. Empty once nothing is left. */
export function planConsumersRemoval(observed: Observed, member: ObservedMember): readonly Action[] {
  const { deployment } = observed;
  const isEarly = !isTerminating(deployment) && machineOf(member) !== undefined && member.consumers.some(hasRun);
  const actions = member.consumers.flatMap((found) => [
    ...(isEarly ? [] : remove(observed, member, STATEFUL_SET, found.statefulSet)),
    ...removeCronJob(observed, member, found),
  ]);
  const busy = busyConsumer(observed, member);
  return busy === undefined || actions.some(({ type }) => type === 'Wait') ? actions : [...actions, busy];
}

/** What the member's stop has to wait for: a consumer that runs, or has a pod left. Undefined: all are quiet. */
export function busyConsumer(observed: Observed, member: ObservedMember): Wait | undefined {
  const busy = member.consumers.filter((consumer) => isBusy(observed, consumer));
  // The run first: until it has ended, the followers work on.
  const first = busy.find(hasRun) ?? busy[0];
  return first && busyWait(observed, member, first);
}

function busyWait(observed: Observed, member: ObservedMember, busy: ObservedConsumer): Wait {
  const [pod] = busy.pods;
  const [run] = busy.runs;
  const trouble = pod && podTrouble(observed, member, pod);
  if (trouble?.stalled !== undefined) return trouble;
  const wait = { type: 'Wait', member: member.name, reason: 'ConsumersStopping' } as const;
  const says = `its consumer ${busy.name} stops first`;
  const endMs = run && runEndMs(observed, member, busy, run);
  if (run !== undefined && endMs !== undefined && Number.isFinite(endMs) && endMs > observed.now) {
    const message = `${says}: its run ${run.metadata.name} may end by itself until ${timestampOf(endMs)}`;
    return { ...wait, message, untilMs: endMs };
  }
  const settled = busy.cronJob === undefined ? 0 : settledMs(busy.cronJob);
  const rest =
    pod === undefined ? (run === undefined ? undefined : `Job ${run.metadata.name}`) : `pod ${pod.metadata.name}`;
  if (rest === undefined && busy.cronJob !== undefined && settled > observed.now) {
    const message = `${says}: CronJob ${busy.cronJob.metadata.name} is suspended, and no run of it may begin any more`;
    return { ...wait, message, ...(Number.isFinite(settled) && { untilMs: settled }) };
  }
  return {
    ...wait,
    message: `${says}: ${rest ?? `StatefulSet ${consumerName(member.name, busy.name)}`} is not gone yet`,
  };
}

/** Whether a pod of it is there, or may come. What is another's counts by its pods alone. */
function isBusy({ deployment, now }: Observed, { statefulSet, cronJob, runs, pods }: ObservedConsumer): boolean {
  if (pods.length > 0) return true;
  if (statefulSet !== undefined && isControlledBy(deployment, statefulSet) && mayHavePod(statefulSet)) return true;
  if (cronJob === undefined || !isControlledBy(deployment, cronJob)) return false;
  return runs.length > 0 || now < settledMs(cronJob);
}

/** When a run that comes due while its CronJob is suspended is told to be skipped, in milliseconds since the epoch. */
export function nextSkipMs({ members, now }: Observed): number | undefined {
  const times = members.flatMap(({ consumers }) =>
    consumers.map(({ cronJob }) => firstMissedRun(cronJob)?.skippedMs ?? Infinity),
  );
  return earliest(...times.filter((time) => time > now));
}
