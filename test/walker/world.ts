// The cluster that the walker walks in: that of the simulation, in which nothing fails, with one operator and one fleet.
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { CSI_DRIVER, EVENT, MACHINE } from '../../src/kube/kinds.ts';
import type { ObjectKey } from '../../src/kube/object.ts';
import type { Cluster } from '../sim/actors/actor.ts';
import { GarbageCollector } from '../sim/actors/garbage-collector.ts';
import { Machines } from '../sim/actors/machines.ts';
import { Outages } from '../sim/actors/outages.ts';
import { Processes } from '../sim/actors/processes.ts';
import { StatefulSetController } from '../sim/actors/stateful-sets.ts';
import { AttachDetachController, ClaimController } from '../sim/actors/volumes.ts';
import { Choices, replay } from '../sim/choices.ts';
import { testify, watchInvariants, type Witness } from '../sim/invariants/invariants.ts';
import { Past } from '../sim/invariants/past.ts';
import { judged } from '../sim/invariants/rule.ts';
import { twoWriters } from '../sim/invariants/volume-rules.ts';
import { ModelServer } from '../sim/model/api-server.ts';
import type { Json } from '../sim/model/document.ts';
import { OperatorProcess } from '../sim/operator-process.ts';
import { SimClock } from '../sim/sim-clock.ts';
import { Weather } from '../sim/weather.ts';

export const KEY: ObjectKey = { namespace: 'default', name: 'web' };

const SECOND = 1_000;
const LOOK_MS = 20 * SECOND;
/** Rollouts take minutes; the longest wait is for minReadySeconds. */
const PATIENCE_MS = 3_600 * SECOND;
const RESYNC_MS = 3_600 * SECOND;

export class WalkerWorld {
  readonly #cluster: Cluster;
  readonly #operator: OperatorProcess;
  readonly breaches: string[] = [];
  /** Since the start: what the operator asked. */
  requests = 0;
  /** Accepted writes of anything but Events. */
  #commits = 0;

  constructor(seed: number) {
    const clock = new SimClock();
    const server = new ModelServer(() => clock.now());
    const processes = new Processes();
    const choices = new Choices(replay({}));
    const outages = new Outages({ server, clock, choices, processes, onChange: () => {} });
    this.#cluster = { server, clock, choices, processes, outages, weather: new Weather(clock, choices, () => {}) };
    const witness: Witness = {
      checked: new Map(),
      onBreach: ({ invariant, text }) => this.breaches.push(`${invariant}: ${text}`),
    };
    const past = new Past();
    processes.onStart((started, beside) => {
      past.tellUsed(started.volumes);
      testify(witness, 'I7', judged(twoWriters(started, beside, server.store)));
    });
    server.onCommit(({ kind }) => {
      if (kind !== EVENT) this.#commits += 1;
    });
    watchInvariants(server, () => clock.monotonic(), witness, past);
    for (const Kind of [StatefulSetController, Machines, ClaimController, AttachDetachController, GarbageCollector])
      void new Kind(this.#cluster);
    this.#operator = new OperatorProcess({
      cluster: this.#cluster,
      name: 'operator',
      seed,
      resyncMs: RESYNC_MS,
      onExchange: () => (this.requests += 1),
      onReconcile: () => {},
      log: (line) => {
        if (/\b(error|ended)\b/.test(line)) this.breaches.push(line);
      },
    });
    this.#furnish();
    this.#operator.start();
  }

  get server(): ModelServer {
    return this.#cluster.server;
  }

  /** As `kubectl replace` of the spec, or `kubectl create`. @throws ModelError */
  apply({ spec }: Json): void {
    const write = { by: 'kubectl', verb: 'update' } as const;
    const live = this.server.store.get(NODE_DEPLOYMENT, KEY);
    if (live === undefined) this.server.create(NODE_DEPLOYMENT, { metadata: KEY, spec }, { ...write, verb: 'create' });
    else this.server.update(NODE_DEPLOYMENT, KEY, { ...live, spec }, write);
  }

  /** Lets time pass until nobody writes any more and `unfinished` is empty. Resolves to what is unfinished after an hour. */
  async settle(unfinished: () => readonly string[]): Promise<readonly string[]> {
    const { clock } = this.#cluster;
    const deadline = clock.monotonic() + PATIENCE_MS;
    for (let before = -1; clock.monotonic() < deadline;) {
      before = this.#commits;
      await clock.run(clock.monotonic() + LOOK_MS);
      if (this.#commits === before && unfinished().length === 0) break;
    }
    // Nobody reads the past of this cluster: watches have it already.
    this.server.store.compact();
    for (const event of this.server.store.list(EVENT)) this.server.store.remove(EVENT, event);
    return unfinished();
  }

  end(): void {
    this.#operator.dispose();
  }

  /** Machines and the volumes' driver. */
  #furnish(): void {
    const { server } = this;
    const by = { by: 'cluster', verb: 'create' as const };
    const ready = { type: 'Ready', status: 'True', lastTransitionTime: server.timestamp };
    for (const name of ['m1', 'm2', 'm3'])
      server.create(MACHINE, { metadata: { name }, status: { conditions: [ready] } }, by);
    server.create(CSI_DRIVER, { metadata: { name: 'csi.example.com' }, spec: { attachRequired: true } }, by);
  }
}
