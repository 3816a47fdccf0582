import { describe, expect, test } from 'vitest';

import type { NodeDeploymentStatus, StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { attachment, at, claim, deployment, STORAGE } from '../domain/testing/build.ts';
import type { Optional } from '../domain/observed.ts';
import type { Attachment, Claim } from '../kube/kinds.ts';
import type { KubeObject, Stored } from '../kube/object.ts';
import { Store } from '../runtime/cache/store.ts';
import { ApiError } from '../runtime/client/api-error.ts';
import { Registry } from '../runtime/metrics/registry.ts';
import { samplesOf } from '../runtime/testing/samples.ts';
import { attachmentIndexes, type Caches, claimIndexes } from './caches.ts';
import { FleetMetrics, registerFleetGauges } from './fleet-metrics.ts';
import { StaleRead } from './stale-read.ts';

const request = { namespace: 'ns', name: 'web' };

function makeMetrics() {
  const registry = new Registry();
  const metrics = new FleetMetrics(registry);
  const sample = async (name: string) => samplesOf(await registry.metrics()).get(name);
  return { metrics, sample };
}

describe('a reconcile that ends in a conflict', () => {
  const refused = (method: 'PATCH' | 'DELETE', path: string): ApiError =>
    new ApiError({ method, path }, { code: 409, reason: 'Conflict' });
  const fleetPath = '/apis/nodefleet.dev/v1alpha1/namespaces/ns/nodedeployments/web';

  test.for<[name: string, error: Error, counter: string | undefined]>([
    ['of its status write', refused('PATCH', `${fleetPath}/status`), 'nodefleet_status_conflicts_total'],
    ['of a finalizer', refused('PATCH', fleetPath), 'nodefleet_fenced_writes_total'],
    ['of a child', refused('DELETE', '/api/v1/namespaces/ns/services/web-0'), 'nodefleet_fenced_writes_total'],
    ['with a live read', new StaleRead('it has moved on'), 'nodefleet_stale_reads_total'],
    ['that is none of these', new Error('not the leader any more'), undefined],
  ])('%s is counted in one place', async ([, error, counter]) => {
    const { metrics, sample } = makeMetrics();
    const names = ['status_conflicts', 'fenced_writes', 'stale_reads'].map((name) => `nodefleet_${name}_total`);
    metrics.onReconcile({ controller: 'x', request, result: { type: 'conflict', error }, durationMs: 1 });
    const counts = await Promise.all(names.map(sample));
    expect(counts).toEqual(names.map((name) => (name === counter ? 1 : 0)));
  });

  test('is told apart from an error', async () => {
    const { metrics, sample } = makeMetrics();
    const error = refused('PATCH', `${fleetPath}/status`);
    metrics.onReconcile({ controller: 'x', request, result: { type: 'error', error }, durationMs: 1 });
    expect(await sample('nodefleet_status_conflicts_total')).toBe(0);
  });
});

test('the end of a step in a stored status is observed', async () => {
  const { metrics, sample } = makeMetrics();
  const lost = { podUID: 'u1', podGoneAt: at(0), startedAt: at(5) };
  const status = (completedAt?: string): NodeDeploymentStatus => ({
    members: [{ name: 'web-0', phase: 'Running', handoff: { ...lost, ...(completedAt && { completedAt }) } }],
  });
  metrics.onStatus(status(), status(at(12)));
  expect(await sample('nodefleet_member_downtime_seconds_sum')).toBe(12);
  expect(await sample('nodefleet_handoff_seconds_count{step="ready"}'), 'every step has its series').toBe(0);
});

describe('a gauge', () => {
  const owner = deployment({ storage: STORAGE });
  const shared = claim(owner, 0);

  interface World {
    readonly deployments?: readonly StoredNodeDeployment[];
    readonly claims?: readonly (typeof shared)[];
    readonly unreadable?: readonly Optional[];
  }

  async function read(name: string, { deployments = [], claims = [], unreadable = [] }: World) {
    const registry = new Registry();
    const stores: Pick<Caches, 'deployments' | 'claims' | 'attachments'> = {
      deployments: filled(new Store(), deployments),
      claims: filled(new Store<Claim>({ indexes: claimIndexes }), claims),
      attachments: filled(new Store<Attachment>({ indexes: attachmentIndexes }), [
        attachment(shared, 'm1'),
        attachment(shared, 'm2'),
      ]),
    };
    registerFleetGauges(registry, { ...stores, unreadable: () => new Set(unreadable) });
    await registry.metrics();
    return samplesOf(await registry.metrics()).get(name);
  }

  const fleetOf = (name: string, status: NodeDeploymentStatus) => deployment({}, { name }, status);
  const member = (name: string, phase: 'Running' | 'Failed') => ({ name, phase });

  test('counts members by their phase, and does not add up from scrape to scrape', async () => {
    const deployments = [
      fleetOf('a', { members: [member('a-0', 'Running'), member('a-1', 'Failed')] }),
      fleetOf('b', { members: [member('b-0', 'Running')] }),
      fleetOf('new', {}),
    ];
    expect(await read('nodefleet_members{phase="Running"}', { deployments })).toBe(2);
    expect(await read('nodefleet_members{phase="Failed"}', { deployments })).toBe(1);
    expect(await read('nodefleet_members{phase="Pending"}', { deployments })).toBe(0);
    expect(await read('nodefleet_deployments', { deployments })).toBe(3);
  });

  test('counts the stalled ones by reason', async () => {
    const stalled = (status: 'True' | 'False') => [
      { type: 'Stalled', status, reason: 'DetachTimeout', message: '', lastTransitionTime: at(0) },
    ];
    const deployments = [fleetOf('a', { conditions: stalled('True') }), fleetOf('b', { conditions: stalled('False') })];
    expect(await read('nodefleet_stalled{reason="DetachTimeout"}', { deployments })).toBe(1);
    expect(await read('nodefleet_stalled{reason="ClaimLost"}', { deployments })).toBe(0);
  });

  test('counts retained claims', async () => {
    const retained = (name: string) => ({ name, uid: name, since: at(0), reason: 'ScaledDown' as const });
    const deployments = [fleetOf('a', { retainedClaims: [retained('a-1'), retained('a-2')] }), fleetOf('b', {})];
    expect(await read('nodefleet_retained_claims', { deployments })).toBe(2);
  });

  test('counts single-writer volumes with two attachments', async () => {
    expect(await read('nodefleet_multi_attachments', { claims: [shared, claim(owner, 1)] })).toBe(1);
    const manyWriters = claim(owner, 0, { spec: { accessModes: ['ReadWriteMany'] } });
    expect(await read('nodefleet_multi_attachments', { claims: [manyWriters] })).toBe(0);
  });

  test('does not say that no volume has two attachments where they may not be read', async () => {
    expect(await read('nodefleet_multi_attachments', { claims: [shared], unreadable: ['attachments'] })).toBeNaN();
  });
});

function filled<T extends KubeObject>(store: Store<T>, objects: readonly Stored<T>[]): Store<T> {
  for (const object of objects) store.put(object);
  return store;
}
