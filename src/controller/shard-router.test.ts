import { describe, expect, test } from 'vitest';

import { LABEL } from '../api/v1alpha1/names.ts';
import type { NodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { deployment } from '../domain/testing/build.ts';
import { formatKey, keyOf, type ObjectKey } from '../kube/object.ts';
import { Store } from '../runtime/cache/store.ts';
import { DONE, type Reconciler } from '../runtime/reconciler.ts';
import { RecordingLogger } from '../runtime/testing/recording-log.ts';
import { createShardGate, createShardRouter } from './shard-router.ts';

const WEB = keyOf(deployment());
const log = new RecordingLogger();
const context = { signal: new AbortController().signal, log, annotate: () => log, attempt: 1, waiting: 0 };

/** An operator of those shards that leads those of them; `web` has that label. */
function make(shards: readonly string[], led: readonly string[], label?: string) {
  const deployments = new Store<NodeDeployment>({});
  const put = (shard: string | undefined): void => {
    deployments.put(deployment({}, { ...(shard !== undefined && { labels: { [LABEL.shard]: shard } }) }));
  };
  put(label);
  const did: string[] = [];
  const reconcilers = new Map(
    shards.map((shard): [string, Reconciler] => [
      shard,
      { reconcile: async () => (did.push(`${shard} reconciles`), DONE) },
    ]),
  );
  const forget = (key: ObjectKey): void => void did.push(`forgets ${key.name}`);
  const routes = { caches: { deployments }, reconcilers, leads: (shard: string) => led.includes(shard), forget };
  const gate = createShardGate(routes, { enqueue: (key) => void did.push(`enqueues ${formatKey(key)}`) });
  return { deployments, put, did, gate, router: createShardRouter(routes) };
}

describe('a NodeDeployment', () => {
  test.for<[label: string | undefined, led: readonly string[], did: readonly string[]]>([
    [undefined, ['default', 'a'], ['default reconciles']],
    ['', ['default', 'a'], ['default reconciles']],
    ['default', ['default', 'a'], ['default reconciles']],
    ['a', ['default', 'a'], ['a reconciles']],
    ['a', ['default'], []],
    [undefined, ['a'], []],
    ['elsewhere', ['default', 'a'], ['forgets web']],
    ['Not.A.Shard', ['default', 'a'], ['forgets web']],
  ])('with the label %j, where %j are led: %j', async ([label, led, expected]) => {
    const { router, did } = make(['default', 'a'], led, label);
    expect(await router.reconcile(WEB, context)).toBe(DONE);
    expect(did).toEqual(expected);
  });

  test('that is gone is still reconciled, to be forgotten by whoever knew it', async () => {
    const { router, did, deployments } = make(['a', 'b'], []);
    deployments.remove(WEB);
    await router.reconcile(WEB, context);
    expect(did).toEqual(['a reconciles', 'forgets web']);
  });

  test('goes with its label from one shard of a replica to the other', async () => {
    const { router, did, put } = make(['a', 'b'], ['a', 'b'], 'a');
    await router.reconcile(WEB, context);
    put('b');
    await router.reconcile(WEB, context);
    expect(did).toEqual(['a reconciles', 'b reconciles']);
  });
});

describe('what is remembered', () => {
  test.for<[what: string, change: (world: ReturnType<typeof make>) => void, did: readonly string[]]>([
    ['is still there', () => {}, ['a reconciles']],
    ['is gone', ({ deployments }) => deployments.remove(WEB), ['a reconciles', 'forgets web']],
    ['is somebody else’s', ({ put }) => put('elsewhere'), ['a reconciles', 'forgets web']],
    ['is another shard’s of this replica', ({ put }) => put('b'), ['a reconciles']],
  ])('of a fleet that %s by the end of a reconcile', async ([, change, expected]) => {
    const world = make(['a', 'b'], ['a', 'b'], 'a');
    const reconciling = world.router.reconcile(WEB, context);
    change(world);
    await reconciling;
    expect(world.did).toEqual(expected);
  });
});

describe('the queue', () => {
  test.for<[shards: readonly string[], label: string | undefined, did: string]>([
    [['default'], undefined, 'enqueues default/web'],
    [['default'], 'a', 'forgets web'],
    [['default', 'a'], 'a', 'enqueues default/web'],
    [['a'], 'a', 'enqueues default/web'],
    [['a'], 'b', 'forgets web'],
  ])('of shards %j, of a change that concerns a fleet with the label %j: %s', ([shards, label, expected]) => {
    const { gate, did } = make(shards, shards, label);
    gate.enqueue(WEB, 'pods updated');
    expect(did).toEqual([expected]);
  });

  test('of the default shard takes what is not known yet; that of others does not, as it knows all of its own', () => {
    for (const shards of [['default', 'a'], ['a']]) {
      const { gate, did, deployments } = make(shards, shards);
      deployments.remove(WEB);
      gate.enqueue(WEB, 'pods added');
      expect(did).toEqual([shards.length === 2 ? 'enqueues default/web' : 'forgets web']);
    }
  });

  test('of a standby takes nothing: what comes and goes in its time would stay there until it leads', () => {
    const { gate, did, deployments } = make(['default', 'a'], [], 'a');
    gate.enqueue(WEB, 'pods added');
    expect(did).toEqual([]);
    deployments.remove(WEB);
    gate.enqueue(WEB, 'nodedeployments deleted');
    expect(did).toEqual(['forgets web']);
  });
});
