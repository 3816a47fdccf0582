// The operator put together: caches, the events that ask for a reconcile, the reconciler, its controller.
//
// Takes one client and hands on no more of it than each part needs. program.ts runs it in a process of its own; tests run it
// over transports that record, hold and break the traffic.
import { REPORTING_CONTROLLER } from './api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from './api/v1alpha1/node-deployment.ts';
import { createAnnounce } from './controller/announce.ts';
import type { Caches } from './controller/caches.ts';
import { createDecide } from './controller/decide.ts';
import { createExecute } from './controller/execute.ts';
import type { StatusObserver } from './controller/status-observer.ts';
import { cachesOf, createInformers } from './controller/informers.ts';
import { createNodeDeploymentReconciler } from './controller/node-deployment-reconciler.ts';
import { createObserve } from './controller/observe.ts';
import { priorityOf } from './controller/priority.ts';
import { createReport } from './controller/report.ts';
import { RemovedPods } from './controller/removed-pods.ts';
import { connectWatches } from './controller/watches-connect.ts';
import { CLAIM, CONTROLLER_REVISION, CRON_JOB, DISRUPTION_BUDGET, JOB, SERVICE, STATEFUL_SET } from './kube/kinds.ts';
import { keyOf, type ObjectKey } from './kube/object.ts';
import { OwnWrites } from './runtime/cache/own-writes.ts';
import type { ObjectClient } from './runtime/client/object-client.ts';
import type { Clock } from './runtime/clock.ts';
import type { ControllerObserver } from './runtime/controller-observer.ts';
import { Controller } from './runtime/controller.ts';
import { EventQueue } from './runtime/events/event-queue.ts';
import { cacheCheck, workersCheck } from './runtime/health/checks.ts';
import type { HealthCheck } from './runtime/health/probes.ts';
import type { Logger } from './runtime/log.ts';
import { Manager, type Runnable } from './runtime/manager.ts';
import type { MeteredCache } from './runtime/metrics/cache-metrics.ts';
import type { QueueObserver } from './runtime/queue/queue-observer.ts';
import type { Random } from './runtime/random.ts';
import type { Tracer } from './runtime/tracing/tracer.ts';

/** Names the controller in logs and metrics. */
export const CONTROLLER = 'nodedeployment';

export interface OperatorOptions {
  readonly client: ObjectClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Names this process in Events: the host name, which in a cluster is the pod's. */
  readonly instance: string;
  /** Namespaces to serve; empty: all. */
  readonly namespaces: readonly string[];
  /** Reconciles at a time. */
  readonly workers: number;
  /** Milliseconds between reconciles of a NodeDeployment to which nothing happens. */
  readonly resyncMs: number;
  readonly observer?: ControllerObserver;
  readonly queueObserver?: QueueObserver;
  readonly statusObserver?: StatusObserver;
  /** Default: none. */
  readonly tracer?: Tracer;
  /** Ready once this replica leads: before that nothing is reconciled. Absent: it always does. */
  readonly election?: Runnable;
}

export interface Operator {
  readonly manager: Manager;
  readonly caches: Caches;
  readonly informers: readonly MeteredCache[];
  /** What tells that the process should be ended, and what tells that it is not ready. */
  readonly probes: Readonly<Record<'healthz' | 'readyz', readonly HealthCheck[]>>;
  /** Resolves when every cache has been read: the controller starts as soon as this replica leads. */
  whenReady(signal: AbortSignal): Promise<void>;
}

export function createOperator(options: OperatorOptions): Operator {
  const { client, clock, log, instance } = options;
  const informers = createInformers({ ...options, watcher: client });
  const caches = cachesOf(informers);
  const removedPods = new RemovedPods();
  const ownWrites = new OwnWrites(
    [
      [NODE_DEPLOYMENT, informers.deployments],
      [STATEFUL_SET, informers.statefulSets],
      [CRON_JOB, informers.cronJobs],
      [JOB, informers.jobs],
      [SERVICE, informers.services],
      [CLAIM, informers.claims],
      [CONTROLLER_REVISION, informers.revisions],
      [DISRUPTION_BUDGET, informers.budgets],
    ],
    clock,
  );
  const events = new EventQueue({
    ...options,
    writer: client,
    reporter: { controller: REPORTING_CONTROLLER, instance },
  });
  const reconciler = createNodeDeploymentReconciler({
    caches,
    ownWrites,
    removedPods,
    decide: createDecide(createObserve({ caches, removedPods, reader: client, clock }), client, options.tracer),
    execute: createExecute(client, client, ownWrites),
    report: createReport(client, ownWrites),
    announce: createAnnounce(events),
    ...(options.statusObserver && { statusObserver: options.statusObserver }),
    clock,
    ...(options.tracer && { tracer: options.tracer }),
  });
  const keys = (): ObjectKey[] => informers.deployments.store.list().map(keyOf);
  const controller = new Controller({
    ...options,
    name: CONTROLLER,
    reconciler,
    keys,
    priorityOf: (key) => priorityOf(caches.deployments.get(key)),
  });
  connectWatches(informers, removedPods, controller);
  const runnables = Object.values(informers);
  // Stopped in reverse: the last events are written while this replica still leads.
  const election = options.election === undefined ? [] : [[options.election]];
  return {
    caches,
    informers: runnables,
    probes: {
      healthz: [workersCheck(controller)],
      readyz: runnables.map((informer) => cacheCheck(informer, clock)),
    },
    manager: new Manager({ stages: [runnables, ...election, [events], [controller]], clock, log }),
    whenReady: async (signal) => {
      await Promise.all(runnables.map((informer) => informer.whenReady(signal)));
    },
  };
}
