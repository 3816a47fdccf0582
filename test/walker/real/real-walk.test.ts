// A stretch of the walk on the real API server, with the same oracles: so the model is not the only judge. Several
// fleets at a time, each in a namespace of its own. A value may be refused by more than the schema here (rules of the
// CRD, the API server's own rules for pods): then nothing may have changed, or no child.
import { afterAll, expect, test } from 'vitest';

import { writeEvidence } from '../../../hack/evidence.ts';
import { canonicalJson } from '../../../src/kube/hash.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { newCluster, type Cluster } from '../../envtest/support/cluster.ts';
import { startOperator } from '../../envtest/support/operator.ts';
import { differences } from '../normal-form.ts';
import { isOfPod } from '../properties.ts';
import { baseFor, describeFailure, type Failure, planned, shuffled, specOf, type Step } from '../walk.ts';
import { childrenOf, RealWorld, type Settled } from './real-world.ts';

const { SEED = '', COUNT = '', ONLY = '' } = process.env;
const seed = Number(SEED) || 1;
/** Operations after which no further step begins. */
const most = Number(COUNT) || 120;
/** Fleets that are walked at a time. */
const LANES = 8;

/**
 * Of a pod's properties those of a container, which changes nothing about where it can run. Of sizes a server changes the form,
 * and what names a volume, a secret or a field is refused without one.
 */
const isWalkedHere = ({ property }: Step): boolean =>
  isOfPod(property)
    ? /template\.(metadata|spec\.containers)/.test(property.path) && !/resources|Ref\b|volume/.test(property.path)
    : !NEEDS_MORE.includes(property.path);
/** Volumes of a class that there is not never come. */
const NEEDS_MORE = ['spec.storage.storageClassName'];

const evidence = {
  ...{ seed, operations: 0, taken: 0, refused: 0, notAccepted: 0, properties: 0, failures: 0, seconds: 0 },
  oracles: { consistency: 0, differential: 0, rollback: 0, refusal: 0 },
};
const walked = new Set<string>();
const failures: Failure[] = [];
const startedAt = performance.now();

afterAll(() => {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  Object.assign(evidence, { properties: walked.size, failures: failures.length, seconds });
  process.stdout.write(`walk on the real API server: ${JSON.stringify(evidence)}\n`);
  if (ONLY === '' && COUNT === '') writeEvidence('walker-real', evidence);
});

/** A few of each sort in turn: ours that are good, a pod's, ours that are bad. */
function steps(): readonly Step[] {
  const all = planned(seed, ONLY).filter(isWalkedHere);
  const sorts = [
    all.filter(({ property, isValid }) => isValid && !isOfPod(property)),
    all.filter(({ property }) => isOfPod(property)),
    all.filter(({ isValid }) => !isValid),
  ].map((sort) => shuffled(sort, seededRandom(seed)));
  const longest = Math.max(...sorts.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) => sorts.flatMap((sort) => sort[index] ?? [])).flat();
}

/** A fleet that steps begin and end with. */
interface Home {
  readonly world: RealWorld;
  readonly base: string;
  readonly form: readonly string[];
}

class Lane {
  readonly #cluster: Cluster;
  readonly #name: string;
  #worlds = 0;
  #home: Home | undefined;

  constructor(cluster: Cluster, name: string) {
    this.#cluster = cluster;
    this.#name = name;
  }

  async take(step: Step): Promise<void> {
    walked.add(step.property.path);
    const before = failures.length;
    if (!step.isValid) await this.#refuse(step);
    else if (step.hint.isFinal === undefined) await this.#thereAndBack(step);
    else await this.#fresh(step);
    if (failures.length > before || step.hint.isOneWay !== undefined) await this.end();
  }

  async end(): Promise<void> {
    await this.#home?.world.end();
    this.#home = undefined;
  }

  async #thereAndBack(step: Step): Promise<void> {
    const { world, form } = await this.#atHome(step);
    const there = await this.#change(world, step, form);
    if (there?.isAccepted && step.hint.differs === undefined)
      this.#judge('differential', step, differences(await this.#fresh(step), there.form));
    if (there === undefined || step.hint.isOneWay !== undefined) return;
    evidence.operations += 1;
    await world.apply(baseFor(step));
    const back = await world.settle();
    this.#judge('rollback', step, [...back.left, ...differences(form, back.form)]);
  }

  async #refuse(step: Step): Promise<void> {
    const { world } = await this.#atHome(step);
    evidence.operations += 1;
    const version = await world.version();
    const { status } = await world.apply(specOf(step));
    evidence.refused += 1;
    const isSame = (await world.version()) === version;
    this.#judge('refusal', step, status >= 400 && status < 500 && isSame ? [] : [`it was answered ${status}`]);
  }

  /** Undefined where the server does not take it. */
  async #change(world: RealWorld, step: Step, home: readonly string[]): Promise<Settled | undefined> {
    evidence.operations += 1;
    const version = await world.version();
    const { status, message } = await world.apply(specOf(step));
    if (status >= 400) {
      evidence.refused += 1;
      const isSame = (await world.version()) === version;
      this.#judge('refusal', step, status < 500 && isSame ? [] : [`it was answered ${status}: ${message}`]);
      return undefined;
    }
    const settled = await world.settle();
    evidence[settled.isAccepted ? 'taken' : 'notAccepted'] += 1;
    if (settled.isAccepted) this.#judge('consistency', step, settled.left);
    else if (home.length > 0) this.#judge('refusal', step, differences(childrenOf(home), childrenOf(settled.form)));
    return settled;
  }

  async #fresh(step: Step): Promise<readonly string[]> {
    const world = await this.#newWorld();
    const settled = await this.#change(world, step, []);
    await world.end();
    return settled?.form ?? [];
  }

  async #atHome(step: Step): Promise<Home> {
    const base = canonicalJson(baseFor(step));
    if (this.#home?.base === base) return this.#home;
    await this.end();
    const world = await this.#newWorld();
    await world.apply(baseFor(step));
    const { form, left } = await world.settle();
    if (left.length > 0) throw new Error(`walker: the spec to begin with is never reached: ${left.join('; ')}`);
    this.#home = { world, base, form };
    return this.#home;
  }

  #newWorld(): Promise<RealWorld> {
    this.#worlds += 1;
    return new RealWorld(this.#cluster, `${this.#name}-${this.#worlds}`).enter();
  }

  #judge(oracle: keyof typeof evidence.oracles, { property: { path }, value }: Step, found: readonly string[]): void {
    evidence.oracles[oracle] += 1;
    if (found.length > 0) failures.push({ oracle, path, value, found });
  }
}

test(
  'properties that are changed and changed back on the real API server have the oracles content',
  { timeout: 900_000 },
  async () => {
    const cluster = await newCluster();
    await startOperator(cluster, { namespaces: [] });
    const queue = [...steps()];
    expect(queue.length, `no property has ${ONLY} in its path, or none that is walked here`).toBeGreaterThan(0);
    const walkLane = async (_: unknown, index: number): Promise<void> => {
      const lane = new Lane(cluster, `${cluster.namespace}-${index}`);
      for (let step = queue.shift(); step !== undefined && evidence.operations < most; step = queue.shift())
        await lane.take(step);
      await lane.end();
    };
    await Promise.all(Array.from({ length: LANES }, walkLane));
    expect(failures.map(describeFailure)).toEqual([]);
    expect(evidence.taken).toBeGreaterThan(0);
  },
);
