// Scenario 5, with real processes: replicas that elect a leader, hand over, are killed, and come back from a pause (C20).
import { describe, expect, test } from 'vitest';

import { LEASE_NAME } from '../../../src/api/v1alpha1/names.ts';
import { LEASE } from '../../../src/kube/kinds.ts';
import { OF_LEADER } from '../../../src/rights.ts';
import { accessOf } from '../../../src/runtime/testing/access.ts';
import { accessesOf } from '../support/asked.ts';
import type { Cluster } from '../support/cluster.ts';
import { toImage } from '../support/fleets.ts';
import { holdersOf, identityOf, isLease, isLiveRead, isStatefulSetWrite, makePair } from '../support/pair.ts';
import { LEASE_MS } from '../support/replica.ts';
import { handOff, untilAllRun } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import { findDoubleUse } from '../support/truth.ts';

async function holderNow(cluster: Cluster): Promise<string> {
  return (await cluster.read(LEASE, LEASE_NAME)).spec?.holderIdentity ?? '';
}

/** Each starts processes and waits for leases to run out; on a busy machine both take their time. */
describe('scenario 5: replicas with leader election', { timeout: 120_000 }, () => {
  test('a leader that is told to stop ends its reconcile, then releases the lease, and the standby goes on at once; when that one is killed, the next waits for the lease to run out', async () => {
    const { cluster, leases, start, a, b, truth, volumes, since } = await makePair();
    expect(b.writes(), 'writes of the standby').toEqual([]);
    expect(await b.get('/readyz')).toEqual({ status: 200, body: 'ok' });

    const stopping = a.hold(isStatefulSetWrite);
    await cluster.patch('web', toImage('web:2'));
    await stopping.reached;
    const left = a.stop();
    await a.says('stopping');
    expect(await holderNow(cluster)).toBe(identityOf(a));
    stopping.release();
    expect(await left).toBe(0);
    await b.says('this replica leads');
    await untilAllRun(cluster, 'web:2');
    expect(a.writes().at(-1)?.path, 'the last write of the one that left').toContain(`/leases/${LEASE_NAME}`);
    const claimedAt = b.passages.findIndex(({ method, path }) => method !== 'GET' && path.includes('/leases'));
    const reread = b.passages.slice(claimedAt).filter(({ path }) => path.includes('sendInitialEvents'));
    expect(reread, 'caches that the standby had to fill').toEqual([]);

    const c = await start();
    await c.says('standing by: another replica leads');
    b.signal('SIGKILL');
    const lastRenewal = b.passages.findLast((passage) => isLease(passage) && passage.method === 'PATCH');
    await c.says('this replica leads');
    const claim = c.writes().find(isLease);
    expect((claim?.atMs ?? 0) - (lastRenewal?.atMs ?? 0)).toBeGreaterThanOrEqual(LEASE_MS);
    await cluster.patch('web', toImage('web:3'));
    await untilAllRun(cluster, 'web:3');

    const asked = [a, b, c].flatMap(({ passages }) => passages.filter(isLease).map((passage) => accessOf(passage)));
    expect(new Set(asked), 'rights of src/rights.ts that somebody needs').toEqual(new Set(accessesOf(OF_LEADER)));
    await leases.caughtUp();
    expect(holdersOf(leases)).toEqual([identityOf(a), '', identityOf(b), identityOf(c)]);
    expect((await cluster.read(LEASE, LEASE_NAME)).spec?.leaseTransitions).toBe(2);
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual([...handOff('web-0', 'web:2'), ...handOff('web-0', 'web:3')]);
    expect(findDoubleUse(truth, volumes)).toEqual([]);
  });

  test('C20: a leader that was paused just before a write, past its lease, does not send it when it goes on, and ends', async () => {
    const { cluster, leases, a, b, truth, volumes, since } = await makePair();
    const reading = a.hold(isLiveRead);
    await cluster.patch('web', toImage('web:2'));
    await reading.reached;
    a.signal('SIGSTOP');
    reading.release(); // what it waits for is there when it goes on
    const before = a.passages.length;
    await b.says('this replica leads');
    await untilAllRun(cluster, 'web:2');

    a.signal('SIGCONT');
    expect(await a.exited).toBe(1);
    const late = a.passages.slice(before).filter(({ method }) => method !== 'GET');
    expect(late.filter((passage) => !isLease(passage))).toEqual([]);
    // None where it was paused in the middle of a renewal.
    expect(late.map(({ status }) => status).filter((status) => status !== 409)).toEqual([]);
    const lost = `nodefleet: run: leader election failed: lost the lease ${cluster.namespace}/${LEASE_NAME}: `;
    const why = a.output().trimEnd().split('\n').at(-1)?.split(lost)[1] ?? '';
    if (late.length > 0) expect(why).toBe(`${identityOf(b)} has taken it`);
    else expect(why).toMatch(/^it was not renewed for \d+ s/);
    await leases.caughtUp();
    expect(holdersOf(leases)).toEqual([identityOf(a), identityOf(b)]);
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(handOff('web-0', 'web:2'));
    expect(findDoubleUse(truth, volumes)).toEqual([]);
  });
});
