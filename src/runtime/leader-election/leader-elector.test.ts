import { describe, expect, test } from 'vitest';

import { ApiError } from '../client/api-error.ts';
import { ElectionWorld, TIMINGS, type Network, type Replica } from '../testing/election-world.ts';
import { settle } from '../testing/fake-clock.ts';
import { FairShare } from './fair-share.ts';
import { LeaderElector } from './leader-elector.ts';

/** Two replicas of which `a` leads and `b` stands by, 5 s after that began. */
async function makePair() {
  const world = new ElectionWorld();
  const a = world.start('a');
  await world.clock.advance(1_000);
  const b = world.start('b');
  await world.clock.advance(4_000);
  expect(world.leaders()).toEqual(['a']);
  return { world, clock: world.clock, a, b };
}

const saysOf = (replica: Replica): readonly string[] => replica.log.lines.map(({ message }) => message);

/** When the lease changed hands for the last time. */
function lastChange({ holders }: ElectionWorld): { holder: string; atMs: number } {
  return holders.at(-1) ?? { holder: '', atMs: NaN };
}

describe('the first replica', () => {
  test('makes the lease, leads and renews it every two seconds', async () => {
    const { world, clock } = await makePair();
    const version = Number(world.lease?.metadata.resourceVersion);
    await clock.advance(20_000);
    expect(Number(world.lease?.metadata.resourceVersion)).toBe(version + 10);
    expect(world.lease?.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
  });

  test('is ready when it leads, and tells its observer', async () => {
    const world = new ElectionWorld();
    const a = world.start('a');
    let isReady = false;
    void a.elector.whenReady(new AbortController().signal).then(() => (isReady = true));
    await settle();
    expect({ isReady, told: a.told }).toEqual({ isReady: false, told: [false] });
    await world.clock.advance(100);
    expect({ isReady, told: a.told }).toEqual({ isReady: true, told: [false, true] });
  });

  test.for<[what: string, error: ApiError, message: string]>([
    [
      'may not have the lease',
      new ApiError({ method: 'GET', path: '/leases/op' }, { code: 403, reason: 'Forbidden', message: 'no' }),
      'no lease ns/op: GET /leases/op: 403 Forbidden: no; grant get, watch, create and patch of leases in namespace ns (or, for a single replica, --leader-elect=false)',
    ],
    [
      'is told that there is no such namespace',
      new ApiError({ method: 'POST', path: '/leases' }, { code: 404, reason: 'NotFound', details: { name: 'ns' } }),
      'no lease ns/op: POST /leases: 404 NotFound; create namespace ns, or name another one with --leader-election-namespace (or, for a single replica, --leader-elect=false)',
    ],
  ])('that %s ends at once, and says what to do', async ([, error, message]) => {
    const world = new ElectionWorld();
    const a = world.start('a');
    a.refusals.push(error);
    await world.clock.advance(100);
    expect(a.end).toEqual(new Error(message));
  });

  test('waits for an API server that does not answer, and says so once', async () => {
    const world = new ElectionWorld();
    const a = world.start('a');
    a.network = 'down';
    await world.clock.advance(60_000);
    expect(saysOf(a)).toEqual(['waiting for the lease', 'no lease; trying again']);
    expect(String(a.elector.lastError())).toContain('no answer');
    a.network = 'up';
    await world.clock.advance(10_000);
    expect(world.leaders()).toEqual(['a']);
    expect(a.elector.lastError()).toBeUndefined();
  });
});

describe('a standby', () => {
  test('says once who leads, and writes nothing', async () => {
    const { b, clock, world } = await makePair();
    await clock.advance(300_000);
    world.delete(); // its holder makes it anew
    await clock.advance(300_000);
    expect(saysOf(b)).toEqual(['waiting for the lease', 'standing by: another replica leads']);
    expect(b.told).toEqual([false]);
    expect(world.holders.map(({ holder }) => holder)).toEqual(['a', '', 'a']);
  });

  test('takes a released lease at once', async () => {
    const { world, clock, a, b } = await makePair();
    const releasedAt = clock.monotonic();
    a.stop();
    await clock.advance(100);
    expect(a.end).toBe(true);
    expect(world.leaders()).toEqual(['b']);
    expect(world.holders.map(({ holder }) => holder)).toEqual(['a', '', 'b']);
    expect(lastChange(world).atMs - releasedAt).toBeLessThan(50);
    expect(b.told).toEqual([false, true]);
    expect(world.lease?.spec?.leaseTransitions).toBe(1);
  });

  test.for<[watch: Network, withinMs: number]>([
    ['unwatched', 2_000 * 2.2 + 100],
    ['deaf', 15_100],
  ])('whose watch is %s takes a released lease within %i ms all the same', async ([network, withinMs]) => {
    const { world, clock, a, b } = await makePair();
    b.network = network;
    a.stop();
    await clock.advance(withinMs);
    expect(world.leaders()).toEqual(['b']);
  });

  test('takes the lease of a dead leader when it has not changed for its duration, and no sooner', async () => {
    const { world, clock, a } = await makePair();
    a.kill();
    const renewedAt = Math.floor(clock.monotonic() / 2_000) * 2_000;
    await clock.advance(renewedAt + 15_000 - clock.monotonic());
    expect(lastChange(world).holder).toBe('a');
    await clock.advance(100);
    expect(world.leaders()).toEqual(['b']);
  });

  test('that starts beside the lease of a dead leader waits for its whole duration', async () => {
    const { world, clock, a, b } = await makePair();
    a.kill();
    b.kill();
    await clock.advance(14_000);
    world.start('c');
    await clock.advance(14_900);
    expect(world.leaders()).toEqual([]);
    await clock.advance(200);
    expect(world.leaders()).toEqual(['c']);
  });

  test('leaves at once when it is told to stop, and the lease alone', async () => {
    const { world, clock, b } = await makePair();
    b.stop();
    await clock.advance(100);
    expect(b.end).toBe(true);
    expect(world.holders.map(({ holder }) => holder)).toEqual(['a']);
  });

  test('that is told to stop while its claim is on its way releases what it got', async () => {
    const world = new ElectionWorld();
    const a = world.start('a');
    await world.clock.advance(12); // its claim is on its way
    a.stop();
    await world.clock.advance(100);
    expect(world.holders.map(({ holder }) => holder)).toEqual(['a', '']);
    expect(a.end).toBe(true);
  });

  test('of several, one wins, and to lose is no trouble', async () => {
    const { world, clock, a, b } = await makePair();
    const others = [b, world.start('c'), world.start('d')];
    await clock.advance(5_000);
    a.stop();
    await clock.advance(1_000);
    expect(world.leaders()).toHaveLength(1);
    expect(others.flatMap(({ log }) => log.at('warn'))).toEqual([]);
    expect(world.lease?.spec?.leaseTransitions).toBe(1);
  });

  test('that is refused the lease later on tries again: what was allowed may be again', async () => {
    const { world, clock, a, b } = await makePair();
    b.refusals.push(new ApiError({ method: 'GET', path: '/leases/op' }, { code: 403, reason: 'Forbidden' }));
    a.kill();
    await clock.advance(30_000);
    expect(world.leaders()).toEqual(['b']);
    expect(b.log.at('warn').map(({ message }) => message)).toEqual(['no lease; trying again']);
  });

  test('that becomes the leader counts from when it sent its claim', async () => {
    const world = new ElectionWorld();
    const a = world.start('a');
    await world.clock.advance(12); // its claim is on its way
    a.delayMs = 3_000;
    await world.clock.advance(3_500);
    a.network = 'down';
    await world.clock.advance(10_000 - 3_500);
    expect(a.believesToLead).toBe(false);
  });

  test('whose claim was stored without an answer finds that it leads', async () => {
    const world = new ElectionWorld();
    const a = world.start('a');
    await world.clock.advance(11);
    a.network = 'mute';
    await world.clock.advance(100);
    expect(world.lease?.spec?.holderIdentity).toBe('a');
    expect(world.leaders()).toEqual([]);
    a.network = 'up';
    await world.clock.advance(10_000);
    expect(world.leaders()).toEqual(['a']);
    expect(world.lease?.spec?.leaseTransitions).toBe(0);
  });
});

describe('a leader', () => {
  test('that cannot renew writes nothing after the deadline, and ends soon after', async () => {
    const { world, clock, a } = await makePair();
    a.network = 'down';
    await clock.advance(10_000);
    expect(a.believesToLead).toBe(false);
    await clock.advance(2_000);
    expect(a.end).toEqual(
      new Error('lost the lease ns/op: it was not renewed for 10 s: PATCH /leases/op: no complete answer: no answer'),
    );
    expect(a.told).toEqual([false, true, false]);
    await clock.advance(5_000);
    expect(world.leaders()).toEqual(['b']);
    expect(world.overlaps).toEqual([]);
  });

  test('counts from when it sent a renewal, not from when its answer came', async () => {
    const { clock, a } = await makePair();
    a.delayMs = 4_000;
    await clock.advance(5_500); // sent within the first two seconds, answered after the fourth
    a.network = 'down';
    await clock.advance(2_000 + 10_000 - 5_500);
    expect(a.believesToLead).toBe(false);
  });

  test('goes on after failures that end before the deadline', async () => {
    const { world, clock, a } = await makePair();
    a.network = 'down';
    await clock.advance(7_000);
    a.network = 'up';
    await clock.advance(20_000);
    expect(world.leaders()).toEqual(['a']);
    expect(world.holders).toHaveLength(1);
  });

  test('that was paused past its lease writes nothing when it goes on, and ends', async () => {
    const { world, clock, a } = await makePair();
    a.pause();
    await clock.advance(20_000);
    expect(world.leaders()).toEqual(['b']);
    a.resume();
    expect(a.believesToLead).toBe(false);
    await clock.advance(100);
    expect(a.end).toEqual(new Error('lost the lease ns/op: b has taken it'));
    expect(world.lease?.spec?.holderIdentity).toBe('b');
  });

  test('that was paused past its deadline, but not replaced, waits for one renewal and leads on', async () => {
    const { world, clock, a, b } = await makePair();
    b.kill();
    a.pause();
    await clock.advance(60_000);
    a.resume();
    expect(a.believesToLead).toBe(false);
    await clock.advance(50);
    expect(a.believesToLead).toBe(true);
    expect(world.holders.map(({ holder }) => holder)).toEqual(['a']);
  });

  test('whose renewal was stored without an answer leads on', async () => {
    const { world, clock, a } = await makePair();
    a.network = 'mute';
    await clock.advance(6_000);
    a.network = 'up';
    await clock.advance(20_000);
    expect(world.leaders()).toEqual(['a']);
  });

  test('takes no offence at a label, and makes a lease that was deleted anew', async () => {
    const { world, clock } = await makePair();
    world.store(world.lease?.spec ?? {});
    await clock.advance(2_100);
    expect(world.leaders()).toEqual(['a']);
    world.delete();
    await clock.advance(30_000);
    expect(world.leaders()).toEqual(['a']);
    expect(world.overlaps).toEqual([]);
  });

  test('gives way to whoever a person has put in its place', async () => {
    const { world, clock, a } = await makePair();
    world.store({ ...world.lease?.spec, holderIdentity: 'b' });
    await clock.advance(2_100);
    expect(a.end).toEqual(new Error('lost the lease ns/op: b has taken it'));
    expect(a.believesToLead).toBe(false);
  });

  test('writes nothing from the moment it releases the lease, whether that succeeds or not', async () => {
    const { clock, a } = await makePair();
    a.network = 'down';
    a.stop();
    await settle();
    expect(a.believesToLead).toBe(false);
    await clock.advance(5_000);
    expect(a.end).toBe(true);
    expect(a.log.at('warn').map(({ message }) => message)).toEqual(['the lease is not released: it has to run out']);
  });

  test('releases the lease also when somebody has touched it', async () => {
    const { world, clock, a } = await makePair();
    world.store(world.lease?.spec ?? {});
    a.stop();
    await clock.advance(100);
    expect(world.holders.map(({ holder }) => holder)).toEqual(['a', '', 'b']);
  });
});

test('timings that cannot work are refused', () => {
  const { log, elector: _, ...rest } = new ElectionWorld().start('a');
  const options = {
    key: { namespace: 'ns', name: 'op' },
    identity: rest.identity,
    timings: { leaseDurationMs: 10_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
    clock: new ElectionWorld().clock,
    random: Math.random,
    log,
    transport: { request: never, stream: never, close: never },
  };
  expect(() => new LeaderElector(options)).toThrow('the lease duration has to be longer than the renew deadline');
});

function never(): never {
  throw new Error('nothing is sent');
}

describe('a replica that leads elsewhere already', () => {
  const busy = (leases: number): FairShare => {
    const share = new FairShare(TIMINGS);
    for (let i = 0; i < leases; i += 1) share.take();
    return share;
  };

  test('leaves a free lease to others for its duration, says so once, and takes it then', async () => {
    const world = new ElectionWorld();
    const a = world.start('a', { share: busy(1) });
    await world.clock.advance(14_900);
    expect(world.leaders()).toEqual([]);
    await world.clock.advance(200);
    expect(world.leaders()).toEqual(['a']);
    expect(saysOf(a)).toEqual([
      'waiting for the lease',
      'the lease is free: leaving it to others at first',
      'this replica leads',
    ]);
  });

  test('loses the lease of a dead leader to one that leads nowhere, also to one that starts meanwhile', async () => {
    const { world, clock, a, b } = await makePair();
    b.kill();
    world.start('busy', { share: busy(1) });
    a.kill();
    await clock.advance(10_000);
    world.start('c');
    await clock.advance(15_100);
    expect(world.leaders()).toEqual(['c']);
    await clock.advance(60_000);
    expect(world.leaders()).toEqual(['c']);
  });

  test('takes a free lease at once when it has lost the other', async () => {
    const world = new ElectionWorld();
    const share = busy(1);
    world.start('a', { share });
    await world.clock.advance(5_000);
    share.giveBack();
    await world.clock.advance(2_100);
    expect(world.leaders()).toEqual(['a']);
  });

  test('of two such replicas the one that leads less takes it', async () => {
    const world = new ElectionWorld();
    world.start('two', { share: busy(2) });
    world.start('one', { share: busy(1) });
    await world.clock.advance(40_000);
    expect(world.leaders()).toEqual(['one']);
  });
});
