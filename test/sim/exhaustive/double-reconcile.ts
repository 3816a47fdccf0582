// The double reconcile, bounded and exhaustive: two operators that have read the same act at the same moment, request
// by request in every order there is, and at most one of them is killed, before or after any of its requests was
// carried out.
//
// What goes on afterwards (the killed one starts again, and both go on freely) has to come to rest, and no invariant
// may break on the way.
import { settle } from '../../../src/runtime/testing/fake-clock.ts';
import type { Cluster } from '../actors/actor.ts';
import { unfinished } from '../at-rest.ts';
import { differences, endStateOf } from '../end-state.ts';
import { Choices } from '../choices.ts';
import { type Breach, testify, type Witness } from '../invariants/invariants.ts';
import { Past } from '../invariants/past.ts';
import { targetOf } from '../model/http.ts';
import type { ModelStore } from '../model/store.ts';
import { OperatorProcess } from '../operator-process.ts';
import { Referee } from '../referee.ts';
import { createCluster, furnish } from '../world.ts';
import { explore, type Explored, type Guide, type Option, type Progress } from './explore.ts';
import { Footprint } from './footprint.ts';
import { Gate, type Held } from './gate.ts';
import { type Course, create, type Meanwhile } from './moments.ts';

const SECOND = 1_000;
const STARTED_MS = 200;
const REST_MS = 900 * SECOND;
const HAPPENS_MS = 300 * SECOND;

/** Visits every path of that course. */
export async function exploreCourse(
  course: Course,
  isEnough?: (progress: Progress) => boolean,
): Promise<Explored<Breach>> {
  let first: readonly string[] | undefined;
  const walk = async (guide: Guide): Promise<Breach | undefined> => {
    const reconcile = new DoubleReconcile(course);
    const breach = await reconcile.complete(guide);
    first ??= reconcile.end;
    if (breach !== undefined || first === undefined || reconcile.end === undefined) return breach;
    const differs = differences(reconcile.end, first);
    return differs.length === 0
      ? undefined
      : { invariant: 'I15', text: `not as on the first path: ${differs.join('; ')}` };
  };
  return explore(walk, isEnough);
}

/** `served`: carried out and answered. `lost`: its process is killed before it arrives; `unheard`: before the answer does. */
type Fate = 'served' | 'lost' | 'unheard';

const FATES: Readonly<Record<Fate, string>> = {
  served: '',
  lost: ', killed before it arrives',
  unheard: ', killed before the answer',
};

interface Next extends Option {
  take(): void;
}

class DoubleReconcile {
  readonly #course: Course;
  readonly #gate = new Gate();
  readonly #witness: Witness = { checked: new Map(), onBreach: (breach) => void (this.#breach ??= breach) };
  readonly #cluster: Cluster;
  readonly #referee: Referee;
  readonly #operators: readonly OperatorProcess[];
  /** What is there at the end; undefined where what follows is known. */
  end: readonly string[] | undefined;
  /** Who has not done yet what is to be done meanwhile. */
  #others: readonly Meanwhile[] = [];
  #footprint: Footprint | undefined;
  #breach: Breach | undefined;

  constructor(course: Course) {
    this.#course = course;
    const past = new Past();
    this.#cluster = createCluster(new Choices(() => 0), this.#witness, () => {}, past);
    this.#referee = new Referee(this.#witness, past, this.#cluster.server.store);
    furnish(this.#cluster);
    this.#operators = ['operator-a', 'operator-b'].map((name, index) => this.#process(name, index));
  }

  async complete(guide: Guide): Promise<Breach | undefined> {
    await this.#prepare();
    const isNew = await this.#interleave(guide);
    this.#gate.isClosed = false;
    if (isNew && this.#breach === undefined) {
      await this.#rest(this.#course.moment.left);
      this.end = endStateOf(this.#cluster.server.store);
    }
    for (const operator of this.#operators) operator.dispose();
    return this.#breach;
  }

  /** Until both have begun, and each waits with its first request. */
  async #prepare(): Promise<void> {
    const [{ moment }, cluster] = [this.#course, this.#cluster];
    for (const operator of this.#operators) operator.start();
    if (moment.isAtRest) {
      create(cluster.server, moment.replicas);
      await this.#rest();
    } else await this.#pass(STARTED_MS);
    this.#gate.isClosed = moment.until === undefined;
    moment.act(cluster.server);
    const { clock } = cluster;
    const { until } = moment;
    if (until !== undefined) await clock.run(clock.monotonic() + HAPPENS_MS, () => until(cluster.server.store));
    this.#gate.isClosed = true;
    await this.#pass(STARTED_MS);
  }

  /** Whether it came to a state that is new. */
  async #interleave(guide: Guide): Promise<boolean> {
    const footprint = new Footprint(this.#cluster.server);
    this.#footprint = footprint;
    this.#others = this.#course.meanwhile === undefined ? [] : [this.#course.meanwhile];
    while (this.#breach === undefined) {
      const { held } = this.#gate;
      const state = `${this.#others.length} ${footprint.nameWith(held)}`;
      const options = [
        ...held.flatMap((one) => this.#fatesOf(one, footprint)),
        ...this.#others.map((one) => this.#let(one)),
      ];
      if (options.length === 0) return guide.isNewEnd(state);
      const next = guide.choose(state, options);
      const taken = options.find((option) => option === next);
      if (taken === undefined) return false;
      taken.take();
      await settle();
      this.#judgeBelts();
    }
    return true;
  }

  #fatesOf(held: Held, footprint: Footprint): readonly Next[] {
    const canCrash = footprint.crashes < this.#course.crashes;
    const fates: readonly Fate[] = canCrash ? ['served', 'lost', 'unheard'] : ['served'];
    return fates.map((fate) => ({
      text: `${textOf(held)}${FATES[fate]}`,
      isCrash: fate !== 'served',
      take: () => this.#serve(held, fate, footprint),
    }));
  }

  #let({ text, act }: Meanwhile): Next {
    const take = (): void => {
      this.#others = [];
      act(this.#cluster.server);
    };
    return { text, isCrash: false, take };
  }

  #serve(held: Held, fate: Fate, footprint: Footprint): void {
    const { by, request } = held;
    this.#gate.take(held);
    const response = fate === 'lost' ? undefined : held.serve(fate === 'served');
    if (fate === 'served' && response !== undefined) return footprint.tell(by, request, response);
    for (const other of this.#gate.held) if (other.by === by) this.#gate.take(other);
    footprint.kill(by);
    this.#operators[by.startsWith('operator-a') ? 0 : 1]?.kill();
  }

  #judgeBelts(): void {
    for (const { violations } of this.#operators)
      for (const broken of violations) testify(this.#witness, 'I1', { broken });
  }

  /** Until nothing is left to do. */
  async #rest(left: (store: ModelStore) => readonly string[] = unfinished): Promise<void> {
    const { clock, server } = this.#cluster;
    const deadline = clock.monotonic() + REST_MS;
    do {
      await this.#pass(5 * SECOND);
      this.#judgeBelts();
    } while (left(server.store).length > 0 && clock.monotonic() < deadline && this.#breach === undefined);
    const still = left(server.store);
    if (still.length > 0) this.#breach ??= { invariant: 'I13', text: still.join('; ') };
  }

  async #pass(ms: number): Promise<void> {
    await this.#cluster.clock.run(this.#cluster.clock.monotonic() + ms);
  }

  #process(name: string, seed: number): OperatorProcess {
    return new OperatorProcess({
      ...{ cluster: this.#cluster, name, seed, resyncMs: 60 * SECOND, gate: this.#gate },
      onExchange: (exchange) => this.#referee.judge(exchange, this.#cluster.clock.monotonic()),
      onSend: (by, request) => this.#footprint?.send(by, request),
      onReconcile: (by, { result }) => this.#referee.judgeEnd(by, result, this.#cluster.clock.monotonic()),
      log: () => {},
    });
  }
}

function textOf({ by, request }: Held): string {
  const { kind, name = '', isStatus = false } = targetOf(request.path) ?? {};
  const what = [request.method, kind?.kind, name, isStatus && 'status', request.path.includes('dryRun=') && 'dry run'];
  return `${by}: ${what.filter((part) => typeof part === 'string' && part !== '').join(' ')}`;
}
