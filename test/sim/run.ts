// One run of the simulation: a fleet's life under faults, then peace, and what has to be true during and after it.
import { createHash } from 'node:crypto';

import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { EVENT, POD } from '../../src/kube/kinds.ts';
import type { Cluster } from './actors/actor.ts';
import { KEY, People } from './actors/people.ts';
import { unfinished } from './at-rest.ts';
import { Choices, replay, type Source, type Tape } from './choices.ts';
import { differences, endStateOf } from './end-state.ts';
import { Attempts } from './invariants/attempts.ts';
import { type Breach, type Checked, testify, type Witness } from './invariants/invariants.ts';
import { Pace } from './invariants/pace.ts';
import { Past } from './invariants/past.ts';
import { judged } from './invariants/rule.ts';
import { type Document, isObject, type Json } from './model/document.ts';
import { targetOf } from './model/http.ts';
import type { SimExchange } from './network.ts';
import { OperatorProcess } from './operator-process.ts';
import type { WeatherKind } from './weather.ts';
import { createCluster, furnish } from './world.ts';

export interface RunOptions {
  /** Of the operator's own random numbers. */
  readonly seed: number;
  readonly source: Source;
  /** Given each line of the run's log. */
  readonly onLine?: (line: string) => void;
  /** A fleet of this spec, to which nothing happens: the run ends when it is at rest. */
  readonly fleet?: Json;
}

export interface RunResult {
  readonly breach: Breach | undefined;
  /** The choices that were not 0: they repeat the run. */
  readonly tape: Tape;
  /** Of the whole log. */
  readonly hash: string;
  readonly counts: RunCounts;
  /** What is there at the end. */
  readonly end: readonly string[];
  /** How often each invariant was asked. */
  readonly checked: Checked;
  /** How often each fault and edit was chosen, of those that were offered. */
  readonly fired: ReadonlyMap<string, number>;
}

export interface RunCounts {
  readonly commits: number;
  readonly reconciles: number;
  readonly conflicts: number;
  readonly kills: number;
  readonly exchanges: number;
  /** Virtual time. */
  readonly seconds: number;
}

const SECOND = 1_000;
const RESYNC_MS = 60 * SECOND;
/** Longer than any run: then no resync heals what was forgotten. */
const NEVER_MS = 86_400 * SECOND;
/** How long faults go on. */
const CHAOS_MS = [60 * SECOND, 20 * SECOND, 180 * SECOND] as const;
/** The slowest way to rest: a silent watch is noticed after 235 s, an error backoff is 5 minutes long. */
const PEACE_MS = 3_600 * SECOND;
/** A watch that went silent has been noticed after four minutes. */
const NOTICED_MS = 300 * SECOND;
const LOOK_MS = 15 * SECOND;
const RESYNCS = 10;

export async function simulate(options: RunOptions): Promise<RunResult> {
  const run = new Run(options);
  return run.complete();
}

class Run {
  readonly #hash = createHash('sha256');
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #fleet: Json | undefined;
  readonly #cluster: Cluster;
  readonly #people: People;
  readonly #resyncMs: number;
  readonly #operators: readonly OperatorProcess[];
  readonly #counts = { commits: 0, reconciles: 0, conflicts: 0, kills: 0, exchanges: 0, seconds: 0 };
  readonly #attempts = new Attempts();
  readonly #past = new Past();
  readonly #witness: Witness = { checked: new Map(), onBreach: (breach) => this.#break(breach) };
  #breach: Breach | undefined;
  /** Attempted ones too. */
  #operatorWrites = 0;

  constructor({ seed, source, onLine, fleet }: RunOptions) {
    this.#onLine = onLine;
    this.#fleet = fleet;
    const choices = new Choices(source);
    this.#cluster = createCluster(choices, this.#witness, (kind) => this.#changeWeather(kind), this.#past);
    this.#cluster.server.onCommit(({ revision, type, kind, object, write }) => {
      this.#counts.commits += 1;
      this.#line(`${write.by} ${write.verb} ${type} ${kind.kind} ${object.metadata.name} @${revision}`);
    });
    this.#people = new People(this.#cluster, (act) => this.#line(`people: ${act}`), fleet);
    this.#resyncMs = choices.pick('world.resync', [RESYNC_MS, NEVER_MS]);
    const names =
      this.#cluster.choices.choose('world.second-operator', 2) === 0 ? ['operator-a'] : ['operator-a', 'operator-b'];
    this.#operators = names.map((name, index) => this.#process(name, seed + index * 7919));
  }

  async complete(): Promise<RunResult> {
    const { clock, choices } = this.#cluster;
    furnish(this.#cluster);
    this.#people.start();
    for (const operator of this.#operators) operator.start();
    if (this.#fleet === undefined) await this.#until(clock.monotonic() + choices.pick('world.chaos', CHAOS_MS));
    choices.quiet();
    if (this.#fleet === undefined) this.#people.end();
    // Two at once is what a lease keeps from lasting: the one that lost it ends.
    for (const operator of this.#operators.slice(1)) operator.retire();
    if (this.#breach === undefined) await this.#settle();
    const counts = { ...this.#counts, seconds: Math.round(clock.monotonic() / SECOND) };
    const hash = this.#hash.digest('hex').slice(0, 16);
    const { made: tape, fired } = choices;
    const end = endStateOf(this.#cluster.server.store);
    return { breach: this.#breach, tape, hash, counts, end, checked: this.#witness.checked, fired };
  }

  /** I13, then I14. */
  async #settle(): Promise<void> {
    const { clock, server } = this.#cluster;
    const deadline = clock.monotonic() + PEACE_MS;
    let restSince: number | undefined;
    while (clock.monotonic() < deadline && this.#breach === undefined) {
      const before = this.#operatorWrites;
      await this.#until(clock.monotonic() + LOOK_MS);
      this.#people.ensure();
      const isAtRest = unfinished(server.store).length === 0 && this.#operatorWrites === before;
      restSince = isAtRest ? (restSince ?? clock.monotonic()) : undefined;
      if (restSince !== undefined && clock.monotonic() - restSince >= NOTICED_MS)
        return this.#fleet ? undefined : this.#resync();
    }
    const left = unfinished(server.store);
    const why = left.length === 0 ? 'it never comes to rest' : left.join('; ');
    if (this.#breach === undefined)
      testify(this.#witness, 'I13', { broken: `${why}, ${PEACE_MS / SECOND} s after the last fault` });
  }

  async #resync(): Promise<void> {
    const { clock, server } = this.#cluster;
    const before = this.#operatorWrites;
    await this.#until(clock.monotonic() + RESYNCS * RESYNC_MS * 1.1);
    if (this.#breach !== undefined) return;
    const writes = this.#operatorWrites - before;
    // Also without a resync nobody may write any more.
    testify(this.#witness, 'I14', judged(writes > 0 && `${writes} writes in ${RESYNCS} resyncs at rest`));
    const left = unfinished(server.store);
    testify(this.#witness, 'I13', judged(left.length > 0 && `it does not stay as it was: ${left.join('; ')}`));
    await this.#compare();
  }

  /** I15: with a fleet of the same spec, made in a cluster in which nothing fails. */
  async #compare(): Promise<void> {
    const { store } = this.#cluster.server;
    const fleet = store.get(NODE_DEPLOYMENT, KEY)?.['spec'];
    if (!isObject(fleet)) return;
    const { end, breach } = await simulate({ seed: 1, source: replay({}), fleet });
    const differs = breach === undefined ? differences(endStateOf(store), end) : [breach.text];
    testify(
      this.#witness,
      'I15',
      judged(differs.length > 0 && `not as a fresh fleet of that spec: ${differs.join('; ')}`),
    );
  }

  #process(name: string, seed: number): OperatorProcess {
    const pace = new Pace();
    const process: OperatorProcess = new OperatorProcess({
      cluster: this.#cluster,
      name,
      seed,
      resyncMs: this.#resyncMs,
      onExchange: (exchange) => this.#take(exchange, process),
      observer: {
        onReconcile: ({ result }) => {
          this.#counts.reconciles += 1;
          testify(this.#witness, 'I17', pace.judge(result, this.#cluster.clock.monotonic()));
          if (result.type === 'conflict') this.#counts.conflicts += 1;
        },
      },
      log: (line) => this.#line(line),
    });
    return process;
  }

  /** Told when a request has reached the server, or is lost; the process may end right here. */
  #take(exchange: SimExchange, process: OperatorProcess): void {
    const { by, request, outcome } = exchange;
    this.#counts.exchanges += 1;
    const isWrite =
      request.method !== 'GET' && !request.path.includes(`/${EVENT.plural}`) && !request.path.includes('dryRun=All');
    if (isWrite) this.#operatorWrites += 1;
    this.#line(`${by} ${request.method} ${request.path.split('?', 1)[0]} ${outcome}`);
    if (isPodsRead(exchange)) this.#past.tellPodsRead(by, this.#cluster.clock.monotonic());
    const served = this.#served(exchange);
    if (served !== undefined) this.#attempts.serve(by, served);
    const verdicts = this.#attempts.judge({ ...exchange, atMs: this.#cluster.clock.monotonic() });
    for (const [invariant, verdict] of verdicts) testify(this.#witness, invariant, verdict);
    for (const broken of process.violations) testify(this.#witness, 'I1', { broken });
    const { choices, clock } = this.#cluster;
    const at = choices.pick('fault.kill', ['never', 'now', 'soon', 'later'] as const);
    if (at === 'never') return;
    clock.plan(at === 'now' ? 0 : at === 'soon' ? 2 : 40, () => {
      if (!process.isRunning) return;
      this.#counts.kills += 1;
      this.#line(`${by} is killed`);
      process.kill();
    });
  }

  /** The NodeDeployment that was just answered. */
  #served({ request, outcome, isHeard }: SimExchange): Document | undefined {
    const isRead = request.method === 'GET' && outcome === 200 && isHeard;
    const target = isRead ? targetOf(request.path) : undefined;
    if (target?.kind !== NODE_DEPLOYMENT || target.name === undefined) return undefined;
    return this.#cluster.server.store.get(NODE_DEPLOYMENT, KEY);
  }

  #changeWeather(kind: WeatherKind): void {
    this.#line(`weather: ${kind}`);
    if (kind === 'refused') for (const operator of this.#operators) operator.cut();
  }

  async #until(endMs: number): Promise<void> {
    await this.#cluster.clock.run(endMs, () => this.#breach !== undefined);
  }

  #break(breach: Breach): void {
    this.#line(`BROKEN ${breach.invariant}: ${breach.text}`);
    if (this.#breach !== undefined) return;
    this.#breach = breach;
    for (const operator of this.#operators) operator.halt();
  }

  #line(text: string): void {
    const line = `${(this.#cluster.clock.monotonic() / SECOND).toFixed(3)} ${text}`;
    this.#hash.update(line).update('\n');
    this.#onLine?.(line);
  }
}

/** Whether a process was told of the pods of members, as they are; an informer asks for all of them. */
function isPodsRead({ request, outcome, isHeard }: SimExchange): boolean {
  if (request.method !== 'GET' || outcome !== 200 || !isHeard) return false;
  const target = targetOf(request.path);
  return target?.kind === POD && target.query.has('labelSelector');
}
