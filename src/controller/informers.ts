// The caches of the operator, filled: one informer for each kind that it follows.
//
// What is in namespaces is followed in those that the operator serves, and has to be readable. Cluster-scoped kinds are
// optional: an operator with rights in a few namespaces alone works without them, and says what it cannot know.
import { LABEL, MANAGED_BY } from '../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type NodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { DEFAULT_SHARD, shardSelector } from '../api/v1alpha1/shards.ts';
import type { Optional } from '../domain/observed.ts';
import {
  ATTACHMENT,
  CLAIM,
  CONTROLLER_REVISION,
  CRON_JOB,
  CSI_DRIVER,
  DISRUPTION_BUDGET,
  JOB,
  MACHINE,
  POD,
  SERVICE,
  STATEFUL_SET,
  VOLUME,
} from '../kube/kinds.ts';
import { Informer, type InformerOptions } from '../runtime/cache/informer.ts';
import { attachmentIndexes, BY_DEPLOYMENT, byDeployment, type Caches, claimIndexes, podIndexes } from './caches.ts';
import {
  projectDriver,
  projectJob,
  projectMachine,
  projectPod,
  projectRevision,
  projectVolume,
  shareSpec,
} from './projections.ts';

export interface InformerSources extends Pick<
  InformerOptions<NodeDeployment>,
  'watcher' | 'clock' | 'random' | 'log' | 'namespaces'
> {
  /** Whose NodeDeployments are kept. Of everything else all is: a fleet that changes shards is served at once. */
  readonly shards?: readonly string[];
}
export type Informers = ReturnType<typeof createInformers>;

export function createInformers({
  watcher,
  clock,
  random,
  log,
  shards = [DEFAULT_SHARD],
  namespaces = [],
}: InformerSources) {
  const common = { watcher, clock, random, log, namespaces };
  const isOurs = `${LABEL.managedBy}=${MANAGED_BY}`;
  const ours = { ...common, labelSelector: isOurs };
  // The StatefulSet controller's records of a member have the labels of its pods.
  const records = { ...common, labelSelector: `${isOurs},!${LABEL.member},!${LABEL.consumerOf}` };
  const optional = { ...common, isOptional: true };
  const indexes = { [BY_DEPLOYMENT]: byDeployment };
  const labelSelector = shardSelector(shards);
  return {
    deployments: new Informer<NodeDeployment>({
      ...common,
      ...(labelSelector && { labelSelector }),
      kind: NODE_DEPLOYMENT,
      share: shareSpec,
    }),
    statefulSets: new Informer({ ...ours, kind: STATEFUL_SET, indexes }),
    cronJobs: new Informer({ ...ours, kind: CRON_JOB, indexes }),
    jobs: new Informer({ ...ours, kind: JOB, indexes, project: projectJob }),
    services: new Informer({ ...ours, kind: SERVICE, indexes }),
    claims: new Informer({ ...ours, kind: CLAIM, indexes: claimIndexes }),
    revisions: new Informer({ ...records, kind: CONTROLLER_REVISION, indexes, project: projectRevision }),
    budgets: new Informer({ ...ours, kind: DISRUPTION_BUDGET }),
    pods: new Informer({ ...common, kind: POD, indexes: podIndexes, project: projectPod }),
    attachments: new Informer({ ...optional, kind: ATTACHMENT, indexes: attachmentIndexes }),
    volumes: new Informer({ ...optional, kind: VOLUME, project: projectVolume }),
    machines: new Informer({ ...optional, kind: MACHINE, project: projectMachine }),
    drivers: new Informer({ ...optional, kind: CSI_DRIVER, project: projectDriver }),
  };
}

export const OPTIONAL: readonly Optional[] = ['attachments', 'volumes', 'machines', 'drivers'];

/** The reading side of the informers. */
export function cachesOf(informers: Informers): Caches {
  return {
    deployments: informers.deployments.store,
    statefulSets: informers.statefulSets.store,
    cronJobs: informers.cronJobs.store,
    jobs: informers.jobs.store,
    services: informers.services.store,
    claims: informers.claims.store,
    revisions: informers.revisions.store,
    budgets: informers.budgets.store,
    pods: informers.pods.store,
    attachments: informers.attachments.store,
    volumes: informers.volumes.store,
    machines: informers.machines.store,
    drivers: informers.drivers.store,
    unreadable: () => new Set(OPTIONAL.filter((kind) => !informers[kind].isReadable)),
  };
}
