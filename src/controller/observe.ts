// Step 2 of a reconcile: reads what belongs to a NodeDeployment and arranges it by member.
//
// Guarantees: children come from the cache, where every write on them is fenced by the version read. What a decision
// rests on that no fence protects is read live: the absence of a child that has been there before, and the absence of
// pods and attachments before a volume gets a new writer (live-proof.ts).
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { revisionName } from '../domain/desired/controller-revision.ts';
import { revisionOf } from '../domain/desired/pod-template.ts';
import { consumersOf } from '../domain/consumers/consumers.ts';
import { desire } from '../domain/desired/desire.ts';
import { consumerName, memberName } from '../domain/member-name.ts';
import { type Observed, type Readings, arrange, surgeName } from '../domain/observed.ts';
import {
  CLAIM,
  CONTROLLER_REVISION,
  CRON_JOB,
  DISRUPTION_BUDGET,
  SERVICE,
  STATEFUL_SET,
  type Kind,
} from '../kube/kinds.ts';
import { type KubeObject, type Stored, formatKey, isTerminating, keyOf } from '../kube/object.ts';
import { claimsOf } from '../kube/pods.ts';
import type { ObjectReader } from '../runtime/client/interfaces.ts';
import type { Clock } from '../runtime/clock.ts';
import { BY_CLAIM, BY_DEPLOYMENT, BY_VOLUME, type Caches } from './caches.ts';
import { createReadLive } from './live-proof.ts';
import type { RemovedPods } from './removed-pods.ts';

export interface ObserveOptions {
  /** Members whose volume has to be proven free: pods, then attachments, then pods again are read live. */
  readonly prove: ReadonlySet<string>;
  /** Look live for every child that the cache does not have: an earlier try met one. */
  readonly isSuspicious: boolean;
}

export type Observe = (deployment: StoredNodeDeployment, options: ObserveOptions) => Promise<Observed>;

export interface Sources {
  readonly caches: Caches;
  readonly removedPods: Pick<RemovedPods, 'of'>;
  readonly reader: ObjectReader;
  readonly clock: Clock;
}

export function createObserve({ caches, removedPods, reader, clock }: Sources): Observe {
  const readLive = createReadLive(reader);
  return async (deployment, { prove, isSuspicious }) => {
    const now = clock.now();
    const cached = readNamespace(caches, removedPods, deployment);
    const missing = await readMissing(reader, deployment, cached, isSuspicious);
    const readings = { ...cached, ...missing, ...readCluster(caches, missing.claims) };
    return arrange(deployment, now, prove.size === 0 ? readings : await readLive(deployment, readings, prove));
  };
}

type OfCluster = Pick<Readings, 'volumes' | 'attachments' | 'machines' | 'drivers' | 'unreadable'>;

function readNamespace(
  caches: Caches,
  removedPods: Pick<RemovedPods, 'of'>,
  deployment: StoredNodeDeployment,
): Omit<Readings, keyof OfCluster> {
  const { namespace = '' } = deployment.metadata;
  const owner = formatKey(keyOf(deployment));
  const claims = caches.claims.byIndex(BY_DEPLOYMENT, owner);
  const pods = new Map(caches.pods.byIndex(BY_DEPLOYMENT, owner).map((pod) => [pod.metadata.uid, pod]));
  for (const name of [...claimNames(deployment), ...claims.map(({ metadata }) => metadata.name)]) {
    for (const pod of caches.pods.byIndex(BY_CLAIM, `${namespace}/${name}`)) pods.set(pod.metadata.uid, pod);
  }
  return {
    statefulSets: caches.statefulSets.byIndex(BY_DEPLOYMENT, owner),
    cronJobs: caches.cronJobs.byIndex(BY_DEPLOYMENT, owner),
    jobs: caches.jobs.byIndex(BY_DEPLOYMENT, owner),
    services: caches.services.byIndex(BY_DEPLOYMENT, owner),
    claims,
    pods: [...pods.values()],
    revisions: caches.revisions.byIndex(BY_DEPLOYMENT, owner).toSorted((a, b) => a.revision - b.revision),
    disruptionBudget: caches.budgets.get(keyOf(deployment)),
    removedPods: removedPods.of(keyOf(deployment)),
    provenClaims: new Set(),
  };
}

/** All at one moment: a cache that cannot be read is empty, and only `unreadable` tells that from absence. */
function readCluster(caches: Caches, claims: Readings['claims']): OfCluster {
  const volumes = claims.flatMap(({ spec }) => spec?.volumeName || []);
  return {
    volumes: volumes.flatMap((name) => caches.volumes.get({ namespace: '', name }) ?? []),
    attachments: volumes.flatMap((name) => caches.attachments.byIndex(BY_VOLUME, name)),
    machines: caches.machines.all(),
    drivers: caches.drivers.list(),
    unreadable: caches.unreadable(),
  };
}

function claimNames(deployment: StoredNodeDeployment): readonly string[] {
  return Array.from({ length: deployment.spec.replicas }, (_, ordinal) => memberName(deployment, ordinal));
}

type Children = Pick<Readings, 'statefulSets' | 'cronJobs' | 'services' | 'claims' | 'revisions' | 'disruptionBudget'>;

/** Names of claims that a fleet which goes may take along now: a StatefulSet that was let go keeps its own. */
function doomedClaims({ claims, pods }: Pick<Readings, 'claims' | 'pods'>): ReadonlySet<string> {
  const used = new Set(pods.flatMap(claimsOf));
  return new Set(
    claims.flatMap((claim) => (isTerminating(claim) || used.has(claim.metadata.name) ? [] : claim.metadata.name)),
  );
}

/**
 * The cache shows children by label, and late. One that the status already lists is missed only after a live look: it
 * may be there under another owner, or have lost its labels.
 */
async function readMissing(
  reader: ObjectReader,
  deployment: StoredNodeDeployment,
  cached: Children & Pick<Readings, 'pods'>,
  isSuspicious: boolean,
): Promise<Children> {
  const { namespace = '' } = deployment.metadata;
  const listed = new Set(deployment.status?.members?.map((member) => member.name));
  const names = claimNames(deployment).filter((name) => isSuspicious || listed.has(name));
  // Nothing is made any more: what is missing matters where a claim is about to go.
  const doomed = isTerminating(deployment) ? doomedClaims(cached) : undefined;
  const isMoving = deployment.status?.plan?.phase === 'Active';
  const surges = isSuspicious && isMoving ? names.map(surgeName) : [];
  const consumers = (kind: 'Follower' | 'CronJob'): string[] => {
    const wanted = isSuspicious ? consumersOf(deployment.spec, kind) : [];
    return names.flatMap((member) => wanted.map(({ name }) => consumerName(member, name)));
  };
  const records = isSuspicious ? [revisionName(deployment, revisionOf(deployment.spec))] : [];
  const complete = async <T extends KubeObject>(
    kind: Kind<T>,
    have: readonly Stored<T>[],
    wanted = names,
  ): Promise<readonly Stored<T>[]> => {
    const known = new Set(have.map(({ metadata }) => metadata.name));
    const absent = wanted.filter((name) => !known.has(name));
    const found = await Promise.all(absent.map((name) => reader.get(kind, { namespace, name })));
    return [...have, ...found.flatMap((object) => object ?? [])];
  };
  const isKnown = isSuspicious || listed.size > 0;
  const [statefulSets, cronJobs, services, claims, revisions, disruptionBudget] = await Promise.all([
    complete(STATEFUL_SET, cached.statefulSets, [
      ...names.filter((name) => doomed?.has(name) ?? true),
      ...surges,
      ...consumers('Follower'),
    ]),
    complete(CRON_JOB, cached.cronJobs, consumers('CronJob')),
    doomed ? cached.services : complete(SERVICE, cached.services),
    deployment.spec.storage === undefined ? cached.claims : complete(CLAIM, cached.claims),
    complete(CONTROLLER_REVISION, cached.revisions, records),
    cached.disruptionBudget ??
      (isKnown && desire(deployment).isBudgetWanted ? reader.get(DISRUPTION_BUDGET, keyOf(deployment)) : undefined),
  ]);
  return { statefulSets, cronJobs, services, claims, revisions, disruptionBudget };
}
