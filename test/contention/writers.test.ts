// Many writers of one status, on the real API server: with the lock none loses an update, without it they must, or this
// harness could not see a lost update. The numbers are those of docs/contention.md.
import { describe, expect, test } from 'vitest';

import { NODE_DEPLOYMENT, type StoredNodeDeployment } from '../../src/api/v1alpha1/node-deployment.ts';
import { isConflict } from '../../src/runtime/client/api-error.ts';
import { patchStatus } from '../../src/runtime/client/status.ts';
import { sleep, systemClock } from '../../src/runtime/clock.ts';
import { conflictBackoff } from '../../src/runtime/queue/rate-limiter.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { newCluster, type Cluster } from '../envtest/support/cluster.ts';
import { eventually } from '../envtest/support/eventually.ts';
import { expectReady, fleet, toImage } from '../envtest/support/fleets.ts';
import { startOperator } from '../envtest/support/operator.ts';
import { measure } from './report/measure.ts';
import { AnswerClock } from './support/answer-clock.ts';
import { counted, withCount } from './support/ledger.ts';

/** How often each writer counts. 32 of them write as much as is worth waiting for with fewer. */
const incrementsOf = (writers: number): number => (writers > 8 ? 10 : 25);

/** What a writer waits by after a conflict. */
interface Pause {
  /** A write was answered, be it with a conflict. */
  answered?(): void;
  sleep(ms: number): Promise<void>;
}
const REAL: Pause = { sleep: (ms) => sleep(systemClock, ms) };

/** What a writer does once: reads the status, and writes one that is computed from it. Resolves to how many tries it took. */
type Write = (cluster: Cluster, pause: Pause) => Promise<number>;

/** Tries, with the operator's own backoff, until no other writer came in between; every try starts from a fresh read. */
async function lockedWrite(
  { client, nd }: Cluster,
  name: string,
  change: (base: StoredNodeDeployment) => StoredNodeDeployment['status'],
  pause: Pause = REAL,
): Promise<number> {
  const backoff = conflictBackoff(systemRandom);
  for (;;) {
    const base = await nd(name);
    try {
      await patchStatus(client, NODE_DEPLOYMENT, base, change(base) ?? {}).finally(() => pause.answered?.());
      return backoff.attempts(name) + 1;
    } catch (error) {
      if (!isConflict(error)) throw error;
      await pause.sleep(backoff.when(name));
    }
  }
}

const replicasOf = ({ status }: StoredNodeDeployment): number => status?.replicas ?? 0;

const locked: Write = (cluster, pause) =>
  lockedWrite(cluster, 'web', (base) => ({ ...base.status, replicas: replicasOf(base) + 1 }), pause);

/** What a status update looks like without the lock: the same read, the same content, no version. */
const unlocked: Write = async ({ nd, transport, namespace }) => {
  const status = { replicas: replicasOf(await nd('web')) + 1 };
  await transport.request({
    method: 'PATCH',
    path: `/apis/nodefleet.dev/v1alpha1/namespaces/${namespace}/nodedeployments/web/status`,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ status }),
  });
  return 1;
};

interface Race {
  readonly lost: number;
  readonly worstTries: number;
  readonly conflicts: number;
}

/** How long a try takes where nobody waits for a slow machine: what the delays of the backoff are made for. */
const TRY_MS = 25;

/** Lets all `writers` count at once. */
async function race(writers: number, write: Write): Promise<Race> {
  const cluster = await newCluster();
  await cluster.apply(fleet());
  const clock = new AnswerClock(writers, TRY_MS);
  const tries: number[] = [];
  const count = async (): Promise<void> => {
    for (let i = 0; i < incrementsOf(writers); i++) tries.push(await write(cluster, clock));
    clock.done();
  };
  await Promise.all(Array.from({ length: writers }, count));
  const lost = writers * incrementsOf(writers) - replicasOf(await cluster.nd('web'));
  return { lost, worstTries: Math.max(...tries), conflicts: tries.reduce((sum, one) => sum + one - 1, 0) };
}

describe('writers that increment one counter in the status', () => {
  test.for([{ writers: 2 }, { writers: 8 }, { writers: 32 }])(
    'C6 $writers of them, locked, lose nothing',
    async ({ writers }) => {
      const { lost, worstTries, conflicts } = await race(writers, locked);
      measure({
        [`lost of ${writers}`]: lost,
        [`worst tries of ${writers}`]: worstTries,
        [`conflicts of ${writers}`]: conflicts,
      });
      expect(lost).toBe(0);
      expect(worstTries).toBeLessThanOrEqual(15);
    },
  );

  test.for([{ writers: 2 }, { writers: 8 }])(
    'C7 $writers of them, unlocked, lose updates: the control group',
    async ({ writers }) => {
      const { lost } = await race(writers, unlocked);
      measure({ [`lost of ${writers}`]: `${lost}/${writers * incrementsOf(writers)}` });
      expect(lost).toBeGreaterThan(0);
    },
  );
});

const FLEETS = 5;
/** One each 100 ms: a minute of them. */
const EXTERNAL_WRITES = 600;
const IMAGES = Array.from({ length: 8 }, (_, index) => `web:${index + 2}`);

describe('an external writer of a condition of its own, 10 times a second, while images change', () => {
  test(`C5 loses nothing in ${EXTERNAL_WRITES} writes to ${FLEETS} fleets, and the operator converges`, async () => {
    const cluster = await newCluster();
    const operator = await startOperator(cluster);
    const names = Array.from({ length: FLEETS }, (_, index) => `web-${String.fromCharCode(97 + index)}`);
    for (const name of names) await cluster.apply(fleet({ name, rollout: { strategy: 'Recreate' } }));
    await eventually(async () => {
      for (const name of names) expectReady(await cluster.nd(name));
    });

    const writes = new Map(names.map((name) => [name, 0]));
    const losses: string[] = [];
    const tries: number[] = [];
    const startedAt = systemClock.monotonic();
    const editing = edit(cluster, names);
    for (let i = 0; i < EXTERNAL_WRITES; i++) {
      const name = names[i % names.length] ?? '';
      const written = writes.get(name) ?? 0;
      const [, tried] = await Promise.all([
        sleep(systemClock, 100),
        lockedWrite(cluster, name, (base) => {
          const found = counted(base);
          if (found !== written) losses.push(`${name}: wrote ${written}, found ${found}`);
          return withCount(base, written + 1);
        }),
      ]);
      writes.set(name, written + 1);
      tries.push(tried);
    }
    const seconds = (systemClock.monotonic() - startedAt) / 1000;
    await editing;

    const settled = await eventually(async () => {
      const deployments = await Promise.all(names.map((name) => cluster.nd(name)));
      return deployments.map(expectReady);
    });
    const conflicts = operator.tally.count('conflict');
    measure({
      writes: EXTERNAL_WRITES,
      'a second': Math.round(EXTERNAL_WRITES / seconds),
      lost: losses.length,
      conflicts,
      'worst tries': Math.max(...tries),
    });
    expect(losses).toEqual([]);
    for (const deployment of settled) {
      expect(counted(deployment)).toBe(writes.get(deployment.metadata.name));
      expect(deployment.spec.template.spec?.containers[0]?.image).toBe(IMAGES.at(-1));
    }
    // Each external write costs the operator at most a requeue; it never spins.
    expect(conflicts).toBeLessThanOrEqual(EXTERNAL_WRITES);
    expect(operator.log.at('warn')).toEqual([]);
  });

  async function edit(cluster: Cluster, names: readonly string[]): Promise<void> {
    for (const image of IMAGES) {
      for (const name of names) {
        await cluster.patch(name, toImage(image));
        await sleep(systemClock, 1_000);
      }
    }
  }
});
