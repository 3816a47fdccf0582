// Hundreds of NodeDeployments come and go, good ones and bad ones, and the operator remembers none of them: each part
// of it is asked for how much it holds. The whole operator, as it runs, against the simulation's cluster.
import { describe, expect, test } from 'vitest';

import { LABEL, MANAGED_BY, STATUS_FIELD_MANAGER } from '../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { DEFAULT_SHARD } from '../../src/api/v1alpha1/shards.ts';
import { CLAIM, POD, VOLUME, type Kind } from '../../src/kube/kinds.ts';
import { keyOf } from '../../src/kube/object.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createOperator, type Operator } from '../../src/operator.ts';
import { createObjectClient } from '../../src/runtime/client/object-client.ts';
import type { Runnable } from '../../src/runtime/manager.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { RecordingLogger } from '../../src/runtime/testing/recording-log.ts';
import { samplesOf } from '../../src/runtime/testing/samples.ts';
import { whenAborted } from '../../src/runtime/when-aborted.ts';
import type { Cluster } from './actors/actor.ts';
import { Outages } from './actors/outages.ts';
import { Processes } from './actors/processes.ts';
import { Choices, replay } from './choices.ts';
import { ModelServer } from './model/api-server.ts';
import type { Json } from './model/document.ts';
import { Network } from './network.ts';
import { SimClock } from './sim-clock.ts';
import { Weather } from './weather.ts';
import { furnish } from './world.ts';

const SECOND = 1_000;
const NAMESPACE = 'default';
/** Until the last pod has ended and its volume is free. */
const GOING_MS = 30 * SECOND;
/** Until nobody tells or waits any more: Events are counted for 12 minutes, a failure waits for 5. */
const AFTERWARDS_MS = 1_500 * SECOND;

const template = (image: string) => ({ template: { spec: { containers: [{ name: 'web', image }] } } });
const onVolumes = (retention: Json = {}): Json => ({ storage: { size: '1Gi', mountPath: '/d', retention } });
const LARGE = { metadata: { annotations: { a: 'x'.repeat(300_000) } } };

/** What people make, each with its name; `before` is somebody else's, and in the way. */
const FLEETS: readonly (readonly [what: string, spec: Json, more?: { labels?: Json; before?: boolean }])[] = [
  ['ready', { replicas: 2, ...template('web:1'), ...onVolumes() }],
  ['small', { replicas: 1, ...template('web:1') }],
  ['cleared', { replicas: 1, ...template('web:1'), ...onVolumes({ onDelete: 'Delete' }) }],
  ['stuck', { replicas: 2, ...template('bad:1'), rollout: { progressDeadlineSeconds: 604_800 } }],
  // It would be looked at again after a day.
  ['slow', { replicas: 1, ...template('web:1'), rollout: { minReadySeconds: 86_400 } }],
  ['refused', { replicas: 1, ...template('refused:1') }],
  // More than 256 KiB in sum, which only the operator refuses.
  ['large', { replicas: 1, template: { ...LARGE, ...template('web:1')['template'] } }],
  ['foreign', { replicas: 1, ...template('web:1'), ...onVolumes() }, { before: true }],
  ['elsewhere', { replicas: 1, ...template('web:1') }, { labels: { [LABEL.shard]: 'other' } }],
];

interface Started {
  readonly cluster: Cluster;
  readonly operator: Operator;
  /** Names of the series that a scrape gives, but for those of the process. */
  series(): Promise<readonly string[]>;
  pass(ms: number): Promise<void>;
}

/** @param election absent: the operator leads from the beginning */
function start(election?: Runnable): Started {
  const choices = new Choices(replay({}));
  // Its invariants are not asked: they remember all that ever was, and this is long.
  const clock = new SimClock();
  const server = new ModelServer(() => clock.now());
  const weather = new Weather(clock, choices, () => {});
  const processes = new Processes();
  const outages = new Outages({ server, clock, choices, processes, onChange: () => {} });
  const cluster = { server, clock, choices, weather, processes, outages };
  furnish(cluster);
  const metrics = createMetrics({ clock, version: '1', workers: 4 });
  const network = new Network({ server, clock, choices, weather, by: 'operator', onExchange: () => {} });
  const client = createObjectClient(metrics.meter(network, 'https://model:1'), {
    statusFieldManager: STATUS_FIELD_MANAGER,
  });
  const operator = createOperator({
    shards: [{ name: DEFAULT_SHARD, client, ...(election && { election }) }],
    clock,
    random: seededRandom(1),
    log: new RecordingLogger(),
    instance: 'operator',
    namespaces: [],
    workers: 4,
    resyncMs: 3_600 * SECOND,
    ...metrics.observers,
  });
  metrics.watch(operator);
  void operator.manager.run(new AbortController().signal);
  const series = async (): Promise<readonly string[]> => {
    const answer = await metrics.answer(new URL('http://x/metrics'));
    return [...samplesOf(answer?.body ?? '').keys()].filter((name) => !/^(process|nodejs)_/.test(name)).toSorted();
  };
  const pass = (ms: number): Promise<void> => clock.run(clock.monotonic() + ms);
  return { cluster, operator, series, pass };
}

/** One of each, under names of their own. */
function makeWave({ server }: Cluster, wave: number): void {
  const create = (kind: Kind, object: Json): void => void server.create(kind, object, { by: 'people', verb: 'create' });
  for (const [what, spec, { labels = {}, before } = {}] of FLEETS) {
    const metadata = { namespace: NAMESPACE, name: `${what}-${wave}` };
    if (before) create(CLAIM, { metadata: { ...metadata, name: `${metadata.name}-0` } });
    create(NODE_DEPLOYMENT, { metadata: { ...metadata, labels }, spec });
  }
}

function deleteAll({ server }: Cluster, kind: Kind): void {
  for (const object of server.store.list(kind))
    server.delete(kind, keyOf(object), {}, { by: 'people', verb: 'delete' });
}

const remembered = ({ operator }: Started): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(operator.memory()).filter(([, entries]) => entries > 0));
const cached = ({ operator: { informers } }: Started): Readonly<Record<string, number>> =>
  Object.fromEntries(informers.flatMap(({ name, store: { size } }) => (size > 0 ? [[name, size]] : [])));
/** What every cluster has. */
const FURNITURE = { 'cache nodes': 3, 'cache csidrivers': 1 };

/** Waves of fleets that live for so long each. What they leave on purpose is deleted too. */
async function comeAndGo(started: Started, waves: number, lifeMs: number, first = 0): Promise<void> {
  for (let wave = first; wave < first + waves; wave += 1) {
    makeWave(started.cluster, wave);
    await started.pass(lifeMs);
    deleteAll(started.cluster, NODE_DEPLOYMENT);
    await started.pass(GOING_MS);
    for (const kind of [CLAIM, VOLUME]) deleteAll(started.cluster, kind);
    await started.pass(10 * SECOND);
    started.cluster.server.store.compact();
  }
}

/** As the leader would have them made. */
function makePods({ server }: Cluster, wave: number): void {
  for (const [what] of FLEETS) {
    const name = `${what}-${wave}`;
    const labels = { [LABEL.deployment]: name, [LABEL.member]: `${name}-0`, [LABEL.managedBy]: MANAGED_BY };
    const pod = { metadata: { namespace: NAMESPACE, name: `${name}-0-0`, labels }, spec: { containers: [] } };
    server.create(POD, pod, { by: 'others', verb: 'create' });
  }
}

describe('what the operator remembers', { timeout: 240_000 }, () => {
  test('is there while fleets are, and nothing is left of 240 that are gone; no series names one', async () => {
    const started = start();
    await comeAndGo(started, 2, 60 * SECOND);
    const series = await started.series();
    makeWave(started.cluster, 2);
    await started.pass(120 * SECOND);
    const parts = ['delayed', 'event-causes', 'event-subjects', 'status-pace'];
    expect(Object.keys(remembered(started))).toEqual(expect.arrayContaining(parts));
    deleteAll(started.cluster, NODE_DEPLOYMENT);
    await comeAndGo(started, 18, 20 * SECOND, 3);
    // Deleted before they were ready, and made again under the same names at once.
    for (const lifeMs of [100, 400, 1_000, 2_000, 4_000, 8_000]) await comeAndGo(started, 1, lifeMs, 50);
    await started.pass(AFTERWARDS_MS);
    expect(started.cluster.server.store.list(NODE_DEPLOYMENT)).toEqual([]);
    expect(remembered(started)).toEqual({});
    expect(cached(started)).toEqual(FURNITURE);
    expect(await started.series()).toEqual(series);
    expect(series.join(' ')).not.toMatch(new RegExp(FLEETS.map(([what]) => `${what}-`).join('|')));
  });

  test('of a standby is nothing either: others serve what comes and goes in its time', async () => {
    const election = {
      name: 'election',
      isPatient: true,
      start: whenAborted,
      whenReady: () => new Promise<void>(() => {}),
    };
    const started = start(election);
    for (let wave = 0; wave < 20; wave += 1) {
      makeWave(started.cluster, wave);
      makePods(started.cluster, wave);
      await started.pass(30 * SECOND);
      for (const kind of [POD, NODE_DEPLOYMENT, CLAIM, VOLUME]) deleteAll(started.cluster, kind);
      await started.pass(60 * SECOND);
    }
    await started.pass(AFTERWARDS_MS);
    expect(cached(started)).toEqual(FURNITURE);
    expect(remembered(started)).toEqual({});
  });
});
