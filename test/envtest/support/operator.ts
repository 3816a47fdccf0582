// The operator under test: the real one, in this process, over a wire that is recorded, can be held, and refuses every
// unguarded write.
//
// When the test is over the operator is stopped, and the test fails if a write was unguarded, if a status was stored that
// was computed from another version than the one it was stored on, or if the operator failed.
import { expect, onTestFinished } from 'vitest';

import { STATUS_FIELD_MANAGER } from '../../../src/api/v1alpha1/names.ts';
import { DEFAULT_SHARD } from '../../../src/api/v1alpha1/shards.ts';
import { createOperator } from '../../../src/operator.ts';
import { createObjectClient } from '../../../src/runtime/client/object-client.ts';
import { systemClock, type Clock } from '../../../src/runtime/clock.ts';
import type { QueueObserver } from '../../../src/runtime/queue/queue-observer.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { createHoldingTransport, type HoldingTransport } from '../../../src/runtime/testing/holding-transport.ts';
import { createLockAssertingTransport } from '../../../src/runtime/testing/lock-asserting-transport.ts';
import { RecordingLogger } from '../../../src/runtime/testing/recording-log.ts';
import {
  createRecordingTransport,
  type Exchange,
  type RecordingTransport,
} from '../../../src/runtime/testing/recording-transport.ts';
import { Tally } from '../../../src/runtime/testing/tally.ts';
import type { Transport } from '../../../src/runtime/client/transport.ts';
import { hasSharedControlPlane, sharedControlPlane } from '../start.ts';
import { noteRights } from './asked.ts';
import { connectTo, type Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { isStatusWrite, isWatch } from './exchanges.ts';
import { createCutTransport } from './faults.ts';

/** A wire over which nothing unguarded passes. */
export interface Wire {
  readonly transport: Transport;
  readonly recording: RecordingTransport;
  readonly hold: HoldingTransport['hold'];
}

export interface OperatorUnderTest extends Wire {
  readonly tally: Tally;
  readonly log: RecordingLogger;
  /** Requests of the operator, watches left out. */
  requests(): readonly Exchange[];
  /** Resolves when no reconcile has ended for a while: what it does next is caused by the test. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
  /** As `kill -9`: from now on nothing of it reaches the server. Resolves when what was held of it has been released, too. */
  kill(): Promise<void>;
}

export interface OperatorOptions {
  /** Default: an hour, so that only events cause reconciles. */
  readonly resyncMs?: number;
  readonly workers?: number;
  /** Default: the cluster's own; empty: all. */
  readonly namespaces?: readonly string[];
  /** What it reaches the server over. Default: a connection of its own. */
  readonly over?: Transport;
  /** Default: the machine's own. */
  readonly clock?: Clock;
  readonly queueObserver?: QueueObserver;
}

/** Resolves when the caches of the operator are filled. */
export async function startOperator(cluster: Cluster, options: OperatorOptions = {}): Promise<OperatorUnderTest> {
  const { resyncMs = 3_600_000, workers = 4, clock = systemClock, namespaces = [cluster.namespace] } = options;
  const lifeline = createCutTransport(options.over ?? (await connectTo(cluster.plane)));
  const wire = openWire(lifeline);
  const log = new RecordingLogger();
  const tally = new Tally();
  const operator = createOperator({
    shards: [
      { name: DEFAULT_SHARD, client: createObjectClient(wire.transport, { statusFieldManager: STATUS_FIELD_MANAGER }) },
    ],
    clock,
    random: seededRandom(1),
    log,
    instance: 'envtest',
    namespaces,
    workers,
    resyncMs,
    observer: tally,
    ...(options.queueObserver && { queueObserver: options.queueObserver }),
  });
  const stopping = new AbortController();
  const ended = operator.manager.run(stopping.signal);
  ended.catch(() => {}); // awaited by `stop`
  const stop = async (): Promise<void> => {
    stopping.abort();
    await ended;
  };
  onTestFinished(async () => {
    await stop();
    // What a killed one logs about its end is lost with it.
    if (!lifeline.isCut()) expect(log.at('error'), 'errors that the operator logged').toEqual([]);
  });
  await Promise.race([operator.whenReady(stopping.signal), ended]);
  const requests = (): readonly Exchange[] => wire.recording.exchanges.filter((exchange) => !isWatch(exchange));
  const kill = async (): Promise<void> => {
    lifeline.cut();
    await stop();
  };
  return { ...wire, tally, log, requests, quiet: () => quiet(tally), stop, kill };
}

async function quiet(tally: Tally): Promise<void> {
  let before = -1;
  const look = (): void => {
    const now = tally.count();
    const isQuiet = now === before;
    before = now;
    if (!isQuiet) throw new Error(`the operator is still reconciling: ${now} times`);
  };
  // Longer than a status is held back.
  await eventually(look, { intervalMs: 700 });
}

/** A connection, checked when the test is over. */
export function openWire(connection: Transport): Wire {
  const noted = hasSharedControlPlane() ? noteRights(connection, sharedControlPlane().dir) : connection;
  const holding = createHoldingTransport(noted);
  const recording = createRecordingTransport(holding);
  const asserting = createLockAssertingTransport(recording);
  onTestFinished(() => {
    asserting.assertNoViolations();
    for (const exchange of recording.writes()) assertTruthful(exchange);
  });
  return { transport: asserting, recording, hold: holding.hold };
}

/** I2: a stored status speaks of the generation that it was stored on. */
function assertTruthful(exchange: Exchange): void {
  if (!isStatusWrite(exchange) || exchange.status !== 200) return;
  const { metadata, status } = JSON.parse(exchange.responseBody);
  expect(status.observedGeneration, `status stored by ${exchange.method} ${exchange.path}`).toBe(metadata.generation);
}
