// A world of replicas around one lease, on one fake clock: each has a clock of its own that runs faster or slower, a
// network that can fail in several ways, and can be paused or killed. It notes whenever two believe that they lead.
import type { StoredLease } from '../../kube/kinds.ts';
import { ApiError, TransportError } from '../client/api-error.ts';
import type { Clock } from '../clock.ts';
import type { FairShare } from '../leader-election/fair-share.ts';
import { LeaderElector } from '../leader-election/leader-elector.ts';
import { holderOf, type LeaseSpec } from '../leader-election/lease-record.ts';
import type { LeaseStore } from '../leader-election/lease-store.ts';
import { seededRandom } from '../random.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { RecordingLogger } from './recording-log.ts';

/**
 * `down`: nothing gets through; `mute`: requests do, answers do not; `unwatched`: the watch is broken; `deaf`: it seems to
 * work, and tells nothing.
 */
export type Network = 'up' | 'down' | 'mute' | 'unwatched' | 'deaf';

const LATENCY_MS = 5;
const REQUEST = { method: 'PATCH', path: '/leases/op' } as const;

export const TIMINGS = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

interface ReplicaOptions {
  /** How fast its clock runs; default 1. */
  readonly rate?: number;
  /** Of other leases, which are not part of this world. */
  readonly share?: FairShare;
}

export class ElectionWorld {
  readonly clock = new FakeClock();
  readonly replicas: Replica[] = [];
  /** Each change of the holder: who, `''` for nobody, and when. */
  readonly holders: { readonly holder: string; readonly atMs: number }[] = [];
  /** When two believed at the same time that they lead: must stay empty. */
  readonly overlaps: string[] = [];
  lease: StoredLease | undefined;
  #version = 0;

  start(identity: string, options: ReplicaOptions = {}): Replica {
    const replica = new Replica(this, identity, options);
    this.replicas.push(replica);
    return replica;
  }

  /** Those that would write now. */
  leaders(): readonly string[] {
    return this.replicas.filter(({ believesToLead }) => believesToLead).map(({ identity }) => identity);
  }

  check(): void {
    const leaders = this.leaders();
    if (leaders.length > 1) this.overlaps.push(`${this.clock.monotonic()}: ${leaders.join(' and ')}`);
  }

  write(base: StoredLease | undefined, spec: LeaseSpec): StoredLease {
    const is = this.lease?.metadata;
    if (base === undefined && is !== undefined) throw new ApiError(REQUEST, { code: 409, reason: 'AlreadyExists' });
    if (base !== undefined && is === undefined) {
      throw new ApiError(REQUEST, { code: 404, reason: 'NotFound', details: { name: 'op' } });
    }
    if (base?.metadata.resourceVersion !== is?.resourceVersion) {
      throw new ApiError(REQUEST, { code: 409, reason: 'Conflict' });
    }
    return this.store(spec, is?.uid ?? `uid-${this.#version}`);
  }

  /** As a person with kubectl: without a condition. */
  store(spec: LeaseSpec, uid = this.lease?.metadata.uid ?? 'uid'): StoredLease {
    this.#version += 1;
    const metadata = { name: 'op', uid, resourceVersion: String(this.#version), creationTimestamp: '' };
    this.#change({ metadata, spec });
    return { metadata, spec };
  }

  delete(): void {
    this.#change(undefined);
  }

  #change(lease: StoredLease | undefined): void {
    const holder = holderOf(lease);
    if (holder !== holderOf(this.lease)) this.holders.push({ holder, atMs: this.clock.monotonic() });
    this.lease = lease;
    for (const replica of this.replicas) replica.tell();
  }
}

export class Replica {
  readonly identity: string;
  readonly elector: LeaderElector;
  readonly log = new RecordingLogger();
  /** What the observer was told. */
  readonly told: boolean[] = [];
  network: Network = 'up';
  /** Milliseconds more that answers take. */
  delayMs = 0;
  /** Errors that the next requests get. */
  readonly refusals: Error[] = [];
  /** How it ended: undefined while it runs, true when told to, else the error. */
  end: unknown;
  readonly #world: ElectionWorld;
  readonly #stop = new AbortController();
  readonly #paused: (() => void)[] = [];
  #isPaused = false;
  #isDead = false;
  #onChange: ((lease: StoredLease | undefined) => void) | undefined;
  #hasGap = false;

  constructor(world: ElectionWorld, identity: string, { rate = 1, share }: ReplicaOptions) {
    this.#world = world;
    this.identity = identity;
    const options = {
      key: { namespace: 'ns', name: 'op' },
      identity,
      timings: TIMINGS,
      ...(share && { share }),
      clock: this.#clock(rate),
      random: seededRandom(world.replicas.length),
      log: this.log,
      observer: { onLeadership: ({ isLeader }: { isLeader: boolean }) => void this.told.push(isLeader) },
      transport: { request: unused, stream: unused, close: unused },
    };
    this.elector = new LeaderElector(options, this.#store());
    this.elector.start(this.#stop.signal).then(
      () => (this.end = true),
      (error: unknown) => (this.end = error),
    );
  }

  get believesToLead(): boolean {
    return !this.#isDead && this.elector.fence.refusal() === undefined;
  }

  get isAlive(): boolean {
    return !this.#isDead && this.end === undefined;
  }

  /** As SIGTERM, once no work is under way. */
  stop(): void {
    this.#stop.abort();
  }

  /** As kill -9. */
  kill(): void {
    this.#isDead = true;
  }

  /** As SIGSTOP. */
  pause(): void {
    this.#isPaused = true;
  }

  /** As SIGCONT: what has come meanwhile comes now. */
  resume(): void {
    this.#isPaused = false;
    for (const callback of this.#paused.splice(0)) this.#run(callback);
  }

  /** Called after each change of the lease. */
  tell(): void {
    if (this.network !== 'up') return void (this.#hasGap = true);
    this.#hasGap = false;
    const { lease } = this.#world;
    this.#world.clock.after(LATENCY_MS, () => this.#run(() => this.#onChange?.(lease)));
  }

  #run(callback: () => void): void {
    if (this.#isDead) return;
    if (this.#isPaused) return void this.#paused.push(callback);
    callback();
    // Only now has what it resolved been taken.
    void settle().then(() => this.#world.check());
  }

  #clock(rate: number): Clock {
    const { clock } = this.#world;
    return {
      now: () => clock.now(),
      monotonic: () => 1_000_000 + clock.monotonic() * rate,
      after: (delayMs, callback) => clock.after(Math.max(0, delayMs) / rate, () => this.#run(callback)),
    };
  }

  #store(): LeaseStore {
    const world = this.#world;
    return {
      read: (timeoutMs) => this.#exchange(timeoutMs, () => world.lease),
      write: (base, spec, timeoutMs) => this.#exchange(timeoutMs, () => world.write(base, spec)),
      follow: (onChange, signal) => {
        this.#onChange = (lease) => {
          if (!signal.aborted) onChange(lease);
        };
        this.tell();
        const isUp = (): boolean => this.network === 'deaf' || (this.network === 'up' && !this.#hasGap);
        return {
          get isLive() {
            return isUp();
          },
        };
      },
    };
  }

  #exchange<R>(timeoutMs: number, carryOut: () => R): Promise<R> {
    const { clock } = this.#world;
    return new Promise((resolve, reject) => {
      const answer = (give: () => void): void => void clock.after(LATENCY_MS + this.delayMs, () => this.#run(give));
      const refusal = this.refusals.shift();
      if (refusal !== undefined) return answer(() => reject(refusal));
      const timer = clock.after(timeoutMs, () =>
        this.#run(() => reject(new TransportError(REQUEST, 'unknown', new Error('no answer')))),
      );
      clock.after(LATENCY_MS, () => {
        if (this.network === 'down' || this.#isDead) return;
        const isHeard = this.network !== 'mute';
        const give = (settle: () => void): void => {
          if (!isHeard) return;
          answer(() => {
            timer.cancel();
            settle();
          });
        };
        try {
          const result = carryOut();
          give(() => resolve(result));
        } catch (error) {
          give(() => reject(error));
        }
      });
    });
  }
}

function unused(): never {
  throw new Error('the world has no wire');
}
