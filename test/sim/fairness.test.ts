// One tenant's thousand fleets and another's single one, with the whole operator against the model of an API server:
// how long the one waits, counted in reconciles of others, for seconds say more of the machine than of the queue.
import { describe, expect, test } from 'vitest';

import { STATUS_FIELD_MANAGER } from '../../src/api/v1alpha1/names.ts';
import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { DEFAULT_SHARD } from '../../src/api/v1alpha1/shards.ts';
import { createOperator } from '../../src/operator.ts';
import { createObjectClient } from '../../src/runtime/client/object-client.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { RecordingLogger } from '../../src/runtime/testing/recording-log.ts';
import { TurnCounter } from '../../src/runtime/testing/turn-counter.ts';
import { Choices, replay } from './choices.ts';
import { ModelServer } from './model/api-server.ts';
import type { Json } from './model/document.ts';
import { Network } from './network.ts';
import { SimClock } from './sim-clock.ts';
import { Weather } from './weather.ts';

const SECOND = 1_000;
/** One hand-out for the other tenant, and one for the turn of what is low. */
const BOUND = 2;

/** A cluster without controllers: fleets are made, edited and answered, and never come up. */
function createWorld() {
  const clock = new SimClock();
  const server = new ModelServer(() => clock.now());
  const specOf = (image: string): Json => ({ template: { spec: { containers: [{ name: 'web', image }] } } });
  const create = (namespace: string, name: string): void => {
    const spec = { replicas: 1, ...specOf('web:1') };
    server.create(NODE_DEPLOYMENT, { metadata: { namespace, name }, spec }, { by: 'people', verb: 'create' });
  };
  const edit = (namespace: string, name: string): void => {
    const change = { spec: specOf('web:2') };
    server.mergePatch(NODE_DEPLOYMENT, { namespace, name }, change, { by: 'people', verb: 'patch' });
  };
  /** How many fleets of the namespace have a status for the spec that they have. */
  const answered = (namespace: string): number => {
    const fleets = server.store.list(NODE_DEPLOYMENT) as unknown as readonly StoredNodeDeployment[];
    return fleets.filter(
      ({ metadata, status }) => metadata.namespace === namespace && status?.observedGeneration === metadata.generation,
    ).length;
  };
  const until = async (isOver: () => boolean): Promise<void> => {
    await clock.run(clock.monotonic() + 600 * SECOND, isOver);
    expect(isOver(), 'it took more than ten minutes').toBe(true);
  };
  return { clock, server, create, edit, answered, until };
}

/** Counts the turns of its keys. */
function startOperator({ clock, server }: ReturnType<typeof createWorld>) {
  const turns = new TurnCounter();
  const choices = new Choices(replay({}));
  const network = new Network({
    server,
    clock,
    choices,
    weather: new Weather(clock, choices, () => {}),
    by: 'operator',
    onExchange: () => {},
  });
  const operator = createOperator({
    shards: [
      { name: DEFAULT_SHARD, client: createObjectClient(network, { statusFieldManager: STATUS_FIELD_MANAGER }) },
    ],
    clock,
    random: seededRandom(1),
    log: new RecordingLogger(),
    instance: 'operator',
    namespaces: [],
    workers: 4,
    resyncMs: 3_600 * SECOND,
    queueObserver: turns,
  });
  const ending = new AbortController();
  void operator.manager.run(ending.signal);
  return { turns, stop: () => ending.abort() };
}

describe('a tenant with a thousand fleets in backlog', { timeout: 240_000 }, () => {
  test('has one of another tenant wait for two hand-outs at most, each time that it comes up', async () => {
    const world = createWorld();
    for (let count = 0; count < 1_000; count += 1) world.create('a', `web-${count}`);
    const { turns } = startOperator(world);
    await world.until(() => turns.taken('a') >= 50);
    world.create('b', 'one');
    await world.until(() => world.answered('b') === 1);
    expect(turns.waits('b/one').length).toBeGreaterThan(0);
    expect(Math.max(...turns.waits('b/one'))).toBeLessThanOrEqual(BOUND);
    expect(world.answered('a'), 'the backlog, of which this is about, was worked off').toBeLessThan(500);
  });

  test('has an edit of its own go first when an operator starts: the others are only looked at again', async () => {
    const world = createWorld();
    for (let count = 0; count < 300; count += 1) world.create('a', `web-${count}`);
    const before = startOperator(world);
    await world.until(() => world.answered('a') === 300);
    before.stop();
    world.edit('a', 'web-150');
    const { turns } = startOperator(world);
    await world.until(() => world.answered('a') === 300);
    expect(turns.waits('a/web-150')[0]).toBeLessThanOrEqual(BOUND);
  });

  test('has them all answered in the end', async () => {
    const world = createWorld();
    for (let count = 0; count < 100; count += 1) world.create('a', `web-${count}`);
    world.create('b', 'one');
    startOperator(world);
    await world.until(() => world.answered('a') + world.answered('b') === 101);
  });
});
