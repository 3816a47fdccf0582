// The operator put together: caches, the events that ask for a reconcile, the reconciler, its controller.
//
// Takes one client and hands on no more of it than each part needs. program.ts runs it in a process of its own; tests run it
// over transports that record, hold and break the traffic.
import { MANAGED_BY, LABEL } from './api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type NodeDeployment } from './api/v1alpha1/node-deployment.ts';
import {
  attachmentIndexes,
  BY_DEPLOYMENT,
  byDeployment,
  claimIndexes,
  podIndexes,
  projectPod,
} from './controller/caches.ts';
import { createExecute } from './controller/execute.ts';
import { createNodeDeploymentReconciler } from './controller/node-deployment-reconciler.ts';
import { createObserve } from './controller/observe.ts';
import { createReport } from './controller/report.ts';
import { ownersOfAttachment, ownersOfLabelled, ownersOfPod } from './controller/watches.ts';
import { ATTACHMENT, CLAIM, POD, SERVICE, STATEFUL_SET, type Kind } from './kube/kinds.ts';
import { formatKey, keyOf, type KubeObject, type ObjectKey, type Stored } from './kube/object.ts';
import { Informer, type InformerOptions } from './runtime/cache/informer.ts';
import { OwnWrites } from './runtime/cache/own-writes.ts';
import type { ObjectClient } from './runtime/client/object-client.ts';
import type { Clock } from './runtime/clock.ts';
import type { ControllerObserver } from './runtime/controller-observer.ts';
import { Controller } from './runtime/controller.ts';
import type { Logger } from './runtime/log.ts';
import { Manager } from './runtime/manager.ts';
import type { Random } from './runtime/random.ts';

export interface OperatorOptions {
  readonly client: ObjectClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Namespaces to serve; empty: all. */
  readonly namespaces: readonly string[];
  /** Reconciles at a time. */
  readonly workers: number;
  /** Milliseconds between reconciles of a NodeDeployment to which nothing happens. */
  readonly resyncMs: number;
  readonly observer?: ControllerObserver;
}

export interface Operator {
  readonly manager: Manager;
  /** Resolves when every cache has been read and the controller is about to start. */
  whenReady(signal: AbortSignal): Promise<void>;
}

export function createOperator(options: OperatorOptions): Operator {
  const { client, clock, log } = options;
  const informers = createInformers(options);
  const caches = {
    deployments: informers.deployments.store,
    statefulSets: informers.statefulSets.store,
    services: informers.services.store,
    claims: informers.claims.store,
    pods: informers.pods.store,
    attachments: informers.attachments.store,
  };
  const ownWrites = new OwnWrites(
    [
      [NODE_DEPLOYMENT, informers.deployments],
      [STATEFUL_SET, informers.statefulSets],
      [SERVICE, informers.services],
      [CLAIM, informers.claims],
    ],
    clock,
  );
  const reconciler = createNodeDeploymentReconciler({
    caches,
    ownWrites,
    observe: createObserve(caches, client, clock),
    execute: createExecute(client, client, ownWrites),
    report: createReport(client, ownWrites),
    clock,
  });
  const keys = (): ObjectKey[] => informers.deployments.store.list().map(keyOf);
  const controller = new Controller({ ...options, name: 'nodedeployment', reconciler, keys });
  connectWatches(informers, controller);
  const runnables = Object.values(informers);
  return {
    manager: new Manager({ stages: [runnables, [controller]], clock, log }),
    whenReady: async (signal) => {
      await Promise.all(runnables.map((informer) => informer.whenReady(signal)));
    },
  };
}

type Informers = ReturnType<typeof createInformers>;

function createInformers({ client, clock, random, log, namespaces }: OperatorOptions) {
  const common = { watcher: client, clock, random, log, namespaces };
  const children = <T extends KubeObject>(
    kind: Kind<T>,
    indexes: NonNullable<InformerOptions<T>['indexes']>,
  ): Informer<T> =>
    new Informer<T>({
      ...common,
      kind,
      indexes,
      labelSelector: `${LABEL.managedBy}=${MANAGED_BY}`,
    });
  return {
    deployments: new Informer<NodeDeployment>({ ...common, kind: NODE_DEPLOYMENT }),
    statefulSets: children(STATEFUL_SET, { [BY_DEPLOYMENT]: byDeployment }),
    services: children(SERVICE, { [BY_DEPLOYMENT]: byDeployment }),
    claims: children(CLAIM, claimIndexes),
    pods: new Informer({ ...common, kind: POD, indexes: podIndexes, project: projectPod }),
    attachments: new Informer({
      ...common,
      kind: ATTACHMENT,
      indexes: attachmentIndexes,
    }),
  };
}

/** Every change of an object asks for a reconcile of the NodeDeployments that it concerns; our own are not left out. */
function connectWatches(informers: Informers, controller: Controller): void {
  const { deployments, statefulSets, services, claims, pods, attachments } = informers;
  const tell = <T extends KubeObject>(
    informer: Informer<T>,
    ownersOf: (object: Stored<T>) => readonly ObjectKey[],
  ): void => {
    informer.onChange((change) => {
      const before = change.type === 'updated' ? ownersOf(change.previous) : [];
      const owners = new Map([...before, ...ownersOf(change.object)].map((owner) => [formatKey(owner), owner]));
      for (const owner of owners.values()) controller.enqueue(owner, `${informer.name} ${change.type}`);
    });
  };
  tell(deployments, (deployment) => [keyOf(deployment)]);
  tell(statefulSets, ownersOfLabelled);
  tell(services, ownersOfLabelled);
  tell(claims, ownersOfLabelled);
  tell(pods, (pod) => ownersOfPod(pod, claims.store));
  tell(attachments, (attachment) => ownersOfAttachment(attachment, claims.store));
}
