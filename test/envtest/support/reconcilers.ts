// A reconciler without an operator around it: each call reads the world live and reconciles it once, so that a test
// decides who reads what and who writes when.
import { LABEL } from '../../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../../../src/api/v1alpha1/node-deployment.ts';
import {
  attachmentIndexes,
  BY_DEPLOYMENT,
  byDeployment,
  claimIndexes,
  podIndexes,
  type Caches,
} from '../../../src/controller/caches.ts';
import { createDecide } from '../../../src/controller/decide.ts';
import { createExecute } from '../../../src/controller/execute.ts';
import { createNodeDeploymentReconciler } from '../../../src/controller/node-deployment-reconciler.ts';
import { createObserve } from '../../../src/controller/observe.ts';
import { RemovedPods } from '../../../src/controller/removed-pods.ts';
import { createReport } from '../../../src/controller/report.ts';
import {
  ATTACHMENT,
  CLAIM,
  CONTROLLER_REVISION,
  CSI_DRIVER,
  MACHINE,
  POD,
  SERVICE,
  STATEFUL_SET,
  VOLUME,
  type Kind,
} from '../../../src/kube/kinds.ts';
import type { KubeObject } from '../../../src/kube/object.ts';
import { OwnWrites } from '../../../src/runtime/cache/own-writes.ts';
import { Store, type StoreOptions } from '../../../src/runtime/cache/store.ts';
import type { ObjectReader } from '../../../src/runtime/client/interfaces.ts';
import { createObjectClient } from '../../../src/runtime/client/object-client.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import type { Result } from '../../../src/runtime/reconciler.ts';
import { RecordingLogger } from '../../../src/runtime/testing/recording-log.ts';
import { connectTo, type Cluster } from './cluster.ts';
import { openWire, type Wire } from './operator.ts';

export interface ReconcilerUnderTest extends Wire {
  /** Everything there is about a fleet, as caches that never change. */
  read(name: string): Promise<Caches>;
  /** Reconciles once on what the caches show; by default on all that is there now. */
  reconcile(name: string, caches?: Caches): Promise<Result>;
}

export async function newReconciler(cluster: Cluster): Promise<ReconcilerUnderTest> {
  const wire = openWire(await connectTo(cluster.plane));
  const client = createObjectClient(wire.transport);
  const log = new RecordingLogger();
  // What a watch would have told is read past the wire: only the reconcile itself is recorded and can be held.
  const read = (name: string): Promise<Caches> => readCaches(cluster.client, cluster.namespace, name);
  return {
    ...wire,
    read,
    reconcile: async (name, known) => {
      const caches = known ?? (await read(name));
      const ownWrites = new OwnWrites([], systemClock);
      const removedPods = new RemovedPods();
      const reconciler = createNodeDeploymentReconciler({
        caches,
        ownWrites,
        removedPods,
        decide: createDecide(createObserve({ caches, removedPods, reader: client, clock: systemClock }), client),
        execute: createExecute(client, client, ownWrites),
        report: createReport(client, ownWrites),
        announce: () => {},
        clock: systemClock,
      });
      const { signal } = new AbortController();
      return reconciler.reconcile(cluster.key(name), { signal, log, attempt: 1 });
    },
  };
}

async function readCaches(reader: ObjectReader, namespace: string, name: string): Promise<Caches> {
  const read = async <T extends KubeObject>(kind: Kind<T>, options: ReadOptions<T>): Promise<Store<T>> => {
    const store = new Store<T>({ indexes: options.indexes, freeze: true });
    const { labelSelector } = options;
    const objects = await reader.list(kind, {
      ...(kind.isNamespaced && { namespace }),
      ...(labelSelector && { labelSelector }),
    });
    for (const object of objects) store.put(object);
    return store;
  };
  const labelSelector = `${LABEL.deployment}=${name}`;
  const byLabel = { indexes: { [BY_DEPLOYMENT]: byDeployment }, labelSelector };
  const [deployments, statefulSets, services, claims, revisions, pods, attachments, volumes, machines, drivers] =
    await Promise.all([
      read(NODE_DEPLOYMENT, { indexes: {} }),
      read(STATEFUL_SET, byLabel),
      read(SERVICE, byLabel),
      read(CLAIM, { indexes: claimIndexes, labelSelector }),
      read(CONTROLLER_REVISION, byLabel),
      read(POD, { indexes: podIndexes }),
      read(ATTACHMENT, { indexes: attachmentIndexes }),
      read(VOLUME, { indexes: {} }),
      read(MACHINE, { indexes: {} }),
      read(CSI_DRIVER, { indexes: {} }),
    ]);
  const all = { deployments, statefulSets, services, claims, revisions, pods, attachments, volumes, machines, drivers };
  return { ...all, unreadable: () => new Set() };
}

interface ReadOptions<T extends KubeObject> {
  readonly indexes: NonNullable<StoreOptions<T>['indexes']>;
  readonly labelSelector?: string;
}
