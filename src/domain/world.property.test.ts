// Whole lives of fleets in the tiny cluster: any spec edits, any order of events, caches that lag behind.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { NodeDeploymentSpec } from '../api/v1alpha1/node-deployment.ts';
import { statusSchema } from '../api/v1alpha1/status.ts';
import { LABEL } from '../api/v1alpha1/names.ts';
import { type Stored, isTerminating } from '../kube/object.ts';
import { isFinished } from '../kube/jobs.ts';
import { claimsOf, isTerminal, readySinceMs } from '../kube/pods.ts';
import type { Plan } from './actions.ts';
import { desire, share } from './desired/desire.ts';
import { revisionOf } from './desired/pod-template.ts';
import { revisionOfSet } from './member.ts';
import { NOW, STORAGE, type SpecInput, cleanUpOf, deployment, running, workerOf } from './testing/build.ts';
import { edit, type Reconciled, reconcile, remove } from './testing/operator.ts';
import { faults, setReady } from './testing/faults.ts';
import { emptyWorld, moves, type Move, passTime, ticks, type World } from './testing/world.ts';

const RUNS = 100;
/** Reconciles, moves and looks after the last edit; the slowest fleets need about 150. */
const ENOUGH = 600;
/** Reconciles and moves in which a hand-off gets to its start. */
const A_WHILE = 40;

type StorageKind = 'none' | 'ReadWriteOnce' | 'ReadWriteMany';
interface Life {
  readonly storage: StorageKind;
  readonly isAddedLater: boolean;
  readonly onScaleDown: 'Retain' | 'Delete';
  readonly onDelete: 'Retain' | 'Delete';
}
interface Choice {
  readonly replicas: number;
  readonly image: string;
  readonly size: string;
  readonly isPaused: boolean;
  readonly isSuspended: boolean;
  /** Image of a follower; undefined: there is none. */
  readonly worker: string | undefined;
  /** Image of a CronJob; undefined: there is none. */
  readonly nightly: string | undefined;
  readonly rollout: {
    readonly maxUnavailable: number | string;
    readonly maxSurge: number | string;
    readonly partition: number;
    readonly paused: boolean;
    readonly minReadySeconds: number;
  };
}
type Step =
  | { readonly type: 'reconcile'; readonly lag: number }
  | { readonly type: 'move'; readonly pick: number }
  | { readonly type: 'tick'; readonly pick: number }
  | { readonly type: 'edit'; readonly choice: Choice }
  | { readonly type: 'wait'; readonly seconds: number }
  | { readonly type: 'fault'; readonly pick: number };

const PERSISTENT: Life = { storage: 'ReadWriteOnce', isAddedLater: false, onScaleDown: 'Retain', onDelete: 'Retain' };
const rarely = fc.nat(5).map((n) => n === 5);
const lives: fc.Arbitrary<Life> = fc.record({
  storage: fc.constantFrom<StorageKind>('none', 'ReadWriteOnce', 'ReadWriteOnce', 'ReadWriteMany'),
  isAddedLater: rarely,
  onScaleDown: fc.constantFrom('Retain', 'Delete'),
  onDelete: fc.constantFrom('Retain', 'Delete'),
});
const choices: fc.Arbitrary<Choice> = fc.record({
  replicas: fc.nat(4),
  image: fc.constantFrom('app:1', 'app:2', 'app:3', 'bad:1', 'refused:1'),
  size: fc.constantFrom('10Gi', '20Gi'),
  isPaused: rarely,
  isSuspended: rarely,
  worker: fc.constantFrom(undefined, undefined, 'worker:1', 'worker:2', 'bad:1'),
  nightly: fc.constantFrom(undefined, 'clean:1', 'clean:2', 'bad:1'),
  rollout: fc.record({
    maxUnavailable: fc.constantFrom<number | string>(1, 2, '50%'),
    maxSurge: fc.constantFrom<number | string>(1, 2, '30%', 0),
    partition: fc.constantFrom(0, 0, 1, 2),
    paused: rarely,
    minReadySeconds: fc.constantFrom(0, 30),
  }),
});
const script = (...more: { weight: number; arbitrary: fc.Arbitrary<Step> }[]): fc.Arbitrary<readonly Step[]> =>
  fc.array(
    fc.oneof(
      ...more,
      { weight: 8, arbitrary: fc.record({ type: fc.constant('reconcile' as const), lag: fc.nat(3) }) },
      { weight: 12, arbitrary: fc.record({ type: fc.constant('move' as const), pick: fc.nat(9) }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('tick' as const), pick: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('edit' as const), choice: choices }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.constantFrom(30, 700) }) },
    ),
    { maxLength: 90 },
  );
const steps = script();
const faultySteps = script({
  weight: 3,
  arbitrary: fc.record({ type: fc.constant('fault' as const), pick: fc.nat(9) }),
});

const consumersOf = ({ worker, nightly }: Pick<Choice, 'worker' | 'nightly'>): NonNullable<SpecInput['consumers']> => [
  ...(worker === undefined ? [] : [workerOf(worker)]),
  ...(nightly === undefined ? [] : [cleanUpOf(nightly)]),
];

function inputOf(life: Life, choice: Choice, isLater: boolean): SpecInput {
  const { storage, onScaleDown, onDelete } = life;
  const hasStorage = storage !== 'none' && (isLater || !life.isAddedLater);
  return {
    replicas: choice.replicas,
    paused: choice.isPaused,
    suspend: choice.isSuspended,
    template: running(choice.image),
    rollout: choice.rollout,
    ...(hasStorage && { consumers: consumersOf(choice) }),
    ...(hasStorage
      ? { storage: { size: choice.size, accessMode: storage, retention: { onScaleDown, onDelete } } }
      : {}),
  };
}

const specOf = (life: Life, choice: Choice, isLater: boolean): NodeDeploymentSpec =>
  deployment(inputOf(life, choice, isLater)).spec;

/** Members whose own pod, or the surge pod in its place, is Ready and told to stay. */
function serving(world: World, replicas: number): number {
  const isServing = (name: string): boolean => {
    const set = world.statefulSets.find(({ metadata }) => metadata.name === name);
    const pod = world.pods.find(({ metadata }) => metadata.name === `${name}-0`);
    return set !== undefined && set.spec?.replicas !== 0 && pod !== undefined && readySinceMs(pod) !== undefined;
  };
  return Array.from({ length: replicas }, (_, ordinal) => `web-${ordinal}`).filter(
    (name) => isServing(name) || isServing(`${name}-surge`),
  ).length;
}

const isMember = ({ metadata }: Stored): boolean => metadata.labels?.[LABEL.member] !== undefined;
const membersOf = ({ statefulSets }: World) => statefulSets.filter(isMember);

const isSame = (set: Stored) => (other: Stored) => other.metadata.uid === set.metadata.uid;

/** Names of the records that the templates of the StatefulSets ought to have. */
const recordsOf = (world: World): string[] =>
  world.deployment === undefined
    ? []
    : membersOf(world).map((set) => `${world.deployment?.metadata.name}-${revisionOfSet(set)}`);

function checkReconcile(before: World, seen: World, { world, broken, status, plan }: Reconciled): void {
  expect(broken).toEqual([]);
  checkFollowers(before, world);
  expect(world.revisions.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(recordsOf(world)));
  if (status !== undefined) statusSchema.parse(status);
  // Which member is broken is decided by the cache: one that has recovered since may be moved as a broken one.
  if (seen !== before) return;
  const { deployment: owner } = before;
  if (owner === undefined || plan === undefined) return;
  const desired = desire(owner);
  if (desired.isTeardown) return;
  checkTemplates(before, world, plan);
  if (desired.isSuspended) return;
  const { maxUnavailable } = owner.spec.rollout;
  const allowed = desired.isSurging ? 0 : Math.max(1, share(maxUnavailable, desired.replicas, Math.floor));
  const floor = Math.min(serving(before, desired.replicas), desired.replicas - allowed);
  expect(serving(world, desired.replicas)).toBeGreaterThanOrEqual(floor);
}

/** A refused template reaches nothing; a member made below the partition has the template that the members agreed on. */
function checkTemplates(before: World, after: World, plan: Plan): void {
  const made = membersOf(after).filter((set) => !before.statefulSets.some(isSame(set)));
  for (const set of membersOf(after)) {
    expect(set.spec?.template.spec?.containers[0]?.image).not.toMatch(/^refused:/);
    if (plan.refusal === undefined) continue;
    const earlier = before.statefulSets.find(isSame(set));
    expect(set.spec?.template).toEqual(earlier?.spec?.template);
    if (before.deployment?.spec.suspend !== true)
      expect(set.spec?.replicas).toBeGreaterThanOrEqual(earlier?.spec?.replicas ?? 0);
  }
  const { spec, status } = before.deployment ?? {};
  const record = before.revisions.find(({ metadata }) => metadata.name === `web-${status?.currentRevision}`);
  if (spec === undefined || record === undefined) return;
  const agreed = revisionOf({ ...spec, template: record.data.spec.template });
  if (agreed !== status?.currentRevision) return;
  for (const set of made) {
    const ordinal = Number(/^web-(\d+)$/.exec(set.metadata.name)?.[1]);
    if (ordinal < spec.rollout.partition) expect(revisionOfSet(set)).toBe(agreed);
  }
}

/** No member is started by the operator while a process may still write to its volume. */
function checkStarts(before: World, { plan, writes }: Reconciled): void {
  if (before.deployment?.spec.storage?.accessMode === 'ReadWriteMany' || writes === 0) return;
  for (const action of plan?.actions ?? []) {
    if (action.type !== 'Apply' || !['Start', 'Resume'].includes(action.purpose)) continue;
    const writers = before.processes.filter(({ claims }) => claims.includes(action.member));
    expect(writers, `processes that write to ${action.member} when it is started`).toEqual([]);
  }
}

/** The members that have a follower beside them, sorted. @throws AssertionError for a consumer elsewhere */
function groups({ pods }: World): readonly string[] {
  const followers = pods.filter((pod) => !isMember(pod) && !isTerminal(pod));
  for (const { metadata, spec } of followers) {
    const member = pods.find((pod) => pod.metadata.labels?.[LABEL.member] === metadata.labels?.[LABEL.consumerOf]);
    expect(spec?.nodeName, `machine of ${metadata.name}`).toBe(member?.spec?.nodeName);
  }
  return followers.flatMap(({ metadata }) => metadata.labels?.[LABEL.consumerOf] ?? []).toSorted();
}

/** A follower comes only where its member is, and its member is told to stop only when it is gone. */
function checkFollowers(before: World, after: World): void {
  // Once the fleet is gone, the garbage collector takes what it owned in any order.
  if (after.deployment === undefined) return;
  for (const pod of after.pods.filter((one) => !isMember(one) && !isTerminal(one))) {
    const member = pod.metadata.labels?.[LABEL.consumerOf] ?? '';
    const set = after.statefulSets.find(({ metadata }) => metadata.name === member);
    const wasTold = before.statefulSets.find(({ metadata }) => metadata.name === member)?.spec?.replicas === 0;
    const isStopped = set?.spec?.replicas === 0;
    expect(isStopped && !wasTold, `member ${member} is told to stop beside pod ${pod.metadata.name}`).toBe(false);
    const isNew = !before.pods.some(isSame(pod));
    expect(isNew && (set === undefined || isStopped), `pod ${pod.metadata.name} is made without its member`).toBe(
      false,
    );
  }
}

function checkMove(before: World, after: World): void {
  checkFollowers(before, after);
  for (const claim of after.claims.filter(({ spec }) => spec?.accessModes?.includes('ReadWriteMany') !== true)) {
    const mounts = ({ pods }: World) =>
      pods.filter((pod) => isMember(pod) && claimsOf(pod).includes(claim.metadata.name));
    expect(mounts(after).length, `pods on claim ${claim.metadata.name}`).toBeLessThanOrEqual(1);
    const attached = before.attachments.filter(
      ({ spec }) => spec.source.persistentVolumeName === claim.spec?.volumeName,
    );
    if (mounts(after).length > mounts(before).length) expect(attached, 'attached before the pod starts').toEqual([]);
  }
}

const pickOf = (possible: readonly Move[], pick: number): Move =>
  possible[pick % Math.max(1, possible.length)] ?? ((world) => world);

function move(world: World, pick: number): World {
  const next = pickOf(moves(world), pick)(world);
  checkMove(world, next);
  return next;
}

function live(life: Life, first: Choice, script: readonly Step[]): World {
  return run(emptyWorld(deployment(inputOf(life, first, false)), NOW), life, script);
}

function run(start: World, life: Life, script: readonly Step[]): World {
  let world = start;
  let seen: readonly World[] = [world];
  const isFaulty = script.some(({ type }) => type === 'fault');
  for (const step of script) {
    if (step.type === 'reconcile') {
      const cached = seen[Math.max(0, seen.length - 1 - step.lag)] ?? world;
      const done = reconcile(world, cached);
      if (isFaulty) checkStarts(world, done);
      else checkReconcile(world, cached, done);
      // A cache may lag behind others, never behind the operator's own writes: runtime/cache/own-writes.ts.
      if (done.writes > 0) seen = [];
      ({ world } = done);
    } else if (step.type === 'fault') world = pickOf(faults(world), step.pick)(world);
    else if (step.type === 'tick') world = pickOf(ticks(world), step.pick)(world);
    else if (step.type === 'move') world = isFaulty ? pickOf(moves(world), step.pick)(world) : move(world, step.pick);
    else if (step.type === 'edit') world = edit(world, specOf(life, step.choice, true));
    else world = { ...world, now: world.now + step.seconds * 1000 };
    world = passTime(world);
    seen = [...seen, world];
  }
  return world;
}

/**
 * Lets everybody work on for a while after the faults, with nothing healed but the machines: what was removed by force may
 * still write, and members are to start beside it. Not until rest: for some of it only time helps.
 */
function workOn(start: World): World {
  let world = start.machines.reduce((now, { metadata }) => setReady(now, metadata.name, 'True'), start);
  for (let round = 0; round < A_WHILE; round += 1) {
    const done = reconcile(world);
    checkStarts(world, done);
    world = passTime(pickOf(moves(done.world), round)(done.world));
  }
  return world;
}

/** Lets everybody work until there is nothing left to do. @throws if that takes too long. */
function settle(start: World): World {
  let world = start;
  for (let round = 0; round < ENOUGH; round += 1) {
    const done = reconcile(world);
    checkReconcile(world, world, done);
    ({ world } = done);
    if (done.writes > 0) continue;
    const { lookAgainAtMs } = done.plan ?? {};
    if (moves(world).length > 0) world = move(world, round);
    else if (lookAgainAtMs === undefined) return world;
    else world = { ...world, now: Math.max(world.now, lookAgainAtMs) };
  }
  throw new Error(`not at rest after ${ENOUGH} rounds: ${JSON.stringify(world.deployment?.status, undefined, 1)}`);
}

const good = (choice: Choice): Choice => ({
  ...choice,
  image: choice.image.startsWith('app:') ? choice.image : 'app:3',
  isPaused: false,
  rollout: { ...choice.rollout, paused: false },
});

// Thousands of reconciles each: the limit only ends a hang.
describe('a fleet in the tiny cluster', { timeout: 240_000 }, () => {
  test('is safe at every step, and converges to its last spec', () => {
    fc.assert(
      fc.property(lives, choices, steps, choices, (life, first, script, last) => {
        const spec = specOf(life, good({ ...last, rollout: { ...last.rollout, partition: 0 } }), true);
        const world = settle(edit(live(life, first, script), spec));
        const names = Array.from({ length: spec.replicas }, (_, ordinal) => `web-${ordinal}`);
        const sets = spec.suspend ? membersOf(world).map(({ metadata }) => metadata.name) : names;
        expect(
          membersOf(world)
            .map(({ metadata }) => metadata.name)
            .toSorted(),
        ).toEqual(sets.toSorted());
        expect(
          world.pods
            .filter(isMember)
            .map(({ metadata }) => metadata.name)
            .toSorted(),
        ).toEqual(spec.suspend ? [] : names.map((name) => `${name}-0`));
        const has = (kind: string) => !spec.suspend && spec.consumers?.some((one) => one.kind === kind);
        expect(groups(world)).toEqual(has('Follower') ? names.toSorted() : []);
        const due = world.cronJobs.filter((cronJob) => cronJob.spec?.suspend === false);
        expect(due.map(({ metadata }) => metadata.name).toSorted()).toEqual(
          has('CronJob') ? names.map((name) => `${name}-clean-up`) : [],
        );
        expect(world.jobs.filter((job) => !isFinished(job))).toEqual([]);
        if (!spec.suspend) {
          expect(membersOf(world).map(revisionOfSet)).toEqual(names.map(() => revisionOf(spec)));
          const conditions = world.deployment?.status?.conditions ?? [];
          expect(conditions.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' });
          expect(world.deployment?.status?.plan?.phase).not.toBe('Active');
          if (spec.storage !== undefined) {
            expect(world.claims.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(names));
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('leaves no surge behind and comes to rest under a partition', () => {
    fc.assert(
      fc.property(lives, choices, steps, choices, (life, first, script, last) => {
        const world = settle(edit(live(life, first, script), specOf(life, good(last), true)));
        expect(world.statefulSets.filter(({ metadata }) => metadata.name.endsWith('-surge'))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  test('is at rest once it has converged: no writes, however often and late it is looked at', () => {
    fc.assert(
      fc.property(lives, choices, steps, (life, first, script) => {
        let world = settle(live(life, first, script));
        for (const hours of [0, 0, 1, 24]) {
          const hasBudget = world.deployment !== undefined && desire(world.deployment).isBudgetWanted;
          if (world.deployment?.spec.paused === false) expect(world.budgets).toHaveLength(hasBudget ? 1 : 0);
          world = { ...world, now: world.now + hours * 3_600_000 };
          const done = reconcile(world);
          expect({ writes: done.writes, actions: done.plan?.actions.filter(({ type }) => type !== 'Wait') }).toEqual({
            writes: 0,
            actions: [],
          });
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('goes whole when it is deleted, and its claims go or stay as the policy says', () => {
    fc.assert(
      fc.property(lives, choices, steps, (life, first, script) => {
        const before = live(life, first, script);
        // The finalizer comes with the first reconcile; a fleet that never had one owns no claims.
        const ready = reconcile(edit(before, specOf(life, good(first), true))).world;
        const world = settle(remove(ready));
        expect(world.deployment).toBeUndefined();
        expect([...world.statefulSets, ...world.services, ...world.pods]).toEqual([]);
        expect([...world.cronJobs, ...world.jobs]).toEqual([]);
        expect([...world.revisions, ...world.budgets]).toEqual([]);
        const kept = ready.claims.filter((claim) => !isTerminating(claim)).map(({ metadata }) => metadata.uid);
        const isDeleted = specOf(life, first, true).storage?.retention.onDelete === 'Delete';
        const left = world.claims.map(({ metadata }) => metadata.uid);
        expect(left.toSorted()).toEqual(isDeleted ? [] : kept.toSorted());
      }),
      { numRuns: RUNS },
    );
  });

  test.for([
    ['attached', false],
    ['of a driver that attaches nothing', true],
  ] as const)(
    'with volumes %s never starts a member beside a process that may write, whatever fails',
    ([, isUnattached]) => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 2 }), fc.boolean(), faultySteps, (replicas, isGroup, script) => {
          const consumers = consumersOf({ worker: 'worker:1', nightly: 'clean:1' });
          const spec = (image: string) =>
            deployment({
              ...{ replicas, template: running(image), storage: STORAGE, rollout: { maxUnavailable: 2 } },
              ...(isGroup && { consumers }),
            });
          const ready = settle(emptyWorld(spec('app:1'), NOW, isUnattached));
          workOn(run(edit(ready, spec('app:2').spec), PERSISTENT, script));
        }),
        { numRuns: 2 * RUNS },
      );
    },
  );
});
