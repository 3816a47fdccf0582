// The operator put together: caches, the events that ask for a reconcile, the reconciler, its controller.
//
// Takes a client for each shard and hands on no more of it than each part needs. program.ts runs it in a process of its
// own; tests run it over transports that record, hold and break the traffic.
import { REPORTING_CONTROLLER } from './api/v1alpha1/names.ts';
import { DEFAULT_SHARD, shardOf } from './api/v1alpha1/shards.ts';
import { NODE_DEPLOYMENT } from './api/v1alpha1/node-deployment.ts';
import { createAnnounce, type Announce } from './controller/announce.ts';
import type { Caches } from './controller/caches.ts';
import { createDecide } from './controller/decide.ts';
import { createExecute } from './controller/execute.ts';
import type { StatusObserver } from './controller/status-observer.ts';
import { cachesOf, createInformers, type Informers } from './controller/informers.ts';
import { createNodeDeploymentReconciler } from './controller/node-deployment-reconciler.ts';
import { createObserve } from './controller/observe.ts';
import { priorityOf } from './controller/priority.ts';
import { createRefresh } from './controller/refresh.ts';
import { createReport } from './controller/report.ts';
import { RemovedPods } from './controller/removed-pods.ts';
import { createShardGate, createShardRouter, type ShardRoutes } from './controller/shard-router.ts';
import { StatusPace } from './controller/status-pace.ts';
import { UnservedShards } from './controller/unserved-shards.ts';
import { connectWatches } from './controller/watches-connect.ts';
import { CLAIM, CONTROLLER_REVISION, CRON_JOB, DISRUPTION_BUDGET, JOB, SERVICE, STATEFUL_SET } from './kube/kinds.ts';
import { keyOf, type ObjectKey } from './kube/object.ts';
import { OwnWrites } from './runtime/cache/own-writes.ts';
import type { Clock } from './runtime/clock.ts';
import type { ControllerObserver } from './runtime/controller-observer.ts';
import { Controller } from './runtime/controller.ts';
import { EventQueue } from './runtime/events/event-queue.ts';
import { cacheCheck, workersCheck } from './runtime/health/checks.ts';
import type { HealthCheck } from './runtime/health/probes.ts';
import type { Logger } from './runtime/log.ts';
import { Manager } from './runtime/manager.ts';
import type { MeteredCache } from './runtime/metrics/cache-metrics.ts';
import type { QueueObserver } from './runtime/queue/queue-observer.ts';
import type { Random } from './runtime/random.ts';
import type { Reconciler } from './runtime/reconciler.ts';
import type { Tracer } from './runtime/tracing/tracer.ts';
import { LedShards, type Shard } from './shards.ts';

/** Names the controller in logs and metrics. */
export const CONTROLLER = 'nodedeployment';

export interface OperatorOptions {
  /** What it serves. Reads go over the first one's client, whether that shard is led or not. */
  readonly shards: readonly [Shard, ...Shard[]];
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
  /** Where the leases of the shards are. Absent: there are none, and who serves other shards is not known. */
  readonly leaseNamespace?: string;
}

export interface Operator {
  readonly manager: Manager;
  readonly caches: Caches;
  readonly informers: readonly MeteredCache[];
  /** NodeDeployments of shards that nobody serves, as far as this replica is the one to know. */
  unserved(): number;
  /** How many entries each part of it remembers besides the caches: none of a NodeDeployment that is gone, in the end. */
  memory(): Readonly<Record<string, number>>;
  /** What tells that the process should be ended, and what tells that it is not ready. */
  readonly probes: Readonly<Record<'healthz' | 'readyz', readonly HealthCheck[]>>;
  /** Resolves when every cache has been read: the controller starts as soon as this replica leads. */
  whenReady(signal: AbortSignal): Promise<void>;
}

export function createOperator(options: OperatorOptions): Operator {
  const { shards, clock, log } = options;
  const [{ client: watcher }] = shards;
  const informers = createInformers({ ...options, watcher, shards: shards.map(({ name }) => name) });
  const caches = cachesOf(informers);
  const common = {
    caches,
    removedPods: new RemovedPods(),
    statusPace: new StatusPace(clock),
    ownWrites: ownWritesOf(informers, clock),
  };
  const isBusy = (): boolean => controller.isBusy;
  const served = new Map(shards.map((shard) => [shard.name, serve(shard, options, { ...common, isBusy })]));
  const led = new LedShards(shards, (shard) => {
    for (const key of keysOf((one) => one === shard)) controller.enqueue(key, `shard ${shard} is led`);
  });
  const keysOf = (isWanted: (shard: string) => boolean): ObjectKey[] =>
    caches.deployments.list().flatMap((deployment) => (isWanted(shardOf(deployment)) ? [keyOf(deployment)] : []));
  const forget = (request: ObjectKey): void => {
    common.ownWrites.forget(request);
    common.removedPods.forget(request);
    common.statusPace.forget(request);
  };
  const reconcilers = new Map([...served].map(([name, { reconciler }]) => [name, reconciler]));
  const routes = { caches, reconcilers, leads: (shard: string) => led.has(shard), forget };
  const keys = (): ObjectKey[] => keysOf((shard) => led.has(shard));
  const controller = new Controller({
    ...options,
    name: CONTROLLER,
    reconciler: createShardRouter(routes),
    keys,
    priorityOf: (key) => priorityOf(caches.deployments.get(key)),
  });
  connectWatches(informers, common.removedPods, createShardGate(routes, controller));
  const runnables = Object.values(informers);
  const elections = led.elections.length === 0 ? [] : [led.elections];
  const events = [...served.values()].map((one) => one.events);
  const unserved = watchOthers(options, routes, served.get(DEFAULT_SHARD)?.announce);
  return {
    caches,
    informers: runnables,
    unserved: () => unserved[0]?.count ?? 0,
    memory: () => ({
      'own-writes': common.ownWrites.size,
      'status-pace': common.statusPace.size,
      'removed-pods': common.removedPods.size,
      ...controller.memory,
      ...sumOf(events.map(({ memory }) => memory)),
    }),
    probes: {
      healthz: [workersCheck(controller)],
      readyz: runnables.map((informer) => cacheCheck(informer, clock)),
    },
    // Stopped in reverse: the last events are written while this replica still leads.
    manager: new Manager({ stages: [runnables, ...elections, events, [controller, ...unserved]], clock, log }),
    whenReady: async (signal) => {
      await Promise.all(runnables.map((informer) => informer.whenReady(signal)));
    },
  };
}

function sumOf<K extends string>(counts: readonly Readonly<Record<K, number>>[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const one of counts)
    for (const [name, count] of Object.entries<number>(one)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

function ownWritesOf(informers: Informers, clock: Clock): OwnWrites {
  return new OwnWrites(
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
}

/** What all shards share. */
interface Common {
  readonly caches: Caches;
  readonly removedPods: RemovedPods;
  readonly statusPace: StatusPace;
  readonly ownWrites: OwnWrites;
}

/** What is written for one shard: by its reconciler, and by its events. */
function serve(
  { client }: Shard,
  options: OperatorOptions,
  { caches, removedPods, statusPace, ownWrites, isBusy }: Common & { readonly isBusy: () => boolean },
): { readonly reconciler: Reconciler; readonly events: EventQueue; readonly announce: Announce } {
  const { clock, instance, tracer } = options;
  const reporter = { controller: REPORTING_CONTROLLER, instance };
  const events = new EventQueue({ ...options, writer: client, reporter, isBusy });
  const announce = createAnnounce(events);
  const reconciler = createNodeDeploymentReconciler({
    caches,
    refresh: createRefresh(client),
    ownWrites,
    decide: createDecide({
      observe: createObserve({ caches, removedPods, reader: client, clock }),
      client,
      clock,
      tracer,
    }),
    execute: createExecute({ reader: client, writer: client, ownWrites, clock }),
    report: createReport(client, ownWrites, statusPace),
    announce,
    ...(options.statusObserver && { statusObserver: options.statusObserver }),
    clock,
    ...(tracer && { tracer }),
  });
  return { reconciler, events, announce };
}

/** Whoever serves the default shard tells of fleets that nobody serves. */
function watchOthers(
  { leaseNamespace, ...options }: OperatorOptions,
  { caches, reconcilers, leads }: ShardRoutes,
  announce: Announce | undefined,
): readonly UnservedShards[] {
  if (leaseNamespace === undefined || announce === undefined) return [];
  const [{ client: reader }] = options.shards;
  const isOurs = (shard: string): boolean => reconcilers.has(shard);
  const isTelling = (): boolean => leads(DEFAULT_SHARD);
  return [new UnservedShards({ ...options, caches, isOurs, isTelling, reader, leaseNamespace, announce })];
}
