// One run of the simulation: a fleet's life under faults, then peace, and what has to be true during and after it.
import { createHash } from 'node:crypto';

import type { Cluster } from './actors/actor.ts';
import { People } from './actors/people.ts';
import { Choices, replay, type Source, type Tape } from './choices.ts';
import { endStateOf } from './end-state.ts';
import { type Breach, type Checked, testify, type Witness } from './invariants/invariants.ts';
import { Past } from './invariants/past.ts';
import type { Json } from './model/document.ts';
import type { SimExchange } from './network.ts';
import { OperatorProcess } from './operator-process.ts';
import { compare, isSameSpec, type Quiet, RESYNC_MS, settles, specOf, stays } from './peace.ts';
import { Referee } from './referee.ts';
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
  /** What another run is compared with: it is compared with nothing itself. */
  readonly isTwin?: boolean;
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
  /** What is asked for at the end. */
  readonly spec: Json | undefined;
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
/** Longer than any run: then no resync heals what was forgotten. */
const NEVER_MS = 86_400 * SECOND;
/** How long faults go on. */
const CHAOS_MS = [60 * SECOND, 20 * SECOND, 180 * SECOND] as const;
/** How long they go on when nobody edits any more. */
const AFTERMATH_MS = [0, 60 * SECOND, 180 * SECOND] as const;
/** One run of so many is compared with its twin, too. */
const TWIN_EVERY = 4;
/** What people have done, and to what kind of fleet. */
const IN_TWIN = /^(edit|world(?!\.second-operator))/;

export async function simulate(options: RunOptions): Promise<RunResult> {
  const run = new Run(options);
  try {
    return await run.complete();
  } finally {
    run.dispose();
  }
}

class Run {
  readonly #hash = createHash('sha256');
  readonly #options: RunOptions;
  readonly #cluster: Cluster;
  readonly #people: People;
  readonly #resyncMs: number;
  readonly #operators: readonly OperatorProcess[];
  readonly #counts = { commits: 0, reconciles: 0, conflicts: 0, kills: 0, exchanges: 0, seconds: 0 };
  readonly #witness: Witness = { checked: new Map(), onBreach: (breach) => this.#break(breach) };
  readonly #referee: Referee;
  #breach: Breach | undefined;
  #isOver = false;

  constructor(options: RunOptions) {
    this.#options = options;
    const { seed, fleet } = options;
    const choices = new Choices(options.source);
    const past = new Past();
    this.#cluster = createCluster(
      choices,
      this.#witness,
      (kind) => this.#changeWeather(kind),
      past,
      (text) => this.#line(text),
    );
    this.#referee = new Referee(this.#witness, past, this.#cluster.server.store);
    this.#cluster.server.onCommit(({ revision, type, kind, object, write }) => {
      this.#counts.commits += 1;
      this.#line(`${write.by} ${write.verb} ${type} ${kind.kind} ${object.metadata.name} @${revision}`);
    });
    this.#people = new People(this.#cluster, (act) => this.#line(`people: ${act}`), fleet);
    this.#resyncMs = choices.pick('world.resync', [RESYNC_MS, NEVER_MS]);
    const crowd = choices.pick('world.second-operator', ['one', 'two at once', 'two with a lease'] as const);
    const names = crowd === 'one' ? ['operator-a'] : ['operator-a', 'operator-b'];
    const isElected = crowd === 'two with a lease';
    this.#operators = names.map((name, index) => this.#process(name, seed + index * 7919, isElected));
  }

  async complete(): Promise<RunResult> {
    const { clock, choices } = this.#cluster;
    furnish(this.#cluster);
    this.#people.start();
    for (const operator of this.#operators) operator.start();
    if (this.#options.fleet === undefined) {
      await this.#until(clock.monotonic() + choices.pick('world.chaos', CHAOS_MS));
      // The last writes of a fleet meet faults too, and nothing comes after them that would heal what was forgotten.
      this.#people.end();
      await this.#until(clock.monotonic() + choices.pick('world.aftermath', AFTERMATH_MS));
    }
    choices.quiet();
    // Two at once is what a lease keeps from lasting: the one that lost it ends.
    for (const operator of this.#operators.slice(1)) operator.retire();
    if (this.#breach === undefined) await this.#judgePeace();
    const counts = { ...this.#counts, seconds: Math.round(clock.monotonic() / SECOND) };
    const hash = this.#hash.digest('hex').slice(0, 16);
    this.#isOver = true;
    const { made: tape, fired } = choices;
    const { store } = this.#cluster.server;
    const [end, spec] = [endStateOf(store), specOf(store)];
    return { breach: this.#breach, tape, hash, counts, end, spec, checked: this.#witness.checked, fired };
  }

  dispose(): void {
    for (const operator of this.#operators) operator.dispose();
  }

  async #judgePeace(): Promise<void> {
    const { clock, server } = this.#cluster;
    const quiet: Quiet = {
      store: server.store,
      witness: this.#witness,
      nowMs: () => clock.monotonic(),
      isBroken: () => this.#breach !== undefined,
      pass: (ms) => this.#until(clock.monotonic() + ms),
      ensure: () => this.#people.ensure(),
      writes: () => this.#referee.operatorWrites,
    };
    if (!(await settles(quiet)) || this.#options.fleet !== undefined) return;
    await stays(quiet);
    if (this.#breach === undefined && this.#options.isTwin !== true) await this.#compare();
  }

  /** I15: with a fleet of the same spec to which nothing has happened, and with one that was edited alike while nothing failed. */
  async #compare(): Promise<void> {
    const { store } = this.#cluster.server;
    const [end, fleet, { seed }] = [endStateOf(store), specOf(store), this.#options];
    if (fleet === undefined) return;
    const fresh = await simulate({ seed, source: replay({}), fleet });
    compare(end, this.#witness, fresh, 'a fresh fleet of that spec');
    if (seed % TWIN_EVERY !== 0) return;
    const edits = Object.entries(this.#cluster.choices.made).filter(([site]) => IN_TWIN.test(site));
    const twin = await simulate({ seed, source: replay(Object.fromEntries(edits)), isTwin: true });
    // Where nobody was there any more, as it was deleted later than here, an edit had nothing to change.
    if (isSameSpec(twin.spec, fleet)) compare(end, this.#witness, twin, 'after the same edits while nothing failed');
  }

  #process(name: string, seed: number, isElected: boolean): OperatorProcess {
    const process: OperatorProcess = new OperatorProcess({
      cluster: this.#cluster,
      name,
      seed,
      resyncMs: this.#resyncMs,
      isElected,
      ...(isElected && { onSend: (by, request) => this.#referee.judgeSend(by, request) }),
      onExchange: (exchange) => this.#take(exchange, process),
      onReconcile: (by, { result }) => {
        this.#counts.reconciles += 1;
        if (result.type === 'conflict') this.#counts.conflicts += 1;
        this.#referee.judgeEnd(by, result, this.#cluster.clock.monotonic());
      },
      log: (line) => this.#line(line),
    });
    return process;
  }

  /** Told when a request has reached the server, or is lost; the process may end right here. */
  #take(exchange: SimExchange, process: OperatorProcess): void {
    const { by, request, outcome } = exchange;
    const { choices, clock } = this.#cluster;
    this.#counts.exchanges += 1;
    this.#line(`${by} ${request.method} ${request.path.split('?', 1)[0]} ${outcome}`);
    this.#referee.judge(exchange, clock.monotonic());
    for (const broken of process.violations) testify(this.#witness, 'I1', { broken });
    const at = choices.pick('fault.kill', ['never', 'now', 'soon', 'later'] as const);
    if (at === 'never') return;
    clock.plan(at === 'now' ? 0 : at === 'soon' ? 2 : 40, () => {
      if (!process.isRunning) return;
      this.#counts.kills += 1;
      this.#line(`${by} is killed`);
      process.kill();
    });
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
    // What is halted may have a last word.
    if (this.#isOver) return;
    const line = `${(this.#cluster.clock.monotonic() / SECOND).toFixed(3)} ${text}`;
    this.#hash.update(line).update('\n');
    this.#options.onLine?.(line);
  }
}
