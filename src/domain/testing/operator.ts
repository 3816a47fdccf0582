// The operator in the tiny cluster: one reconcile as controller/ does it, with fences, live proofs and one status write.
import { FINALIZER, LABEL } from '../../api/v1alpha1/names.ts';
import type { NodeDeploymentStatus, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import {
  CLAIM,
  CONTROLLER_REVISION,
  CRON_JOB,
  DISRUPTION_BUDGET,
  JOB,
  SERVICE,
  STATEFUL_SET,
} from '../../kube/kinds.ts';
import type { Kind, StoredPod } from '../../kube/kinds.ts';
import { canonicalJson } from '../../kube/hash.ts';
import { isTerminating, type KubeObject, type Stored } from '../../kube/object.ts';
import { type Action, type Apply, type Delete, type Plan, type Question, isQuestion } from '../actions.ts';
import { type Desired, desire } from '../desired/desire.ts';
import { brokenInvariants } from '../invariants.ts';
import { isSingleWriter } from '../member.ts';
import { NO_READINGS, type Observed, type Readings, arrange } from '../observed.ts';
import type { Refusal } from '../outcome.ts';
import { plan as planActions } from '../plan.ts';
import { summarize } from '../summary/summary.ts';
import { csiDriver, volumeOf } from './build.ts';
import { type Collection, type World, born, drop, put, timeOf } from './world.ts';

interface Decision {
  readonly observed: Observed;
  readonly plan: Plan;
}

export interface Reconciled {
  readonly world: World;
  readonly plan: Plan | undefined;
  readonly observed: Observed | undefined;
  readonly status: NodeDeploymentStatus | undefined;
  /** Writes accepted: children, finalizers, and the status if it changed. */
  readonly writes: number;
  readonly broken: readonly string[];
}

/**
 * One reconcile of `world` by an operator whose cache still shows `seen`. A NodeDeployment that has moved on, or a child
 * whose version is not the one read, is a conflict: nothing more is written.
 */
export function reconcile(world: World, seen: World = world): Reconciled {
  const { deployment } = seen;
  const nothing = { world, plan: undefined, observed: undefined, status: undefined, writes: 0, broken: [] };
  if (deployment === undefined || deployment.metadata.resourceVersion !== versionOf(world.deployment)) return nothing;
  const desired = desire(deployment);
  const { observed, plan } = decide(desired, deployment, world, seen);
  const broken = brokenInvariants(plan, desired, observed);
  let next: World | undefined = world;
  let writes = 0;
  const refusals: Refusal[] = [];
  for (const action of plan.actions.filter((action) => action.type !== 'Wait' && !isQuestion(action))) {
    if ('member' in action && refusals.some(({ member }) => member === action.member)) continue;
    if (action.type === 'Apply' && action.kind === STATEFUL_SET && isRefused(action.object)) {
      refusals.push({ member: action.member, reason: 'Rejected', message: 'refused' });
      continue;
    }
    next = carryOut(next, action);
    if (next === undefined) return { ...nothing, plan, observed, broken };
    writes += 1;
  }
  const isReleased = desired.isTeardown && plan.actions.some(({ type }) => type === 'RemoveFinalizer');
  if (isReleased) return { world: next, plan, observed, status: deployment.status, writes, broken };
  const status = summarize(desired, observed, plan, { refusals });
  if (canonicalJson(status) === canonicalJson(deployment.status)) {
    return { world: next, plan, observed, status, writes, broken };
  }
  return { world: withDeployment(next, { status }), plan, observed, status, writes: writes + 1, broken };
}

/** As controller/decide.ts: the plan, made anew with the answer to each of its questions. */
function decide(desired: Desired, deployment: StoredNodeDeployment, world: World, seen: World): Decision {
  const cache = readingsOf(seen);
  const revisions = cache.revisions.map((record) => ({ ...record, data: undefined }));
  let observed = arrange(deployment, world.now, { ...cache, revisions });
  let plan = planActions(desired, observed);
  const asks = (type: Question['type']): boolean => plan.actions.some((action) => action.type === type);
  if (asks('Check')) {
    observed = { ...observed, verdict: verdictOn(deployment) };
    plan = planActions(desired, observed);
  }
  if (asks('Recall')) {
    observed = { ...observed, revisions: world.revisions };
    plan = planActions(desired, observed);
  }
  const prove = new Set(plan.actions.flatMap((action) => (action.type === 'Prove' ? action.member : [])));
  if (prove.size === 0) return { observed, plan };
  const { claims, attachments, volumes, machines, ...now } = readingsOf(world);
  // A pod that the cache still shows has not been seen to go, and neither has how it went: that matters to a single writer.
  const isKnown = ({ metadata }: StoredPod): boolean =>
    isSingleWriter(deployment.spec.storage) || !prove.has(metadata.labels?.[LABEL.member] ?? '');
  const known = cache.pods.filter(isKnown);
  const pods = [...new Map([...known, ...now.pods].map((pod) => [pod.metadata.uid, pod])).values()];
  const live = { ...cache, claims, pods, attachments, volumes, machines, provenClaims: prove };
  const { verdict, revisions: records } = observed;
  observed = { ...arrange(deployment, world.now, live), verdict, revisions: records };
  return { observed, plan: planActions(desired, observed) };
}

function verdictOn(deployment: StoredNodeDeployment): Observed['verdict'] {
  return isRefused(deployment) ? { reason: 'InvalidTemplate', message: 'refused' } : 'accepted';
}

/** The tiny cluster refuses images `refused:*`, asked or not. */
function isRefused(object: KubeObject): boolean {
  const { spec } = { spec: undefined, ...object };
  return canonicalJson(spec ?? null).includes('"image":"refused:');
}

function readingsOf(world: World): Readings {
  const machines = new Map(world.machines.map((machine) => [machine.metadata.name, machine]));
  const drivers = [csiDriver(!world.isUnattached)];
  const disruptionBudget = world.budgets.find(({ metadata }) => metadata.name === world.deployment?.metadata.name);
  return { ...NO_READINGS, ...world, disruptionBudget, machines, drivers, volumes: world.claims.map(volumeOf) };
}

/** Edits the spec, as a user would: the generation moves. */
export function edit(world: World, spec: StoredNodeDeployment['spec']): World {
  const generation = (world.deployment?.metadata.generation ?? 0) + 1;
  return withDeployment(world, { spec }, { generation });
}

/** Deletes the NodeDeployment: it terminates, and is gone once it has no finalizers. */
export function remove(world: World): World {
  return withDeployment(world, {}, { deletionTimestamp: timeOf(world) });
}

function withDeployment(
  world: World,
  change: Partial<Pick<StoredNodeDeployment, 'spec' | 'status'>>,
  metadata: Partial<StoredNodeDeployment['metadata']> = {},
): World {
  const { deployment } = world;
  if (deployment === undefined) return world;
  const tick = world.tick + 1;
  const next = {
    ...deployment,
    ...change,
    metadata: { ...deployment.metadata, ...metadata, resourceVersion: `${tick}` },
  };
  return { ...world, now: world.now + 1000, tick, deployment: next };
}

/** The world after the action; undefined where the API server answers with a conflict. */
function carryOut(world: World, action: Action): World | undefined {
  if (action.type === 'Apply') return apply(world, action);
  if (action.type === 'Delete') return erase(world, action);
  const others = (world.deployment?.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
  const finalizers = action.type === 'AddFinalizer' ? [...others, FINALIZER] : others;
  return withDeployment(world, {}, { finalizers });
}

function apply(world: World, { kind, object, fence }: Apply): World | undefined {
  const collection = collectionOf(kind);
  const name = object.metadata?.name ?? '';
  const live = find(world, collection, name);
  if (live === undefined)
    return fence === 'absent'
      ? store(world, collection, { ...object, metadata: born(world, { ...object.metadata, name }) })
      : undefined;
  const isRead = fence !== 'absent' && fence.resourceVersion === versionOf(live) && fence.uid === live.metadata.uid;
  if (!isRead) return undefined;
  const annotations = { ...live.metadata.annotations, ...object.metadata?.annotations };
  const metadata = { ...live.metadata, ...object.metadata, name, annotations };
  const spec = { ...specOf(live), ...specOf(object) };
  return store(world, collection, { ...live, ...object, metadata: { ...live.metadata, ...metadata }, spec });
}

/** The fields that an object has beyond its metadata: the tiny cluster merges `spec` member by member. */
function specOf(object: object): object {
  return 'spec' in object && typeof object.spec === 'object' && object.spec !== null ? object.spec : {};
}

function store(world: World, collection: Collection, object: Stored & { readonly spec?: object }): World {
  return put(world, collection, object as World[typeof collection][number]);
}

function erase(world: World, { kind, key, uid }: Delete): World | undefined {
  const collection = collectionOf(kind);
  const live = find(world, collection, key.name);
  if (live === undefined) return world;
  if (live.metadata.uid !== uid) return undefined;
  if (kind !== CLAIM) return drop(world, collection, key.name);
  return isTerminating(live)
    ? world
    : store(world, collection, { ...live, metadata: { ...live.metadata, deletionTimestamp: timeOf(world) } });
}

function find(world: World, collection: Collection, name: string): Stored | undefined {
  const objects: readonly Stored[] = world[collection];
  return objects.find(({ metadata }) => metadata.name === name);
}

function collectionOf(kind: Kind): Collection {
  if (kind === STATEFUL_SET) return 'statefulSets';
  if (kind === CRON_JOB) return 'cronJobs';
  if (kind === JOB) return 'jobs';
  if (kind === SERVICE) return 'services';
  if (kind === CLAIM) return 'claims';
  if (kind === CONTROLLER_REVISION) return 'revisions';
  if (kind === DISRUPTION_BUDGET) return 'budgets';
  throw new Error(`operator: no collection of ${kind.kind}`);
}

function versionOf(object: Stored | undefined): string | undefined {
  return object?.metadata.resourceVersion;
}
