// The walk, in the manner of Acto (SOSP '23): one property at a time is changed and changed back, and three oracles
// judge.
//
// - consistency: once nobody writes any more, the children are what the spec says and the status tells the truth;
// - differential: the state is that of a fleet that was made with this spec;
// - rollback: changed back, the state is what it was.
//
// Everything else that is true of a run of the simulation is asked too: its invariants, and that the operator logs no
// error.
import { canonicalJson } from '../../src/kube/hash.ts';
import { type Random, seededRandom } from '../../src/runtime/random.ts';
import { isObject, type Json } from '../sim/model/document.ts';
import { ModelError } from '../sim/model/model-error.ts';
import { NODE_DEPLOYMENT } from '../../src/api/v1alpha1/node-deployment.ts';
import { inconsistencies } from './consistency.ts';
import { differences, normalForm } from './normal-form.ts';
import { place } from './place.ts';
import { isOfPod, PROPERTIES, type Property } from './properties.ts';
import { type Hint, hintsFor, invalidValues, validValues } from './values.ts';
import { KEY, WalkerWorld } from './world.ts';

export interface WalkOptions {
  readonly seed: number;
  /** Operations after which the walk ends. */
  readonly count: number;
  /** Only properties whose path has this in it. */
  readonly only?: string;
  /** Of the steps that the seed gives, every so many-th: the walks of all shards together are the whole. */
  readonly shard?: { readonly index: number; readonly of: number };
  readonly onProgress?: (report: WalkReport) => void;
}

/** Steps that a world lives for: its rules remember all that was, and so get slower. */
const STEPS_OF_A_WORLD = 12;

export interface WalkReport {
  readonly seed: number;
  operations: number;
  /** How often each oracle was asked. */
  readonly asked: { consistency: number; differential: number; rollback: number; refusal: number };
  /** Paths of the properties of which at least one value was tried. */
  readonly walked: Set<string>;
  /** Of the schema. */
  readonly properties: number;
  readonly failures: Failure[];
}

export interface Failure {
  readonly oracle: keyof WalkReport['asked'] | 'invariant';
  readonly path: string;
  readonly value: unknown;
  readonly found: readonly string[];
}

/** What a walk tries: a value that is to be taken, or one that is to be refused. */
export interface Step {
  readonly property: Property;
  readonly value: unknown;
  readonly hint: Hint;
  readonly isValid: boolean;
}

function container(name: string): Json {
  return { containers: [{ name, image: `${name}:1` }] };
}

/** The spec that every step begins and ends with; where a pod's property is walked, of one member, which shows as much. */
export const BASE: Json = baseOf(2);
export const baseFor = ({ property }: Pick<Step, 'property'>): Json => (isOfPod(property) ? baseOf(1) : BASE);

function baseOf(replicas: number): Json {
  const spec = {
    replicas,
    template: { spec: container('web') },
    consumers: [
      { name: 'tail', kind: 'Follower', template: { spec: container('tail') } },
      { name: 'clean', kind: 'CronJob', schedule: '0 3 * * *', template: { spec: container('clean') } },
    ],
    storage: { size: '10Gi', mountPath: '/data' },
    service: { ports: [{ name: 'http', port: 80 }] },
  };
  return { spec };
}

export async function walk({ seed, count, only = '', shard, onProgress }: WalkOptions): Promise<WalkReport> {
  const report: WalkReport = {
    seed,
    operations: 0,
    asked: { consistency: 0, differential: 0, rollback: 0, refusal: 0 },
    walked: new Set(),
    properties: PROPERTIES.length,
    failures: [],
  };
  const walker = new Walker(seed, report);
  const all = planned(seed, only);
  for (const step of shard === undefined ? all : all.filter((_, index) => index % shard.of === shard.index)) {
    if (report.operations >= count) break;
    await walker.take(step);
    onProgress?.(report);
  }
  walker.end();
  return report;
}

/**
 * What a seed makes of the schema, in its order: every value of our own properties, and of each of a pod's one that is good.
 * What is bad there the API server alone refuses, and a walk there tries it.
 */
export function planned(seed: number, only: string): readonly Step[] {
  const random = seededRandom(seed);
  const steps = PROPERTIES.filter(({ path }) => path.includes(only)).flatMap((property) => {
    const valid = validSteps(property);
    if (isOfPod(property)) return valid.slice(Math.floor(random() * valid.length)).slice(0, 1);
    return [...valid, ...invalidValues(property).map((value) => ({ property, value, hint: {}, isValid: false }))];
  });
  // Together what begins with the same spec: a world is made once for many.
  return shuffled(steps, random).toSorted((a, b) => Number(isOfPod(a.property)) - Number(isOfPod(b.property)));
}

/** Every value that the property may have. */
export function validSteps(property: Property): readonly Step[] {
  return hintsFor(property).flatMap((hint) =>
    validValues(property, hint, valueAt(BASE, property.path, hint.index)).map((value) => ({
      property,
      value,
      hint,
      isValid: true,
    })),
  );
}

/** The spec of a step. */
export function specOf({ property, value, hint }: Pick<Step, 'property' | 'value' | 'hint'>): Json {
  const beside = Object.entries(hint.beside ?? {});
  const changed = place(baseFor({ property }), property.path, value, hint.index);
  return beside.reduce((spec, [path, also]) => place(spec, path, also, hint.index), changed);
}

function valueAt(object: Json, path: string, index = 0): unknown {
  return path.split(/\.|(?=\[\])/).reduce<unknown>((value, step) => {
    if (step === '[]') return Array.isArray(value) ? value[Math.min(index, value.length - 1)] : undefined;
    return isObject(value) ? value[step] : undefined;
  }, object);
}

class Walker {
  readonly #seed: number;
  readonly #report: WalkReport;
  #world: WalkerWorld | undefined;
  #home: readonly string[] = [];
  #base = '';
  #steps = 0;

  constructor(seed: number, report: WalkReport) {
    this.#seed = seed;
    this.#report = report;
  }

  async take(step: Step): Promise<void> {
    const { failures, walked } = this.#report;
    const before = failures.length;
    walked.add(step.property.path);
    if (!step.isValid) await this.#refuse(step);
    else if (step.hint.isFinal === undefined) await this.#thereAndBack(step);
    else await this.#fresh(step);
    this.#steps += 1;
    // After a failure, or where there is no way back, the next step begins elsewhere.
    if (failures.length > before || step.hint.isOneWay !== undefined || this.#steps % STEPS_OF_A_WORLD === 0)
      this.end();
  }

  end(): void {
    this.#world?.end();
    this.#world = undefined;
  }

  async #thereAndBack(step: Step): Promise<void> {
    const world = await this.#atHome(step);
    await this.#change(world, step, specOf(step));
    if (step.hint.differs === undefined) {
      const fresh = await this.#fresh(step);
      this.#judge('differential', step, differences(fresh, normalForm(world.server.store)));
    }
    if (step.hint.isOneWay !== undefined) return;
    await this.#change(world, step, baseFor(step));
    this.#judge('rollback', step, differences(this.#home, normalForm(world.server.store)));
  }

  /** A value that the schema refuses changes nothing. */
  async #refuse(step: Step): Promise<void> {
    const world = await this.#atHome(step);
    this.#report.operations += 1;
    const versionOf = () => world.server.store.get(NODE_DEPLOYMENT, KEY)?.metadata.resourceVersion;
    const version = versionOf();
    try {
      world.apply(specOf(step));
      this.#judge('refusal', step, ['it was taken']);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      this.#judge('refusal', step, versionOf() === version ? [] : ['it was refused, and stored']);
    }
  }

  /** The state of a fleet that is made with the spec. */
  async #fresh(step: Step): Promise<readonly string[]> {
    const world = new WalkerWorld(this.#seed);
    await this.#change(world, step, specOf(step));
    world.end();
    return normalForm(world.server.store);
  }

  async #change(world: WalkerWorld, step: Step, spec: Json): Promise<void> {
    this.#report.operations += 1;
    world.apply(spec);
    this.#judge('consistency', step, await world.settle(() => inconsistencies(world.server.store)));
    const broken = world.breaches.splice(0);
    if (broken.length > 0) this.#fail('invariant', step, broken);
  }

  async #atHome(step: Step): Promise<WalkerWorld> {
    const base = baseFor(step);
    if (this.#world !== undefined && canonicalJson(base) === this.#base) return this.#world;
    this.end();
    const world = new WalkerWorld(this.#seed);
    this.#base = canonicalJson(base);
    world.apply(base);
    const left = await world.settle(() => inconsistencies(world.server.store));
    if (left.length > 0) throw new Error(`walker: the spec to begin with is never reached: ${left.join('; ')}`);
    this.#home = normalForm(world.server.store);
    this.#world = world;
    return world;
  }

  #judge(oracle: keyof WalkReport['asked'], step: Step, found: readonly string[]): void {
    this.#report.asked[oracle] += 1;
    if (found.length > 0) this.#fail(oracle, step, found);
  }

  #fail(oracle: Failure['oracle'], { property: { path }, value }: Step, found: readonly string[]): void {
    this.#report.failures.push({ oracle, path, value, found });
  }
}

export function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** One line, which a replay can begin from. */
export function describeFailure({ oracle, path, value, found }: Failure): string {
  const lines = found.slice(0, 12).map((line) => `\n    ${line}`);
  return `${oracle}: ${path} = ${canonicalJson(value)}${lines.join('')}`;
}
