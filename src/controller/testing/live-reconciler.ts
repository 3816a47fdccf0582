// A reconciler without an operator around it, for the demo's race and for tests: it works on what was read at one moment
// and never again, so that the caller decides who reads what and who writes when.
import { LABEL } from '../../api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../../api/v1alpha1/node-deployment.ts';
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
  type Kind,
} from '../../kube/kinds.ts';
import type { KubeObject, ObjectKey } from '../../kube/object.ts';
import { OwnWrites } from '../../runtime/cache/own-writes.ts';
import { Store, type StoreOptions } from '../../runtime/cache/store.ts';
import type { ObjectReader } from '../../runtime/client/interfaces.ts';
import type { ObjectClient } from '../../runtime/client/object-client.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Reconciler } from '../../runtime/reconciler.ts';
import { attachmentIndexes, BY_DEPLOYMENT, byDeployment, type Caches, claimIndexes, podIndexes } from '../caches.ts';
import { createDecide } from '../decide.ts';
import { createExecute } from '../execute.ts';
import { createNodeDeploymentReconciler } from '../node-deployment-reconciler.ts';
import { createObserve } from '../observe.ts';
import { RemovedPods } from '../removed-pods.ts';
import { createRefresh } from '../refresh.ts';
import { type Pace, createReport } from '../report.ts';

/** Everything that there is of a fleet and around it now, as caches that never change. */
export async function readCaches(reader: ObjectReader, { namespace, name }: ObjectKey): Promise<Caches> {
  const read = async <T extends KubeObject>(
    kind: Kind<T>,
    indexes: NonNullable<StoreOptions<T>['indexes']> = {},
    labelSelector?: string,
  ): Promise<Store<T>> => {
    const store = new Store<T>({ indexes, freeze: true });
    const options = { ...(kind.isNamespaced && { namespace }), ...(labelSelector && { labelSelector }) };
    for (const object of await reader.list(kind, options)) store.put(object);
    return store;
  };
  const children = { [BY_DEPLOYMENT]: byDeployment };
  const ofFleet = `${LABEL.deployment}=${name}`;
  const [deployments, statefulSets, cronJobs, jobs, services, claims, revisions, budgets] = await Promise.all([
    read(NODE_DEPLOYMENT),
    read(STATEFUL_SET, children, ofFleet),
    read(CRON_JOB, children, ofFleet),
    read(JOB, children, ofFleet),
    read(SERVICE, children, ofFleet),
    read(CLAIM, claimIndexes, ofFleet),
    read(CONTROLLER_REVISION, children, ofFleet),
    read(DISRUPTION_BUDGET, {}, ofFleet),
  ]);
  const [pods, attachments, volumes, machines, drivers] = await Promise.all([
    read(POD, podIndexes),
    read(ATTACHMENT, attachmentIndexes),
    read(VOLUME),
    read(MACHINE),
    read(CSI_DRIVER),
  ]);
  const ours = { deployments, statefulSets, cronJobs, jobs, services, claims, revisions, budgets };
  return { ...ours, pods, attachments, volumes, machines, drivers, unreadable: () => new Set() };
}

/** For a reconciler that is made for one reconcile: a status that it holds back nobody would ever write. */
const NO_PAUSE: Pace = { begin: () => {}, pauseMs: () => 0, wrote: () => {} };

/** The operator's reconciler on these caches. It tells no Events, and what it reads is never behind its own writes. */
export function createLiveReconciler(caches: Caches, client: ObjectClient): Reconciler {
  const ownWrites = new OwnWrites([], systemClock);
  const removedPods = new RemovedPods();
  return createNodeDeploymentReconciler({
    caches,
    refresh: createRefresh(client),
    ownWrites,
    decide: createDecide({
      observe: createObserve({ caches, removedPods, reader: client, clock: systemClock }),
      client,
      clock: systemClock,
    }),
    execute: createExecute({ reader: client, writer: client, ownWrites, clock: systemClock }),
    report: createReport(client, ownWrites, NO_PAUSE),
    announce: () => {},
    clock: systemClock,
  });
}
