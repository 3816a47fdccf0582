// Scenarios 2 and 5: operators that come back with an old view, are killed in the middle of a hand-off, or run side by
// side, as with --leader-elect=false they may. With an election: leader-election.test.ts.
import { describe, expect, test } from 'vitest';

import type { HttpRequest } from '../../../src/runtime/client/transport.ts';
import { sleep, systemClock } from '../../../src/runtime/clock.ts';
import { deletedClaims } from '../support/claims.ts';
import { connectTo, newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { answeredWrites, isChildWrite, isStatefulSetWrite, isStatusWrite, lineOf } from '../support/exchanges.ts';
import { recordView } from '../support/faults.ts';
import { expectReady, fleet, toImage } from '../support/fleets.ts';
import { delay } from '../support/knobs.ts';
import { startOperator } from '../support/operator.ts';
import { claimUids, handOff, readyFleet, untilAllRun, untilReady } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import { findDoubleUse, recordTruth } from '../support/truth.ts';

const isClaimDeletion = ({ method, path }: HttpRequest): boolean =>
  method === 'DELETE' && path.includes('/persistentvolumeclaims/');

interface Past {
  readonly name: string;
  readonly replicas: number;
  readonly storage: object;
  /** Brings the first operator to the point where it is about to delete a claim. */
  readonly doom: (cluster: Cluster) => Promise<unknown>;
  /** Takes that back, and uses the claim again, before the next operator starts. */
  readonly revive: (cluster: Cluster) => Promise<unknown>;
}

const PASTS: readonly Past[] = [
  {
    name: 'the fleet is still being deleted with its claims, though it was made anew',
    replicas: 1,
    storage: { retention: { onDelete: 'Delete' } },
    doom: ({ kubectl }) => kubectl(['delete', 'nd/web', '--wait=false']),
    revive: async (cluster) => {
      await cluster.patch('web', { metadata: { finalizers: null } });
      await cluster.apply(fleet({ storage: {} }));
    },
  },
  {
    name: 'a member is still being scaled away with its claim, though it is wanted again',
    replicas: 2,
    storage: { retention: { onScaleDown: 'Delete' } },
    doom: ({ kubectl }) => kubectl(['scale', 'nd/web', '--replicas=1']),
    revive: ({ kubectl }) => kubectl(['scale', 'nd/web', '--replicas=2']),
  },
];

describe('scenario 2: an operator restarted on a stale view deletes no claim (cass-operator#118, zookeeper-operator#312)', () => {
  test.for(PASTS)('in which $name', async ({ replicas, storage, doom, revive }) => {
    const cluster = await newCluster();
    const truth = await recordTruth(cluster);
    const view = recordView(await connectTo(cluster.plane));
    const first = await startOperator(cluster, { over: view });
    await cluster.apply(fleet({ replicas, storage }));
    await untilReady(cluster);
    const before = await claimUids(cluster);
    const held = first.hold(isClaimDeletion, 'before-send');
    await doom(cluster);
    await held.reached;
    const past = view.behind();
    const killed = first.kill();
    held.release(); // into the void
    await killed;

    await revive(cluster);
    const second = await startOperator(cluster);
    await untilReady(cluster);
    await second.stop();
    const third = await startOperator(cluster, { over: past });
    await eventually(() => expect(third.tally.count('conflict')).toBeGreaterThan(1));
    const writes = (await answeredWrites(third.recording)).filter(
      (write) => isChildWrite(write) || isStatusWrite(write),
    );
    expect(writes.filter(({ status }) => status !== 409)).toEqual([]);
    past.catchUp();
    await third.quiet();

    await untilReady(cluster);
    expect(await claimUids(cluster)).toEqual(before);
    await truth.caughtUp();
    expect(deletedClaims(truth)).toEqual([]);
  });
});

/** Writes to the fleet, as other controllers and people do, some ten times a second, until `done`. */
async function storm({ kubectl }: Cluster, done: Promise<unknown>): Promise<void> {
  const isDone = done.then(
    () => true,
    () => true,
  );
  for (let count = 0; !(await Promise.race([isDone, sleep(systemClock, 50)])); count++) {
    await kubectl(['label', '--overwrite', 'nd/web', `example.com/storm=${count}`]);
  }
}

describe('scenario 5: a leader hand-over in mid hand-off', () => {
  test('a write that the old leader still sends after its successor has finished changes nothing', async () => {
    const { cluster, operator: old, truth, volumes, since } = await readyFleet({ storage: {} });
    const isMemberWrite = (request: HttpRequest): boolean => isStatefulSetWrite(request, 'web-0');
    const stop = old.hold(isMemberWrite, 'before-send');
    await cluster.patch('web', toImage('web:2'));
    await stop.reached;
    stop.release();
    const start = old.hold(isMemberWrite, 'before-send');
    await start.reached; // stopped and proven free; about to start
    await startOperator(cluster);
    await untilAllRun(cluster, 'web:2');

    start.release();
    await old.quiet();
    const writes = old.recording.writes().filter((write) => isStatefulSetWrite(write));
    expect(writes.map(lineOf)).toEqual(['PATCH statefulsets/web-0 200', 'PATCH statefulsets/web-0 409']);
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(handOff('web-0', 'web:2'));
    expect(findDoubleUse(truth, volumes)).toEqual([]);
  });

  test('two operators at once, in a storm of conflicts, make each hand-off once, also when one is killed in its middle (rabbitmq cluster-operator#653)', async () => {
    const { cluster, operator: doomed, truth, volumes, since } = await readyFleet({ replicas: 2, storage: {} });
    const survivor = await startOperator(cluster);
    await delay(cluster, 'web-1', 'detach', 'never');
    await cluster.patch('web', toImage('web:2'));
    const done = untilAllRun(cluster, 'web:2');
    const stormy = storm(cluster, done);
    await eventually(async () =>
      expect((await cluster.nd('web')).status?.members).toMatchObject([
        { phase: 'Running' },
        { phase: 'AwaitingDetach' },
      ]),
    );
    await doomed.kill();
    await delay(cluster, 'web-1', 'detach', undefined);
    await done;
    await stormy;
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(['web-1', 'web-0'].flatMap((member) => handOff(member, 'web:2')));
    expect(findDoubleUse(truth, volumes)).toEqual([]);
    expect(survivor.tally.count('conflict')).toBeGreaterThan(0);
    await eventually(async () => expectReady(await cluster.nd('web')));
  });
});
