// The double reconcile, bounded and exhaustive: two operators that have read the same act at the same moment, request by
// request in every order there is, and at most one of them is killed, before or after any of its requests was carried out.
//
// A path is a list of choices; the next one is the last choice that has another option left. What goes on afterwards (the
// killed one starts again, and both go on freely) has to come to rest, and no invariant may break on the way.
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { settle } from '../../src/runtime/testing/fake-clock.ts';
import type { Cluster } from './actors/actor.ts';
import { KEY } from './actors/people.ts';
import { unfinished } from './at-rest.ts';
import { Choices } from './choices.ts';
import { Gate, type Held } from './gate.ts';
import type { Breach } from './invariants/invariants.ts';
import type { Json } from './model/document.ts';
import { OperatorProcess } from './operator-process.ts';
import { createCluster, furnish } from './world.ts';

/** What both have just seen when they begin. */
export type Moment = 'edit' | 'plan' | 'scale-down' | 'create';

export interface Explored {
  readonly paths: number;
  /** The longest, in requests. */
  readonly requests: number;
  readonly failures: readonly { readonly path: readonly number[]; readonly breach: Breach }[];
}

const SECOND = 1_000;
const STARTED_MS = 200;
const REST_MS = 900 * SECOND;
const IMAGE = (image: string): Json => ({ template: { spec: { containers: [{ name: 'app', image }] } } });
const SPEC: Json = {
  ...IMAGE('app:1'),
  replicas: 1,
  storage: { size: '10Gi', accessMode: 'ReadWriteOnce', retention: { onDelete: 'Delete', onScaleDown: 'Delete' } },
};

/** What `make sim EXHAUSTIVE=1` walks, and whether one of the two may be killed on the way. */
export const MOMENTS: readonly (readonly [moment: Moment, canCrash: boolean])[] = [
  ['edit', true],
  ['plan', true],
  ['scale-down', true],
  ['create', false],
];

/** Walks every path of that moment. `canCrash`: also those on which one of the two is killed. */
export async function explore(moment: Moment, canCrash: boolean): Promise<Explored> {
  const failures: { path: readonly number[]; breach: Breach }[] = [];
  let [paths, requests] = [0, 0];
  for (let path: readonly number[] | undefined = []; path !== undefined; paths += 1) {
    const walk = new Walk(path);
    const breach = await walk.complete(moment, canCrash);
    if (breach !== undefined) failures.push({ path: walk.taken.map(({ choice }) => choice), breach });
    requests = Math.max(requests, walk.requests);
    path = nextPath(walk.taken);
  }
  return { paths, requests, failures };
}

interface Taken {
  readonly choice: number;
  readonly options: number;
}

function nextPath(taken: readonly Taken[]): readonly number[] | undefined {
  const last = taken.findLastIndex(({ choice, options }) => choice + 1 < options);
  if (last < 0) return undefined;
  return taken.slice(0, last + 1).map(({ choice }, index) => (index === last ? choice + 1 : choice));
}

class Walk {
  readonly taken: Taken[] = [];
  requests = 0;
  readonly #path: readonly number[];
  readonly #gate = new Gate();
  readonly #cluster: Cluster;
  readonly #operators: readonly OperatorProcess[];
  #breach: Breach | undefined;

  constructor(path: readonly number[]) {
    this.#path = path;
    this.#cluster = createCluster(new Choices(() => 0), {
      checked: new Map(),
      onBreach: (breach) => void (this.#breach ??= breach),
    });
    furnish(this.#cluster);
    this.#operators = ['operator-a', 'operator-b'].map(
      (name, index) =>
        new OperatorProcess({
          cluster: this.#cluster,
          name,
          seed: index,
          resyncMs: 60 * SECOND,
          gate: this.#gate,
          onExchange: () => {},
          observer: { onReconcile: () => {} },
          log: () => {},
        }),
    );
  }

  async complete(moment: Moment, canCrash: boolean): Promise<Breach | undefined> {
    for (const operator of this.#operators) operator.start();
    if (moment !== 'create') {
      this.#create();
      await this.#rest();
    } else await this.#pass(STARTED_MS);
    await this.#prepare(moment);
    await this.#interleave(canCrash);
    this.#gate.isClosed = false;
    await this.#rest();
    return this.#breach;
  }

  /** Until both have begun, and each waits with its first request. */
  async #prepare(moment: Moment): Promise<void> {
    this.#gate.isClosed = moment !== 'plan';
    if (moment === 'create') this.#create();
    else if (moment === 'scale-down') this.#patch({ replicas: 0 });
    else this.#patch(IMAGE('app:2'));
    if (moment === 'plan') {
      const hasPlan = (): boolean => this.#plan() === 'Active';
      await this.#cluster.clock.run(this.#cluster.clock.monotonic() + SECOND, hasPlan);
      this.#gate.isClosed = true;
    }
    await this.#pass(STARTED_MS);
  }

  async #interleave(canCrash: boolean): Promise<void> {
    let hasCrashed = false;
    for (let held = this.#gate.held; held.length > 0; held = this.#gate.held) {
      const fates = canCrash && !hasCrashed ? (['served', 'lost', 'unheard'] as const) : (['served'] as const);
      const all = held.flatMap((request) => fates.map((fate) => ({ request, fate })));
      const { request, fate } = this.#choose(all);
      this.#gate.take(request);
      this.requests += 1;
      if (fate !== 'lost') request.serve(fate === 'served');
      if (fate !== 'served') {
        hasCrashed = true;
        this.#kill(request);
      }
      await settle();
    }
  }

  #choose<T>(options: readonly T[]): T {
    const choice = this.#path[this.taken.length] ?? 0;
    this.taken.push({ choice, options: options.length });
    const option = options[choice];
    if (option === undefined) throw new Error(`double reconcile: choice ${choice} of ${options.length}`);
    return option;
  }

  #kill({ by }: Held): void {
    for (const held of this.#gate.held) if (held.by === by) this.#gate.take(held);
    this.#operators[by.startsWith('operator-a') ? 0 : 1]?.kill();
  }

  async #rest(): Promise<void> {
    const { clock, server } = this.#cluster;
    const deadline = clock.monotonic() + REST_MS;
    do await this.#pass(5 * SECOND);
    while (unfinished(server.store).length > 0 && clock.monotonic() < deadline && this.#breach === undefined);
    const left = unfinished(server.store);
    if (left.length > 0) this.#breach ??= { invariant: 'I13', text: left.join('; ') };
  }

  async #pass(ms: number): Promise<void> {
    await this.#cluster.clock.run(this.#cluster.clock.monotonic() + ms);
  }

  #create(): void {
    const write = { by: 'kubectl', verb: 'create' } as const;
    this.#cluster.server.create(NODE_DEPLOYMENT, { metadata: { ...KEY }, spec: SPEC }, write);
  }

  #patch(spec: Json): void {
    this.#cluster.server.mergePatch(NODE_DEPLOYMENT, KEY, { spec }, { by: 'kubectl', verb: 'patch' });
  }

  #plan(): unknown {
    const status = this.#cluster.server.store.get(NODE_DEPLOYMENT, KEY)?.['status'];
    const plan = typeof status === 'object' && status !== null && 'plan' in status ? status.plan : undefined;
    return typeof plan === 'object' && plan !== null && 'phase' in plan ? plan.phase : undefined;
  }
}
