// The operator's real code as a process of the simulation: it can be killed at any moment, and starts again with nothing.
import { STATUS_FIELD_MANAGER } from '../../src/api/v1alpha1/names.ts';
import { DEFAULT_SHARD } from '../../src/api/v1alpha1/shards.ts';
import { createOperator } from '../../src/operator.ts';
import type { HttpRequest } from '../../src/runtime/client/transport.ts';
import { createObjectClient } from '../../src/runtime/client/object-client.ts';
import type { ReconcileReport } from '../../src/runtime/controller-observer.ts';
import { createFencedTransport } from '../../src/runtime/leader-election/fenced-transport.ts';
import { LeaderElector } from '../../src/runtime/leader-election/leader-elector.ts';
import type { LogFields, Logger } from '../../src/runtime/log.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import {
  createLockAssertingTransport,
  type LockAssertingTransport,
} from '../../src/runtime/testing/lock-asserting-transport.ts';
import type { Cluster } from './actors/actor.ts';
import type { Gate } from './exhaustive/gate.ts';
import { Network, type SimExchange } from './network.ts';
import { ProcessClock } from './sim-clock.ts';

export interface ProcessOptions {
  readonly cluster: Cluster;
  /** `operator-a`; each start of it is a process of its own, `operator-a.1`. */
  readonly name: string;
  readonly seed: number;
  readonly resyncMs: number;
  readonly onExchange: (exchange: SimExchange) => void;
  /** Told when a reconcile of a process has ended. */
  readonly onReconcile: (by: string, report: ReconcileReport) => void;
  /** Absent: nothing holds its requests back. */
  readonly gate?: Gate;
  /** Whether it competes for a lease; default: it always works. */
  readonly isElected?: boolean;
  /** Told of each request before it is on its way. */
  readonly onSend?: (by: string, request: HttpRequest) => void;
  readonly log: (line: string) => void;
}

/** How long it takes until a killed process is started again. */
const RESTARTS_MS = [100, 5_000, 30_000] as const;

const CLOCK_EVERY_MS = 10_000;
/** How far its wall clock is off. The first is right. */
const SKEWS_MS = [0, 5_000, -5_000, 3_600_000, -600_000] as const;

const LEASE_CUTS_MS = [0, 15_000, 60_000] as const;
export const LEASE_KEY = { namespace: 'default', name: 'nodefleet' };
const LEASE_TIMINGS = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };

export class OperatorProcess {
  readonly #options: ProcessOptions;
  #starts = 0;
  /** Of all its processes, also of those that have been killed. */
  readonly #stoppers: AbortController[] = [];
  #isRetired = false;
  #now:
    | {
        readonly clock: ProcessClock;
        readonly network: Network;
        readonly belt: LockAssertingTransport;
        readonly stopper: AbortController;
      }
    | undefined;

  constructor(options: ProcessOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#now !== undefined;
  }

  /** Writes that had no condition. */
  get violations(): readonly string[] {
    return this.#now?.belt.violations ?? [];
  }

  start(): void {
    const { cluster, name, seed, resyncMs, onExchange, onReconcile, gate, log } = this.#options;
    const { server, choices, weather } = cluster;
    this.#starts += 1;
    const by = `${name}.${this.#starts}`;
    const clock = new ProcessClock(cluster.clock);
    const { onSend, isElected = false } = this.#options;
    const network = new Network({ server, choices, weather, clock: cluster.clock, gate, by, onExchange, onSend });
    const belt = createLockAssertingTransport(network);
    const stopper = new AbortController();
    this.#now = { clock, network, belt, stopper };
    this.#stoppers.push(stopper);
    const common = {
      clock,
      random: seededRandom(seed * 31 + this.#starts),
      log: new LineLogger((line) => log(`${by} ${line}`)),
    };
    const election = isElected
      ? new LeaderElector({ ...common, transport: belt, key: LEASE_KEY, identity: by, timings: LEASE_TIMINGS })
      : undefined;
    const transport = election === undefined ? belt : createFencedTransport(belt, election.fence);
    const client = createObjectClient(transport, { statusFieldManager: STATUS_FIELD_MANAGER });
    const operator = createOperator({
      ...common,
      shards: [{ name: DEFAULT_SHARD, client, ...(election && { election }) }],
      instance: by,
      namespaces: [],
      workers: 2,
      resyncMs,
      observer: { onReconcile: (report) => onReconcile(by, report) },
    });
    const running = this.#now;
    this.#upsetClock(clock);
    if (isElected) this.#upsetLease(network);
    operator.manager.run(stopper.signal).catch((error: unknown) => {
      log(`${by} ended: ${String(error)}`);
      if (this.#now === running) this.kill();
    });
  }

  /** Every watch of it breaks. */
  cut(): void {
    this.#now?.network.cut();
  }

  /** Its wall clock is set off now and then, and set right. */
  #upsetClock(clock: ProcessClock): void {
    this.#options.cluster.clock.plan(CLOCK_EVERY_MS, () => {
      if (this.#now?.clock !== clock) return;
      clock.skew(this.#options.cluster.choices.pick('fault.clock', SKEWS_MS));
      this.#upsetClock(clock);
    });
  }

  /** The lease cannot be reached for a while, though all else can: then another process may take it. */
  #upsetLease(network: Network): void {
    this.#options.cluster.clock.plan(CLOCK_EVERY_MS, () => {
      if (this.#now?.network !== network) return;
      network.cutLease(this.#options.cluster.choices.pick('fault.lease', LEASE_CUTS_MS));
      this.#upsetLease(network);
    });
  }

  /** Ends the process as `kill -9` does. It is started again after a while. */
  kill(): void {
    if (this.#now === undefined) return;
    this.#end();
    const { clock, choices } = this.#options.cluster;
    clock.after(choices.pick('time.restart', RESTARTS_MS), () => {
      if (!this.#isRetired) this.start();
    });
  }

  /** Ends it for good. */
  retire(): void {
    this.#isRetired = true;
    this.#end();
  }

  /** Ends it where a kill may not: in a loop that waits for nothing. */
  halt(): void {
    this.#now?.stopper.abort();
    this.retire();
  }

  /**
   * To be called when its cluster is not looked at any more: Node.js keeps whatever listens to a signal of
   * `AbortSignal.any` until that aborts, and a process that is killed aborts nothing.
   */
  dispose(): void {
    this.retire();
    for (const stopper of this.#stoppers) stopper.abort();
  }

  #end(): void {
    this.#now?.clock.kill();
    this.#now?.network.kill();
    this.#now = undefined;
  }
}

/** Tells what matters of each line as text, without what differs from machine to machine. */
class LineLogger implements Logger {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  debug(): void {}

  info(fields: LogFields, message: string): void {
    this.#line('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#line('warn', fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#line('error', fields, message);
  }

  child(): Logger {
    return this;
  }

  #line(level: string, { err, ...fields }: LogFields, message: string): void {
    const what = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    const why = err instanceof Error ? `: ${err.message}` : '';
    this.#write(`${level} ${message}${why} ${what.join(' ')}`.trim());
  }
}
