// A reconciler without an operator around it: each call reads the world live and reconciles it once, so that a test
// decides who reads what and who writes when.
import type { Caches } from '../../../src/controller/caches.ts';
import { createLiveReconciler, readCaches } from '../../../src/controller/testing/live-reconciler.ts';
import { createObjectClient } from '../../../src/runtime/client/object-client.ts';
import type { Result } from '../../../src/runtime/reconciler.ts';
import { RecordingLogger } from '../../../src/runtime/testing/recording-log.ts';
import { connectTo, type Cluster } from './cluster.ts';
import { openWire, type Wire } from './operator.ts';

export interface ReconcilerUnderTest extends Wire {
  /** Everything there is of a fleet, as caches that never change. */
  read(name: string): Promise<Caches>;
  /** Reconciles once on what the caches show; by default on all that is there now. */
  reconcile(name: string, caches?: Caches): Promise<Result>;
}

export async function newReconciler(cluster: Cluster): Promise<ReconcilerUnderTest> {
  const wire = openWire(await connectTo(cluster.plane));
  const client = createObjectClient(wire.transport);
  const log = new RecordingLogger();
  // What a watch would have told is read past the wire: only the reconcile itself is recorded and can be held.
  const read = (name: string): Promise<Caches> => readCaches(cluster.client, cluster.key(name));
  return {
    ...wire,
    read,
    reconcile: async (name, known) => {
      const reconciler = createLiveReconciler(known ?? (await read(name)), client);
      const { signal } = new AbortController();
      return reconciler.reconcile(cluster.key(name), { signal, log, annotate: () => log, attempt: 1, waiting: 0 });
    },
  };
}
