// What there is of the consumers of a member that have pods of their own. Pure data, as in observed.ts.
import { LABEL } from '../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { isFinished } from '../kube/jobs.ts';
import {
  CRON_JOB,
  JOB,
  STATEFUL_SET,
  type StoredCronJob,
  type StoredJob,
  type StoredPod,
  type StoredStatefulSet,
} from '../kube/kinds.ts';
import { type Stored, isTerminating } from '../kube/object.ts';
import { controllerOf } from '../kube/owner-references.ts';
import { isTerminal } from '../kube/pods.ts';
import { consumerName } from './member-name.ts';

export interface ObservedConsumer {
  /** As in the spec. */
  readonly name: string;
  /** The StatefulSet of its name, whoever owns it. */
  readonly statefulSet?: StoredStatefulSet | undefined;
  /** The CronJob of its name, whoever owns it. */
  readonly cronJob?: StoredCronJob | undefined;
  /** The Jobs of that CronJob that have not finished, by whomever they were made; by name. */
  readonly runs: readonly StoredJob[];
  /** Its pods, terminal ones left out. */
  readonly pods: readonly StoredPod[];
  /** Its pods whose processes have ended and that are still there. */
  readonly endedPods: readonly StoredPod[];
  /** The last of its pods whose end was seen, as it was last seen. */
  readonly removedPod?: StoredPod | undefined;
}

export interface ConsumerReadings {
  readonly statefulSets: readonly StoredStatefulSet[];
  readonly cronJobs: readonly StoredCronJob[];
  readonly jobs: readonly StoredJob[];
  readonly pods: readonly StoredPod[];
  /** By the member's name, or the consumer's where the pod was a consumer's. */
  readonly removedPods: ReadonlyMap<string, StoredPod>;
}

/** What was read, by member and by name: a fleet has up to 256 members, and each is arranged without a look at the others. */
export interface ConsumerIndex {
  readonly statefulSets: ReadonlyMap<string, StoredStatefulSet>;
  readonly cronJobs: ReadonlyMap<string, StoredCronJob>;
  /** What has the member's label of consumers, by that; what has none, by undefined. */
  readonly labelled: ReadonlyMap<string | undefined, readonly Stored[]>;
  readonly jobsOfConsumers: ReadonlyMap<string | undefined, readonly StoredJob[]>;
  readonly podsOfConsumers: ReadonlyMap<string | undefined, readonly StoredPod[]>;
  readonly removedPods: ReadonlyMap<string, StoredPod>;
}

export function indexConsumers(read: ConsumerReadings): ConsumerIndex {
  const { statefulSets, cronJobs, jobs, pods, removedPods } = read;
  const memberOf = ({ metadata }: Stored): string | undefined => metadata.labels?.[LABEL.consumerOf];
  return {
    statefulSets: byItsName(statefulSets),
    cronJobs: byItsName(cronJobs),
    labelled: Map.groupBy<string | undefined, Stored>([...statefulSets, ...cronJobs, ...jobs, ...pods], memberOf),
    jobsOfConsumers: Map.groupBy(jobs, memberOf),
    podsOfConsumers: Map.groupBy(pods, memberOf),
    removedPods,
  };
}

/** The first of each name. */
export function byItsName<T extends Stored>(objects: readonly T[]): ReadonlyMap<string, T> {
  return new Map(objects.toReversed().map((object) => [object.metadata.name, object]));
}

/** All that the spec wants, and all of which something is there, by name. */
export function arrangeConsumers(
  { spec: { consumers = [] } }: StoredNodeDeployment,
  member: string,
  index: ConsumerIndex,
): readonly ObservedConsumer[] {
  const labelled = index.labelled.get(member) ?? [];
  const jobs = index.jobsOfConsumers.get(member) ?? [];
  const pods = index.podsOfConsumers.get(member) ?? [];
  const names = new Set([
    ...consumers.filter(({ kind }) => kind !== 'Sidecar').map(({ name }) => name),
    ...labelled.flatMap(({ metadata }) => metadata.labels?.[LABEL.consumer] ?? []),
  ]);
  return [...names].toSorted().map((name) => {
    const full = consumerName(member, name);
    const isIts = (object: Stored): boolean => object.metadata.labels?.[LABEL.consumer] === name;
    const isPod = (pod: StoredPod): boolean => isIts(pod) && isOfConsumer(pod, full, ofCronJob);
    const ofCronJob = jobs.filter((job) => isIts(job) && isMadeBy(job, CRON_JOB.kind, full)).toSorted(byName);
    return {
      name,
      statefulSet: index.statefulSets.get(full),
      cronJob: index.cronJobs.get(full),
      runs: ofCronJob.filter((job) => !isFinished(job)),
      pods: pods.filter((pod) => isPod(pod) && !isTerminal(pod)).toSorted(byName),
      endedPods: pods.filter((pod) => isPod(pod) && isTerminal(pod)),
      removedPod: index.removedPods.get(full),
    };
  });
}

function byName(a: Stored, b: Stored): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function isMadeBy(object: Stored, kind: string, name: string): boolean {
  const owner = controllerOf(object);
  return owner?.kind === kind && owner.name === name;
}

/**
 * By its maker, for anybody can label pods: the StatefulSet, or a Job of the CronJob. A Job may be gone before its pod, or not
 * be read yet: then its name tells, or that the pod ends.
 */
function isOfConsumer(pod: StoredPod, name: string, jobs: readonly StoredJob[]): boolean {
  if (isMadeBy(pod, STATEFUL_SET.kind, name)) return true;
  const owner = controllerOf(pod);
  if (owner?.kind !== JOB.kind) return false;
  const isKnown = jobs.some(({ metadata }) => metadata.uid === owner.uid);
  return isKnown || isTerminating(pod) || new RegExp(`^${name}-\\d+$`).test(owner.name);
}
