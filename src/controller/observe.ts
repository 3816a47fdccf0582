// Step 2 of a reconcile: reads what belongs to a NodeDeployment and arranges it by member.
//
// Guarantees: children come from the cache, where every write on them is fenced by the version read. What a decision
// rests on that no fence protects is read live: the absence of a child that has been there before, and the absence of
// pods and attachments before a volume gets a new writer.
import { LABEL } from '../api/v1alpha1/names.ts';
import type { StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { memberName } from '../domain/member-name.ts';
import { NO_READINGS, type Observed, type Readings, arrange } from '../domain/observed.ts';
import { ATTACHMENT, CLAIM, POD, SERVICE, STATEFUL_SET, type Kind } from '../kube/kinds.ts';
import { type KubeObject, type Stored, formatKey, keyOf } from '../kube/object.ts';
import { claimsOf } from '../kube/pods.ts';
import type { ObjectReader } from '../runtime/client/interfaces.ts';
import type { Clock } from '../runtime/clock.ts';
import { BY_CLAIM, BY_DEPLOYMENT, BY_VOLUME, type Caches } from './caches.ts';

export interface ObserveOptions {
  /** Members whose volume has to be proven free: pods, then attachments, then pods again are read live. */
  readonly prove: ReadonlySet<string>;
  /** Look live for every child that the cache does not have: an earlier try met one. */
  readonly isSuspicious: boolean;
}

export type Observe = (deployment: StoredNodeDeployment, options: ObserveOptions) => Promise<Observed>;

export function createObserve(caches: Caches, reader: ObjectReader, clock: Clock): Observe {
  return async (deployment, { prove, isSuspicious }) => {
    const now = clock.now();
    const cached = readCaches(caches, deployment);
    const missing = await readMissing(reader, deployment, cached, isSuspicious);
    const readings = { ...cached, ...missing };
    return arrange(deployment, now, prove.size === 0 ? readings : await readLive(reader, deployment, readings, prove));
  };
}

function readCaches(caches: Caches, deployment: StoredNodeDeployment): Readings {
  const { namespace = '' } = deployment.metadata;
  const owner = formatKey(keyOf(deployment));
  const claims = caches.claims.byIndex(BY_DEPLOYMENT, owner);
  const pods = new Map(caches.pods.byIndex(BY_DEPLOYMENT, owner).map((pod) => [pod.metadata.uid, pod]));
  for (const name of [...claimNames(deployment), ...claims.map(({ metadata }) => metadata.name)]) {
    for (const pod of caches.pods.byIndex(BY_CLAIM, `${namespace}/${name}`)) pods.set(pod.metadata.uid, pod);
  }
  return {
    ...NO_READINGS,
    statefulSets: caches.statefulSets.byIndex(BY_DEPLOYMENT, owner),
    services: caches.services.byIndex(BY_DEPLOYMENT, owner),
    claims,
    pods: [...pods.values()],
    attachments: claims.flatMap(({ spec }) =>
      spec?.volumeName ? caches.attachments.byIndex(BY_VOLUME, spec.volumeName) : [],
    ),
  };
}

function claimNames(deployment: StoredNodeDeployment): readonly string[] {
  return Array.from({ length: deployment.spec.replicas }, (_, ordinal) => memberName(deployment, ordinal));
}

type Children = Pick<Readings, 'statefulSets' | 'services' | 'claims'>;

/**
 * The cache shows children by label, and late. One that the status already lists is missed only after a live look: it
 * may be there under another owner, or have lost its labels.
 */
async function readMissing(
  reader: ObjectReader,
  deployment: StoredNodeDeployment,
  cached: Children,
  isSuspicious: boolean,
): Promise<Children> {
  const { namespace = '' } = deployment.metadata;
  const listed = new Set(deployment.status?.members?.map((member) => member.name));
  const names = claimNames(deployment).filter((name) => isSuspicious || listed.has(name));
  const complete = async <T extends KubeObject>(
    kind: Kind<T>,
    have: readonly Stored<T>[],
  ): Promise<readonly Stored<T>[]> => {
    const known = new Set(have.map(({ metadata }) => metadata.name));
    const absent = names.filter((name) => !known.has(name));
    const found = await Promise.all(absent.map((name) => reader.get(kind, { namespace, name })));
    return [...have, ...found.flatMap((object) => object ?? [])];
  };
  const [statefulSets, services, claims] = await Promise.all([
    complete(STATEFUL_SET, cached.statefulSets),
    complete(SERVICE, cached.services),
    deployment.spec.storage === undefined ? cached.claims : complete(CLAIM, cached.claims),
  ]);
  return { statefulSets, services, claims };
}

async function readLive(
  reader: ObjectReader,
  deployment: StoredNodeDeployment,
  readings: Readings,
  prove: ReadonlySet<string>,
): Promise<Readings> {
  const { namespace = '', name } = deployment.metadata;
  const claims = await Promise.all([...prove].map((member) => reader.get(CLAIM, { namespace, name: member })));
  const volumes = new Set(claims.flatMap((claim) => claim?.spec?.volumeName ?? []));
  const before = await reader.list(POD, { namespace });
  const attachments = await reader.list(ATTACHMENT);
  const after = await reader.list(POD, { namespace });
  const pods = new Map([...before, ...after].map((pod) => [pod.metadata.uid, pod]));
  const isRelevant = (pod: Stored<KubeObject>): boolean =>
    pod.metadata.labels?.[LABEL.deployment] === name || claimsOf(pod).some((claim) => prove.has(claim));
  const others = readings.claims.filter((claim) => !prove.has(claim.metadata.name));
  return {
    ...readings,
    claims: [...others, ...claims.filter((claim) => claim !== undefined)],
    pods: [...pods.values()].filter(isRelevant),
    attachments: [
      ...readings.attachments.filter((attachment) => !volumes.has(attachment.spec.source.persistentVolumeName ?? '')),
      ...attachments.filter((attachment) => volumes.has(attachment.spec.source.persistentVolumeName ?? '')),
    ],
    provenClaims: prove,
  };
}
