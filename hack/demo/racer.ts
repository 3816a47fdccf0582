// One of the two that race: a real controller with the real reconciler, whose every step is told. It watches nothing;
// what it reads is read live, at the start of each reconcile.
import { STATUS_FIELD_MANAGER } from '../../src/api/v1alpha1/names.ts';
import { createLiveReconciler, readCaches } from '../../src/controller/testing/live-reconciler.ts';
import { formatKey, type KubeObject, type ObjectKey } from '../../src/kube/object.ts';
import { createObjectClient, type ObjectClient } from '../../src/runtime/client/object-client.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../src/runtime/client/transport.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Controller } from '../../src/runtime/controller.ts';
import type { ReconcileEnd } from '../../src/runtime/controller-observer.ts';
import type { Logger } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import type { Reconciler } from '../../src/runtime/reconciler.ts';
import { isDryRun } from '../../src/runtime/testing/recording-transport.ts';

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
      const caches = await readCaches(client, request);
      const version = caches.deployments.get(request)?.metadata.resourceVersion;
      tell(`reads ${formatKey(request)} at resourceVersion ${version} (try ${context.attempt})`);
      return createLiveReconciler(caches, client).reconcile(request, context);
    },
  };
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
  if (isDryRun(request)) return `→ ${status} (a dry run of the new template: nothing is written)`;
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
