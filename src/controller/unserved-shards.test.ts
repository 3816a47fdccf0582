import { expect, onTestFinished, test } from 'vitest';

import { LABEL } from '../api/v1alpha1/names.ts';
import type { NodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { deployment } from '../domain/testing/build.ts';
import { Store } from '../runtime/cache/store.ts';
import { createObjectClient } from '../runtime/client/object-client.ts';
import { FakeClock } from '../runtime/testing/fake-clock.ts';
import { RecordingLogger } from '../runtime/testing/recording-log.ts';
import { createScriptedTransport, type Answer } from '../runtime/testing/scripted-transport.ts';
import { UnservedShards } from './unserved-shards.ts';

const NONE: Answer = { status: 404, body: { kind: 'Status', code: 404, reason: 'NotFound', details: { name: 'x' } } };
const FORBIDDEN: Answer = { status: 403, body: { kind: 'Status', code: 403, reason: 'Forbidden', message: 'no' } };
const LOOK_MS = 30_000;

/** The leader of the default shard, and fleets with these labels. */
function make(labels: Readonly<Record<string, string>>) {
  const clock = new FakeClock();
  const deployments = new Store<NodeDeployment>({});
  const label = (name: string, shard: string): void =>
    deployments.put(deployment({}, { name, uid: name, labels: { [LABEL.shard]: shard } }));
  for (const [name, shard] of Object.entries(labels)) label(name, shard);
  const world: { lease: Answer; isTelling: boolean } = { lease: NONE, isTelling: true };
  const transport = createScriptedTransport({ request: () => world.lease });
  const told: string[] = [];
  const log = new RecordingLogger();
  const shards = new UnservedShards({
    caches: { deployments },
    isOurs: (shard) => shard === 'default' || shard === 'ours',
    isTelling: () => world.isTelling,
    reader: createObjectClient(transport),
    leaseNamespace: 'ops',
    announce: ({ metadata }, [event]) => void told.push(`${metadata.name}: ${event?.reason}: ${event?.note}`),
    clock,
    random: () => 0,
    log,
  });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  void shards.start(stop.signal);
  let renewals = 0;
  /** Somebody holds it, and has renewed it since. */
  const hold = (): void => {
    const spec = { holderIdentity: 'somebody', leaseDurationSeconds: 15, renewTime: String((renewals += 1)) };
    world.lease = { body: { metadata: { namespace: 'ops', name: 'x', uid: '1', resourceVersion: '1' }, spec } };
  };
  return { clock, world, transport, told, log, shards, label, hold };
}

const NOTE =
  'ShardNotServed: no operator serves the shard "blue", nothing is done; start an operator with --shards=blue, or correct the label nodefleet.dev/shard';

test('a fleet of a shard without a lease is told of once, and counted', async () => {
  const { clock, transport, told, shards, log } = make({ web: 'blue', plain: '', own: 'ours' });
  await clock.advance(3 * LOOK_MS);
  expect(told).toEqual([`web: ${NOTE}`]);
  expect(shards.count).toBe(1);
  expect(transport.requests.map(({ path }) => path)).toEqual(
    Array(3).fill('/apis/coordination.k8s.io/v1/namespaces/ops/leases/nodefleet-operator-blue'),
  );
  expect(log.at('warn').map(({ message }) => message)).toEqual(['nobody serves the shard']);
});

test('nothing is asked while every fleet is of a shard of this replica, or while another replica tells', async () => {
  const { clock, transport, world, label, told } = make({ web: 'ours', plain: 'default' });
  await clock.advance(LOOK_MS);
  label('web', 'blue');
  world.isTelling = false;
  await clock.advance(LOOK_MS);
  expect([transport.requests, told]).toEqual([[], []]);
});

test('a fleet of a shard whose lease is renewed is not told of; when that ends, it is, and again the next time', async () => {
  const { clock, told, hold, shards, world } = make({ web: 'blue' });
  for (let look = 0; look < 3; look += 1) {
    hold();
    await clock.advance(LOOK_MS);
  }
  expect(told).toEqual([]);
  await clock.advance(LOOK_MS);
  expect([told.length, shards.count]).toEqual([1, 1]);
  hold();
  await clock.advance(LOOK_MS);
  expect([told.length, shards.count]).toEqual([1, 0]);
  world.lease = NONE;
  await clock.advance(LOOK_MS);
  expect(told).toEqual([`web: ${NOTE}`, `web: ${NOTE}`]);
});

test('a fleet that gets a label of ours, and a second one that gets the other, are noticed', async () => {
  const { clock, told, label, shards } = make({ web: 'blue' });
  await clock.advance(LOOK_MS);
  label('web', 'ours');
  await clock.advance(LOOK_MS);
  expect(shards.count).toBe(0);
  label('db', 'blue');
  await clock.advance(LOOK_MS);
  expect(told).toEqual([`web: ${NOTE}`, `db: ${NOTE}`]);
});

test('a label that no shard can have is told of without a look', async () => {
  const { clock, told, transport } = make({ web: 'Team.Blue' });
  await clock.advance(LOOK_MS);
  expect(transport.requests).toEqual([]);
  expect(told).toEqual([
    'web: ShardNotServed: no operator serves the shard "Team.Blue", nothing is done; no operator can have a shard of that name: correct the label nodefleet.dev/shard',
  ]);
});

test('a lease that may not be read says nothing', async () => {
  const { clock, told, world, log } = make({ web: 'blue' });
  world.lease = FORBIDDEN;
  await clock.advance(LOOK_MS);
  expect(told).toEqual([]);
  expect(log.at('warn')[0]?.message).toContain('whether anybody serves the shard is not known: ');
});
