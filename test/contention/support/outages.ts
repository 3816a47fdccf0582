// What can happen to the servers while an operator works: each outage as a series of strikes.
import type { StartedControlPlane } from '../../../hack/control-plane/control-plane.ts';
import { sleep, systemClock } from '../../../src/runtime/clock.ts';

export interface Outage {
  readonly name: string;
  /** How often it strikes. */
  readonly strikes: number;
  /** Resolves when the servers serve again. `round` counts from 0. */
  readonly strike: (plane: StartedControlPlane, round: number) => Promise<void>;
}

const ETCD_PAUSES_MS = [1_000, 40_000];

/** Under SIGSTOP nobody is told anything: connections stay open, and writes are neither done nor refused. */
async function pauseEtcd(plane: StartedControlPlane, ms: number): Promise<void> {
  plane.pause('etcd');
  try {
    await sleep(systemClock, ms);
  } finally {
    plane.resume('etcd');
  }
}

export const OUTAGES: readonly Outage[] = [
  { name: 'C16 the API server is killed 20 times', strikes: 20, strike: (plane) => plane.restart('apiserver') },
  {
    name: 'C17 etcd is killed, paused for 1 s, and paused for 40 s',
    strikes: 1 + ETCD_PAUSES_MS.length,
    strike: (plane, round) => {
      const pauseMs = ETCD_PAUSES_MS[round - 1];
      return pauseMs === undefined ? plane.restart('etcd') : pauseEtcd(plane, pauseMs);
    },
  },
  {
    name: 'C18 etcd is compacted, and the API server started again, twice',
    strikes: 2,
    strike: async (plane) => {
      await compact(plane.etcdUrl);
      await plane.restart('apiserver');
    },
  },
];

/** Everything before now is forgotten: who watches from an older version has to read anew. */
async function compact(etcdUrl: string): Promise<void> {
  const post = async (path: string, body: object): Promise<string> => {
    const response = await fetch(`${etcdUrl}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`etcd: ${path}: ${response.status} ${text}`);
    return text;
  };
  const { header } = JSON.parse(await post('range', { key: Buffer.from('/none').toString('base64') }));
  await post('compaction', { revision: header.revision, physical: true });
}
