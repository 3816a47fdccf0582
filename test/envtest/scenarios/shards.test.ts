// Replicas that divide fleets by label, as real processes: each writes for the fleets of its shards alone, a shard whose
// replica is killed is taken over with nothing lost, and a fleet that gets another label changes hands in mid rollout.
//
// Who wrote what, and when, is taken from the doors that the processes go through, not from what they say.
import { describe, expect, test } from 'vitest';

import { rulesOf } from '../../../hack/config/roles.ts';
import { POD, SERVICE, STATEFUL_SET } from '../../../src/kube/kinds.ts';
import { ofLeader } from '../../../src/rights.ts';
import { sleep, systemClock } from '../../../src/runtime/clock.ts';
import { newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { fleet, toImage } from '../support/fleets.ts';
import type { Passage } from '../support/proxy.ts';
import { LEASE_MS, startReplica, type Replica } from '../support/replica.ts';
import { handOff, imagesOf, namesOf, untilReady, volumesOf } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import { findDoubleUse, recordTruth } from '../support/truth.ts';
import { IN_CLUSTER, IN_NAMESPACE, newUser } from '../support/users.ts';

const BLUE = { labels: { 'nodefleet.dev/shard': 'blue' } };

/** `plain` leads the default shard, `blue` that one, and `spare` stands by for both. */
async function makeShards() {
  const cluster = await newCluster();
  const user = await newUser(cluster);
  await user.grant('namespace', [...IN_NAMESPACE, ...rulesOf(ofLeader(['default', 'blue']))]);
  await user.grant('cluster', IN_CLUSTER);
  const start = (shards?: string): Promise<Replica> =>
    startReplica(cluster, user.kubeconfigPath, shards === undefined ? [] : [`--shards=${shards}`]);
  const plain = await start();
  const blue = await start('blue');
  await Promise.all([plain, blue].map((replica) => replica.says('this replica leads')));
  const spare = await start('default,blue');
  const truth = await recordTruth(cluster);
  return { cluster, plain, blue, spare, truth };
}

/** The fleet whose object is written: its own name, or that of a child. */
function fleetOf({ path }: Passage): string {
  return (/\/namespaces\/[^/]+\/\w+\/([^/?]+)/.exec(path)?.[1] ?? '').replace(/-\w+$/, '');
}

/** What a replica sent that could change the fleet or its children, `/status` included; Events have names of their own. */
function writesOf(replica: Replica, name: string): readonly Passage[] {
  return replica.writes().filter((passage) => !/\/(leases|events)\b/.test(passage.path) && fleetOf(passage) === name);
}

/** Those that the API server has carried out. */
function storedBy(replica: Replica, name: string): readonly Passage[] {
  return writesOf(replica, name).filter(({ status }) => status !== undefined && status < 300);
}

/** For how long, in milliseconds, `before` still wrote for the fleet once `after` had begun to; negative: it had ended. */
function overlapMs(before: Replica, after: Replica, name: string): number {
  const last = storedBy(before, name).at(-1)?.atMs ?? -Infinity;
  return last - (storedBy(after, name)[0]?.atMs ?? Infinity);
}

const isChildWrite = ({ method, path }: Passage): boolean =>
  method === 'PATCH' && /\/(services|statefulsets|persistentvolumeclaims)\//.test(path) && !path.includes('dryRun=All');
const isStop = (passage: Passage): boolean => isChildWrite(passage) && passage.path.includes('nodefleet-quiesce');

async function untilImage(cluster: Cluster, names: readonly string[], image: string): Promise<void> {
  for (const name of names) await untilReady(cluster, name);
  await eventually(async () => expect([...new Set(await imagesOf(cluster))]).toEqual([image]));
}

/** Each starts processes and waits for leases to run out; on a busy machine both take their time. */
describe('shards', { timeout: 240_000 }, () => {
  test('each is served by its own replica alone; that of a killed one is taken over in mid hand-off and nothing is lost, and what is left of the replicas takes over the rest', async () => {
    const { cluster, plain, blue, spare, truth } = await makeShards();
    await cluster.apply(fleet({ name: 'red', storage: {} }));
    await cluster.apply(fleet({ name: 'sky', replicas: 2, storage: {}, metadata: BLUE }));
    await untilReady(cluster, 'red');
    await untilReady(cluster, 'sky');
    expect([writesOf(plain, 'sky'), writesOf(blue, 'red'), writesOf(spare, 'red'), writesOf(spare, 'sky')]).toEqual([
      [],
      [],
      [],
      [],
    ]);
    expect(storedBy(plain, 'red').length * storedBy(blue, 'sky').length).toBeGreaterThan(0);
    const volumes = await volumesOf(cluster);
    const since = Number((await cluster.nd('sky')).metadata.resourceVersion);

    const stopping = blue.hold(isStop);
    await cluster.patch('sky', toImage('web:2'));
    await stopping.reached;
    blue.signal('SIGKILL');
    await cluster.patch('red', toImage('web:2')); // goes on meanwhile
    await untilReady(cluster, 'red');
    expect(storedBy(spare, 'sky')).toEqual([]);
    await untilImage(cluster, ['red', 'sky'], 'web:2');
    expect(overlapMs(blue, spare, 'sky')).toBeLessThan(0);
    expect(writesOf(spare, 'red')).toEqual([]);

    plain.signal('SIGKILL');
    await cluster.patch('red', toImage('web:3'));
    await cluster.patch('sky', toImage('web:3'));
    await untilImage(cluster, ['red', 'sky'], 'web:3');
    expect(overlapMs(plain, spare, 'red')).toBeLessThan(0);
    await truth.caughtUp();
    expect(findDoubleUse(truth, volumes)).toEqual([]);
    expect(await namesOf(cluster, POD)).toEqual(['red-0-0', 'sky-0-0', 'sky-1-0']);
    const story = storyOf(truth, volumes, since);
    for (const member of ['red-0', 'sky-0', 'sky-1']) {
      const own = story.filter((line) => line.startsWith(`${member} `));
      expect(own).toEqual([...handOff(member, 'web:2'), ...handOff(member, 'web:3')]);
    }
  });

  test('a fleet that gets another label in mid rollout, and one in mid creation, is finished by the other shard, and the first one writes no more for it; one of a shard that nobody serves says so', async () => {
    const { cluster, plain, blue, spare, truth } = await makeShards();
    await cluster.apply(fleet({ name: 'lost', metadata: { labels: { 'nodefleet.dev/shard': 'nowhere' } } }));
    await cluster.apply(fleet({ name: 'old', storage: {} }));
    await untilReady(cluster, 'old');
    const volumes = await volumesOf(cluster);
    const since = Number((await cluster.nd('old')).metadata.resourceVersion);
    const stopping = plain.hold(isStop);
    await cluster.patch('old', toImage('web:2'));
    await stopping.reached;
    const creating = plain.hold((passage) => isChildWrite(passage) && fleetOf(passage) === 'new');
    await cluster.apply(fleet({ name: 'new', replicas: 3, image: 'web:2' }));
    await creating.reached;
    const longEnough = sleep(systemClock, 4_000); // a plan is carried out for 3 s on one read of its NodeDeployment

    const movedAtMs = performance.now();
    await cluster.patch('old', { metadata: BLUE });
    await cluster.patch('new', { metadata: BLUE });
    await untilImage(cluster, ['old', 'new'], 'web:2');
    await longEnough;
    stopping.release();
    creating.release(); // two children of three are still to be made, by a plan that is long out of date
    await eventually(() => expect(plain.lines().filter(({ msg }) => msg === 'writing').length).toBeGreaterThan(0));
    await cluster.apply(fleet({ name: 'next', image: 'web:2' })); // and the workers are free again
    await untilReady(cluster, 'next');

    const late = [...writesOf(plain, 'new'), ...writesOf(plain, 'old')].filter(({ atMs }) => atMs > movedAtMs);
    expect(late.filter(isChildWrite)).toEqual([]);
    expect(late.filter(({ status }) => status !== 409)).toEqual([]);
    for (const name of ['old', 'new']) expect(overlapMs(plain, blue, name)).toBeLessThan(LEASE_MS);
    expect(spare.writes().filter(({ path }) => !path.includes('/leases'))).toEqual([]);
    await truth.caughtUp();
    expect(findDoubleUse(truth, volumes)).toEqual([]);
    expect(storyOf(truth, volumes, since).filter((line) => line.startsWith('old-0 '))).toEqual(
      handOff('old-0', 'web:2'),
    );
    const members = ['new-0', 'new-1', 'new-2', 'next-0', 'old-0'];
    expect(await namesOf(cluster, STATEFUL_SET)).toEqual(members);
    expect(await namesOf(cluster, SERVICE)).toEqual(members);

    const told = [
      'get',
      'events',
      '--field-selector=reason=ShardNotServed',
      '-o=jsonpath={.items[*].involvedObject.name}',
    ];
    await eventually(async () => expect(await cluster.kubectl(told)).toBe('lost'), { timeoutMs: 60_000 });
    expect((await cluster.nd('lost')).status).toBeUndefined();
  });
});
