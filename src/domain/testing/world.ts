// A tiny cluster as a value: the objects of one fleet, and what everybody except the operator does to them.
//
// It plays the StatefulSet controller, scheduler, kubelet, binder, attach/detach controller, claim protection and garbage
// collector, one small move at a time; which move comes next is the test's choice. Its lies: one volume is attached by
// the time its pod is scheduled, an image `bad:*` never becomes Ready, expansion takes one move. Nothing fails by itself:
// what people and power do is in faults.ts.
import type { StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import { CRON_JOB, JOB, STATEFUL_SET } from '../../kube/kinds.ts';
import type {
  PodTemplate,
  StoredAttachment,
  StoredClaim,
  StoredControllerRevision,
  StoredCronJob,
  StoredDisruptionBudget,
  StoredJob,
  StoredMachine,
  StoredPod,
  StoredService,
  StoredStatefulSet,
} from '../../kube/kinds.ts';
import { type Stored, isTerminating } from '../../kube/object.ts';
import { controllerOf, controllerReference, type OwnerReference } from '../../kube/owner-references.ts';
import { isFinished } from '../../kube/jobs.ts';
import { claimsOf, isTerminal } from '../../kube/pods.ts';
import { isReadyMachine } from '../machines.ts';
import { machine } from './build.ts';

export interface World {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Gives uids and resource versions. */
  readonly tick: number;
  readonly deployment: StoredNodeDeployment | undefined;
  readonly statefulSets: readonly StoredStatefulSet[];
  readonly cronJobs: readonly StoredCronJob[];
  readonly jobs: readonly StoredJob[];
  readonly services: readonly StoredService[];
  readonly claims: readonly StoredClaim[];
  readonly pods: readonly StoredPod[];
  readonly attachments: readonly StoredAttachment[];
  readonly revisions: readonly StoredControllerRevision[];
  readonly budgets: readonly StoredDisruptionBudget[];
  readonly machines: readonly StoredMachine[];
  /** What the API server cannot tell: the processes that may write to a claim's volume. */
  readonly processes: readonly Process[];
  /** What a watching operator remembers: the last removed pod of each member. */
  readonly removedPods: ReadonlyMap<string, StoredPod>;
  /** Whether the volumes' driver has `attachRequired: false`. */
  readonly isUnattached: boolean;
}

/** The containers of a pod, which do not end because the pod is gone from the API server. */
export interface Process {
  readonly pod: string;
  readonly claims: readonly string[];
  readonly machine: string;
  /** By when a kubelet that is heard of ends it; set once its pod has been removed without waiting for that. */
  readonly endsByMs?: number;
}

export type Collection =
  | 'statefulSets'
  | 'cronJobs'
  | 'jobs'
  | 'services'
  | 'claims'
  | 'pods'
  | 'attachments'
  | 'revisions'
  | 'budgets'
  | 'machines';
export type Move = (world: World) => World;

export const emptyWorld = (deployment: StoredNodeDeployment, now: number, isUnattached = false): World => ({
  now,
  tick: 1,
  deployment,
  statefulSets: [],
  cronJobs: [],
  jobs: [],
  services: [],
  claims: [],
  pods: [],
  attachments: [],
  revisions: [],
  budgets: [],
  machines: [machine('m1'), machine('m2')],
  processes: [],
  removedPods: new Map(),
  isUnattached,
});

export const timeOf = (world: World): string => new Date(world.now).toISOString();
const ticked = (world: World): World => ({ ...world, now: world.now + 1000, tick: world.tick + 1 });
const byName = (name: string) => (object: Stored) => object.metadata.name === name;

/** Stores `object` under its name: a new version of the one there, or a new object. */
export function put<C extends Collection>(before: World, collection: C, object: World[C][number]): World {
  const world = ticked(before);
  const metadata = { ...object.metadata, resourceVersion: String(world.tick) };
  const others = before[collection].filter((other) => other.metadata.name !== object.metadata.name);
  return { ...world, [collection]: [...others, { ...object, metadata }] };
}

export function drop(world: World, collection: Collection, name: string): World {
  return { ...ticked(world), [collection]: world[collection].filter((object) => object.metadata.name !== name) };
}

/** Metadata of an object that is stored now for the first time. */
export function born<M extends object>(world: World, metadata: M & { readonly name: string }): M & Stored['metadata'] {
  const version = String(world.tick + 1);
  return { ...metadata, uid: `uid-${version}`, resourceVersion: version, creationTimestamp: timeOf(world) };
}

/** Everything that somebody other than the operator could do next. Empty: the cluster is at rest. */
export function moves(world: World): readonly Move[] {
  return [
    ...world.statefulSets.flatMap((set) => statefulSetMoves(world, set)),
    ...world.jobs.flatMap((job) => jobMoves(world, job)),
    ...world.pods.flatMap((pod) => podMoves(world, pod)),
    ...world.claims.flatMap((claim) => claimMoves(world, claim)),
    ...world.attachments.flatMap((attachment) => attachmentMoves(world, attachment)),
    ...ownerMoves(world),
  ];
}

function statefulSetMoves(world: World, set: StoredStatefulSet): readonly Move[] {
  const name = `${set.metadata.name}-0`;
  const pod = world.pods.find(byName(name));
  if (pod === undefined) return set.spec?.replicas === 0 ? [] : [(now) => put(now, 'pods', newPod(now, set, name))];
  const isOurs = controllerOf(pod)?.uid === set.metadata.uid;
  return isOurs && set.spec?.replicas === 0 && !isTerminating(pod) ? [(now) => put(now, 'pods', ending(now, pod))] : [];
}

function newPod(world: World, set: StoredStatefulSet, name: string): StoredPod {
  return podOf(world, name, set.spec?.template, controllerReference(STATEFUL_SET, set));
}

function podOf(world: World, name: string, template: PodTemplate | undefined, owner: OwnerReference): StoredPod {
  const ownerReferences = [owner];
  return {
    metadata: born(world, { name, namespace: 'default', labels: template?.metadata?.labels ?? {}, ownerReferences }),
    ...(template?.spec === undefined ? {} : { spec: template.spec }),
    status: { phase: 'Pending' },
  };
}

/** The CronJobs that come due: each may at any time, unless it is suspended or a run of it is on. No move: it never ends. */
export function ticks(world: World): readonly Move[] {
  return world.cronJobs
    .filter(({ metadata, spec }) => spec?.suspend !== true && !world.jobs.some((job) => isOpen(metadata.uid, job)))
    .map((cronJob) => (now) => put(now, 'jobs', newJob(now, cronJob)));
}

const isOpen = (cronJob: string, job: StoredJob): boolean => controllerOf(job)?.uid === cronJob && !isFinished(job);

function newJob(world: World, cronJob: StoredCronJob): StoredJob {
  const name = `${cronJob.metadata.name}-${world.tick}`;
  const { metadata, spec } = cronJob.spec?.jobTemplate ?? {};
  const ownerReferences = [controllerReference(CRON_JOB, cronJob)];
  const own = born(world, { name, namespace: 'default', labels: metadata?.labels ?? {}, ownerReferences });
  return { metadata: own, ...(spec === undefined ? {} : { spec }) };
}

/** The Job controller: a pod, one anew where that has gone, and the end once it has succeeded. The garbage collector. */
function jobMoves(world: World, job: StoredJob): readonly Move[] {
  const { uid, name } = job.metadata;
  const owner = controllerOf(job)?.uid;
  if (!world.cronJobs.some(({ metadata }) => metadata.uid === owner)) return [(now) => drop(now, 'jobs', name)];
  if (isFinished(job)) return [];
  const own = world.pods.find((pod) => controllerOf(pod)?.uid === uid);
  const podName = `${name}-${world.tick}`;
  if (own === undefined)
    return [(now) => put(now, 'pods', podOf(now, podName, job.spec?.template, controllerReference(JOB, job)))];
  if (!isTerminal(own) || isTerminating(own)) return [];
  const status = { conditions: [{ type: 'Complete', status: 'True' }] };
  return [(now) => put(now, 'jobs', { ...job, status })];
}

function ending<T extends Stored>(world: World, object: T): T {
  return { ...object, metadata: { ...object.metadata, deletionTimestamp: timeOf(world) } };
}

function podMoves(world: World, pod: StoredPod): readonly Move[] {
  if (!isOnline(world, pod.spec?.nodeName)) return [];
  if (isTerminating(pod))
    return [
      world.processes.some((one) => one.pod === pod.metadata.uid)
        ? (now) => end(now, pod)
        : (now) => removePod(now, pod),
    ];
  const owner = controllerOf(pod)?.uid;
  if (![...world.statefulSets, ...world.jobs].some(({ metadata }) => metadata.uid === owner)) {
    return [(now) => put(now, 'pods', ending(now, pod))];
  }
  const isRun = controllerOf(pod)?.kind === JOB.kind && pod.status?.phase === 'Running';
  if (isRun) return [(now) => end(now, pod)];
  if (pod.spec === undefined || pod.status?.conditions !== undefined) return [];
  if (pod.spec.nodeName === undefined) {
    const claims = claimsOf(pod).map((claim) => world.claims.find(byName(claim)));
    if (claims.some((claim) => claim === undefined || isTerminating(claim))) return [];
    const online = world.machines.filter(
      ({ metadata: { name } }) => isOnline(world, name) && admits(pod, name) && isAttachable(world, pod, name),
    );
    return online.map(
      ({ metadata: { name: machine } }) =>
        (now) =>
          schedule(now, pod, machine),
    );
  }
  return [(now) => start(now, pod)];
}

/** Whether the pod may run there: of node affinity the operator writes nothing but the machine's name. */
function admits({ spec }: StoredPod, machine: string): boolean {
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms?.every(({ matchFields }) => matchFields?.every(({ values }) => values?.includes(machine))) ?? true;
}

/** Whether no volume of a consumer's pod is attached to another machine: there is no second attachment then. */
function isAttachable({ attachments, claims }: World, pod: StoredPod, machine: string): boolean {
  if (pod.metadata.labels?.[LABEL.consumerOf] === undefined) return true;
  const volumes = claimsOf(pod).flatMap((name) => claims.find(byName(name))?.spec?.volumeName ?? []);
  return attachments.every(
    ({ spec }) => spec.nodeName === machine || !volumes.includes(spec.source.persistentVolumeName ?? ''),
  );
}

/** Binds the pod to a machine, its claims to volumes, and attaches those of a single writer. */
function schedule(before: World, pod: StoredPod, nodeName: string): World {
  let world = put(before, 'pods', { ...pod, ...(pod.spec === undefined ? {} : { spec: { ...pod.spec, nodeName } }) });
  for (const name of claimsOf(pod)) {
    const claim = world.claims.find(byName(name));
    if (claim === undefined) continue;
    const volumeName = `pv-${claim.metadata.uid}`;
    if (!claim.spec?.volumeName) world = put(world, 'claims', bound(claim, volumeName));
    if (world.isUnattached || claim.spec?.accessModes?.includes('ReadWriteMany') === true) continue;
    const attachment = {
      metadata: born(world, { name: `${volumeName}-${nodeName}` }),
      spec: { attacher: 'csi.example.com', nodeName, source: { persistentVolumeName: volumeName } },
      status: { attached: true },
    };
    world = put(world, 'attachments', attachment);
  }
  return world;
}

function bound(claim: StoredClaim, volumeName: string): StoredClaim {
  const capacity = claim.spec?.resources?.requests ?? {};
  return { ...claim, spec: { ...claim.spec, volumeName }, status: { phase: 'Bound', capacity } };
}

function start(world: World, pod: StoredPod): World {
  const isBad = pod.spec?.containers.some(({ image }) => image?.startsWith('bad:')) ?? false;
  const ready = { type: 'Ready', status: isBad ? 'False' : 'True', lastTransitionTime: timeOf(world) };
  const process = { pod: pod.metadata.uid, claims: claimsOf(pod), machine: pod.spec?.nodeName ?? '' };
  const next = put(world, 'pods', { ...pod, status: { phase: isBad ? 'Pending' : 'Running', conditions: [ready] } });
  return { ...next, processes: [...next.processes, process] };
}

/** The kubelet ends the processes of a pod that is being deleted, and says so before it removes the pod (KEP-3329). */
function end(world: World, pod: StoredPod): World {
  const next = put(world, 'pods', { ...pod, status: { ...pod.status, phase: 'Succeeded' } });
  return { ...next, processes: next.processes.filter((one) => one.pod !== pod.metadata.uid) };
}

/** Milliseconds that a kubelet takes at most to end a pod that is gone: its grace period and as much again. */
export const KUBELET_MS = 60_000;

/** What kubelets have done by now without being asked. */
export function passTime(world: World): World {
  const isLeft = ({ endsByMs = Infinity, machine: on }: Process): boolean =>
    endsByMs > world.now || !isOnline(world, on);
  return { ...world, processes: world.processes.filter(isLeft) };
}

/** The pod is gone from the API server; whoever watches has seen how it was at last. */
export function removePod(world: World, pod: StoredPod): World {
  const { labels = {} } = pod.metadata;
  const member = labels[LABEL.member] ?? `${labels[LABEL.consumerOf]}-${labels[LABEL.consumer]}`;
  const isSurge = pod.metadata.labels?.[LABEL.surge] !== undefined;
  const removedPods = isSurge ? world.removedPods : new Map([...world.removedPods, [member, pod]]);
  const endsByMs = world.now + KUBELET_MS;
  const processes = world.processes.map((one) => (one.pod === pod.metadata.uid ? { ...one, endsByMs } : one));
  return { ...drop(world, 'pods', pod.metadata.name), removedPods, processes };
}

/** Whether the kubelet of the machine is heard of. A pod without a machine is everybody's. */
export function isOnline({ machines }: World, name: string | undefined): boolean {
  const one = machines.find(({ metadata }) => metadata.name === name);
  return name === undefined || (one !== undefined && isReadyMachine(one));
}

function claimMoves(world: World, claim: StoredClaim): readonly Move[] {
  const { name } = claim.metadata;
  const isUsed = world.pods.some((pod) => claimsOf(pod).includes(name));
  if (isTerminating(claim)) return isUsed ? [] : [(now) => drop(now, 'claims', name)];
  const requested = claim.spec?.resources?.requests?.['storage'];
  const isGrown = claim.status?.phase === 'Bound' && claim.status.capacity?.['storage'] !== requested;
  return isGrown ? [(now) => put(now, 'claims', bound(claim, claim.spec?.volumeName ?? ''))] : [];
}

/** Detaches a volume that no pod of its machine mounts any more: first marked, then gone. */
function attachmentMoves(world: World, attachment: StoredAttachment): readonly Move[] {
  if (isTerminating(attachment)) return [(now) => drop(now, 'attachments', attachment.metadata.name)];
  const volume = attachment.spec.source.persistentVolumeName;
  const claim = world.claims.find(({ spec }) => spec?.volumeName === volume)?.metadata.name;
  const { nodeName } = attachment.spec;
  const isMounted = world.processes.some(({ machine: on, claims }) => on === nodeName && claims.includes(claim ?? ''));
  // A pod that has ended, as that of a Job that is kept for its log, holds no volume (kube-controller-manager, attach/detach).
  const isUsed = world.pods.some(
    (pod) => pod.spec?.nodeName === nodeName && !isTerminal(pod) && claimsOf(pod).some((name) => name === claim),
  );
  return isUsed || isMounted || !isOnline(world, nodeName)
    ? []
    : [(now) => put(now, 'attachments', ending(now, attachment))];
}

/** The garbage collector: what a NodeDeployment that is gone controlled goes too; claims have no owner. */
function ownerMoves(world: World): readonly Move[] {
  const { deployment } = world;
  if (deployment !== undefined) {
    const isReleased = isTerminating(deployment) && (deployment.metadata.finalizers ?? []).length === 0;
    return isReleased ? [(now) => ({ ...ticked(now), deployment: undefined })] : [];
  }
  return (['statefulSets', 'cronJobs', 'services', 'revisions', 'budgets'] as const).flatMap((collection) =>
    world[collection].map(
      ({ metadata }): Move =>
        (now) =>
          drop(now, collection, metadata.name),
    ),
  );
}
