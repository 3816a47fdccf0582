// One of the two that race: a real controller with the real reconciler, whose every step is told. It watches nothing; what
// it reads is read live, at the start of each reconcile.
import {
  attachmentIndexes,
  byDeployment,
  BY_DEPLOYMENT,
  claimIndexes,
  podIndexes,
  type Caches,
} from '../../src/controller/caches.ts';
import { createDecide } from '../../src/controller/decide.ts';
import { createExecute } from '../../src/controller/execute.ts';
import { createNodeDeploymentReconciler } from '../../src/controller/node-deployment-reconciler.ts';
import { createObserve } from '../../src/controller/observe.ts';
import { RemovedPods } from '../../src/controller/removed-pods.ts';
import { createReport } from '../../src/controller/report.ts';
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { STATUS_FIELD_MANAGER } from '../../src/api/v1alpha1/names.ts';
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
} from '../../src/kube/kinds.ts';
import { formatKey, type KubeObject, type ObjectKey } from '../../src/kube/object.ts';
import { OwnWrites } from '../../src/runtime/cache/own-writes.ts';
import { Store, type StoreOptions } from '../../src/runtime/cache/store.ts';
import type { ObjectReader } from '../../src/runtime/client/interfaces.ts';
import { createObjectClient, type ObjectClient } from '../../src/runtime/client/object-client.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../src/runtime/client/transport.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Controller } from '../../src/runtime/controller.ts';
import type { ReconcileEnd } from '../../src/runtime/controller-observer.ts';
import type { Logger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import type { Reconciler } from '../../src/runtime/reconciler.ts';

/** One line about what a racer does. */
export type Tell = (line: string) => void;

export interface Racer {
  /** How each of its reconciles ended, in order. */
  readonly ends: readonly ReconcileEnd[];
  /** The HTTP status of each of its status writes, in order. */
  readonly statusWrites: readonly number[];
  /** Reconciles the object until a reconcile ends without a conflict. @throws the error that a reconcile threw */
  run(key: ObjectKey): Promise<void>;
}

export function createRacer(name: string, transport: Transport, tell: Tell): Racer {
  const ends: ReconcileEnd[] = [];
  const statusWrites: number[] = [];
  const client = createObjectClient(tellWrites(transport, tell, statusWrites), {
    statusFieldManager: STATUS_FIELD_MANAGER,
  });
  return {
    ends,
    statusWrites,
    run: async (key) => {
      const over = new AbortController();
      const controller = new Controller({
        name,
        reconciler: liveReconciler(client, tell),
        clock: systemClock,
        random: systemRandom,
        log: tellRequeues(tell),
        observer: {
          onReconcile: ({ result }) => {
            ends.push(result);
            if (result.type !== 'conflict') over.abort();
          },
        },
      });
      controller.enqueue(key, 'race');
      await controller.start(over.signal);
      const last = ends.at(-1);
      if (last?.type === 'error' || last?.type === 'aborted') throw last.error;
      tell('is through: its reconcile has ended without a conflict');
    },
  };
}

function liveReconciler(client: ObjectClient, tell: Tell): Reconciler {
  return {
    reconcile: async (request, context) => {
      const caches = await readLive(client, request.namespace);
      const version = caches.deployments.get(request)?.metadata.resourceVersion;
      tell(`reads ${formatKey(request)} at resourceVersion ${version} (try ${context.attempt})`);
      // What is read live is never behind one's own writes.
      const ownWrites = new OwnWrites([], systemClock);
      const removedPods = new RemovedPods();
      return createNodeDeploymentReconciler({
        caches,
        ownWrites,
        removedPods,
        decide: createDecide(createObserve({ caches, removedPods, reader: client, clock: systemClock }), client),
        execute: createExecute(client, client, ownWrites),
        report: createReport(client, ownWrites),
        announce: () => {},
        clock: systemClock,
      }).reconcile(request, context);
    },
  };
}

async function readLive(reader: ObjectReader, namespace: string): Promise<Caches> {
  const children = { indexes: { [BY_DEPLOYMENT]: byDeployment } };
  const [deployments, statefulSets, services, claims, revisions, pods, attachments] = await Promise.all([
    filled(reader, NODE_DEPLOYMENT, namespace, {}),
    filled(reader, STATEFUL_SET, namespace, children),
    filled(reader, SERVICE, namespace, children),
    filled(reader, CLAIM, namespace, { indexes: claimIndexes }),
    filled(reader, CONTROLLER_REVISION, namespace, children),
    filled(reader, POD, namespace, { indexes: podIndexes }),
    filled(reader, ATTACHMENT, '', { indexes: attachmentIndexes }),
  ]);
  const [volumes, machines, drivers] = await Promise.all([
    filled(reader, VOLUME, '', {}),
    filled(reader, MACHINE, '', {}),
    filled(reader, CSI_DRIVER, '', {}),
  ]);
  const ofFleet = { deployments, statefulSets, services, claims, revisions, pods };
  return { ...ofFleet, attachments, volumes, machines, drivers, unreadable: () => new Set() };
}

async function filled<T extends KubeObject>(
  reader: ObjectReader,
  kind: Kind<T>,
  namespace: string,
  options: StoreOptions<T>,
): Promise<Store<T>> {
  const store = new Store<T>(options);
  for (const object of await reader.list(kind, namespace === '' ? {} : { namespace })) store.put(object);
  return store;
}

/** Tells of each write and of the answer to it. */
function tellWrites(inner: Transport, tell: Tell, statusWrites: number[]): Transport {
  return {
    stream: (request) => inner.stream(request),
    close: () => inner.close(),
    request: async (request) => {
      if (request.method === 'GET') return inner.request(request);
      const path = request.path.replace(/\?.*/, '').replace(/^.*\/namespaces\//, '');
      const isStatus = path.endsWith('/status');
      if (isStatus) tell(`computes a status from resourceVersion ${versionIn(request.body)} and wants to write it`);
      const response = await inner.request(request);
      if (isStatus) statusWrites.push(response.status);
      tell(`${request.method} ${path} ${answerOf(request, response)}`);
      return response;
    },
  };
}

function answerOf(request: HttpRequest, { status, body }: HttpResponse): string {
  if (status >= 400) return `→ ${status} ${reasonIn(body)}: it was computed from ${versionIn(request.body)}`;
  return `→ ${status}: it is now at resourceVersion ${versionIn(body)}`;
}

function versionIn(body = '{}'): string {
  const { metadata }: KubeObject = JSON.parse(body);
  return metadata?.resourceVersion ?? '?';
}

function reasonIn(body: string): string {
  const { reason = '' }: { readonly reason?: string } = JSON.parse(body);
  return reason;
}

/** The controller logs when it will reconcile again; the rest of its log is told by the writes. */
function tellRequeues(tell: Tell): Logger {
  const ignore = (): void => {};
  const log: Logger = {
    debug: ({ requeueAfterMs, err }) => {
      if (err === undefined || typeof requeueAfterMs !== 'number') return;
      tell(`drops all that it computed; requeued in ${requeueAfterMs.toFixed(0)} ms`);
    },
    info: ignore,
    warn: ignore,
    error: ignore,
    child: () => log,
  };
  return log;
}
