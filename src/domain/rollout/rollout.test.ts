import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { MemberStatus, RolloutPlan, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { desire } from '../desired/desire.ts';
import { revisionOf } from '../desired/pod-template.ts';
import type { StoredStatefulSet } from '../../kube/kinds.ts';
import { NO_READINGS, type Readings } from '../observed.ts';
import { plan } from '../plan.ts';
import { planRollout } from './rollout.ts';
import {
  NOW,
  type PodChange,
  STORAGE,
  type SpecInput,
  at,
  claim,
  deployment,
  observe,
  pod,
  record,
  running,
  service,
  statefulSet,
  surgeSet,
  volumeOf,
  workerOf,
} from '../testing/build.ts';

const TARGET: SpecInput = { template: running('app:2') };
const activePlan = (owner: StoredNodeDeployment, change: Partial<RolloutPlan> = {}): RolloutPlan => ({
  id: 'plan-1',
  purpose: 'Rollout',
  generation: 1,
  targetRevision: revisionOf(owner.spec),
  phase: 'Active',
  createdAt: at(-60),
  members: [],
  ...change,
});

type Member = 'old' | 'new' | 'old broken' | 'new broken' | 'old stopped' | 'old stopping' | 'old young' | 'absent';

const PODS: Readonly<Record<Exclude<Member, 'absent' | 'old stopped'>, PodChange>> = {
  old: {},
  new: {},
  'old broken': { ready: false, waiting: 'ImagePullBackOff' },
  'new broken': { ready: false, metadata: { creationTimestamp: at(-50) }, readySince: at(-50) },
  'old stopping': {},
  'old young': { readySince: at(-5) },
};

/** The fleet whose member at each ordinal is as the list says. */
function world(owner: StoredNodeDeployment, members: readonly Member[]): Readings {
  const old = { ...owner, spec: { ...owner.spec, template: running('app:1') } };
  const sets = members.flatMap((member, ordinal) => {
    if (member === 'absent') return [];
    const isStopped = member === 'old stopped' || member === 'old stopping';
    return [
      statefulSet(member.startsWith('new') ? owner : old, ordinal, { replicas: isStopped ? 0 : 1, quiescedAt: at(-9) }),
    ];
  });
  const pods = members.flatMap((member, ordinal) =>
    member === 'absent' || member === 'old stopped'
      ? []
      : [pod(member.startsWith('new') ? owner : old, ordinal, PODS[member])],
  );
  const services = members.flatMap((member, ordinal) => (member === 'absent' ? [] : [service(owner, ordinal)]));
  const claims = owner.spec.storage === undefined ? [] : members.map((_, ordinal) => claim(owner, ordinal));
  const revisions = [record(owner)];
  const provenClaims = new Set(members.map((_, ordinal) => `web-${ordinal}`));
  const volumes = claims.map(volumeOf);
  return { ...NO_READINGS, statefulSets: sets, services, claims, pods, revisions, volumes, provenClaims };
}

/** As the StatefulSet controller has seen it. */
function asSeen(set: StoredStatefulSet): StoredStatefulSet {
  return { ...set, metadata: { ...set.metadata, generation: 1 }, status: { observedGeneration: 1, replicas: 1 } };
}

function roll(spec: SpecInput, members: readonly Member[], stored?: 'none' | Partial<RolloutPlan>) {
  const bare = deployment({ replicas: members.length, ...TARGET, ...spec });
  const owner = deployment(
    { replicas: members.length, ...TARGET, ...spec },
    {},
    stored === 'none' ? {} : { plan: activePlan(bare, stored) },
  );
  const observed = observe(owner, world(owner, members));
  return { ...planRollout(desire(owner), observed), actions: plan(desire(owner), observed) };
}
const moved = (spec: SpecInput, members: readonly Member[], stored?: Partial<RolloutPlan>): readonly string[] =>
  [...roll(spec, members, stored).moving].map((name) => name.slice('web-'.length)).toSorted();

describe('the plan of a rollout', () => {
  test('is recorded alone, before any of its effects', () => {
    const { actions } = roll({ storage: STORAGE }, ['old', 'absent'], 'none');
    expect(actions.actions).toEqual([]);
    expect(actions.rolloutPlan).toMatchObject({
      phase: 'Active',
      purpose: 'Rollout',
      members: ['web-0'],
      createdAt: at(0),
    });
  });

  test('has the same id in two reconciles that race at different times', () => {
    const owner = deployment({ ...TARGET });
    const ids = fc
      .sample(fc.nat(1e6), 5)
      .map((later) => planRollout(desire(owner), observe(owner, world(owner, ['old']), NOW + later)).plan?.id);
    expect(new Set(ids).size).toBe(1);
  });

  test.for<[name: string, spec: SpecInput, metadata: { uid?: string; generation?: number }]>([
    ['uid', {}, { uid: 'other' }],
    ['generation', {}, { generation: 2 }],
    ['target revision', { template: running('app:3') }, {}],
  ])('has another id for another %s', ([, spec, metadata]) => {
    const idOf = (owner: StoredNodeDeployment) =>
      planRollout(
        desire(owner),
        observe(owner, { statefulSets: [statefulSet({ ...deployment({}), metadata: owner.metadata }, 0)] }),
      ).plan?.id;
    const id = idOf(deployment(TARGET));
    expect(id).toBeDefined();
    expect(idOf(deployment({ ...TARGET, ...spec }, metadata))).not.toBe(id);
  });

  test.for<[name: string, spec: SpecInput, members: readonly Member[]]>([
    ['nothing is outdated', {}, ['new', 'new']],
    ['the fleet is new', {}, ['absent', 'absent']],
    ['what is outdated is below the partition', { rollout: { partition: 1 } }, ['old', 'new']],
    ['the rollout is paused', { rollout: { paused: true } }, ['old', 'old']],
    ['the fleet is suspended', { suspend: true }, ['old', 'old']],
  ])('is not made while %s', ([, spec, members]) => {
    expect(roll(spec, members, 'none')).toMatchObject({ isNew: false, plan: undefined });
  });

  test('is superseded, alone, when the target changes under it', () => {
    const { actions } = roll({ storage: STORAGE }, ['old', 'new'], { targetRevision: 'former' });
    expect(actions).toMatchObject({ actions: [], rolloutPlan: { id: 'plan-1', phase: 'Superseded' } });
  });

  test('gives way to a new one once it is superseded', () => {
    expect(roll({}, ['old'], { targetRevision: 'former', phase: 'Superseded' })).toMatchObject({
      isNew: true,
      plan: { phase: 'Active' },
    });
  });

  test.for<[members: readonly Member[], phase: string]>([
    [['new', 'new'], 'Completed'],
    [['new', 'old'], 'Active'],
    [['new', 'new broken'], 'Active'],
    [['new', 'absent'], 'Active'],
  ])('with members %s it is %s', ([members, phase]) => {
    expect(roll({ storage: STORAGE }, members).plan?.phase).toBe(phase);
  });
});

describe('the budget of a Recreate', () => {
  const spec = (rollout: SpecInput['rollout'] = {}): SpecInput => ({ storage: STORAGE, rollout });

  test.for<[name: string, rollout: SpecInput['rollout'], members: readonly Member[], moving: readonly string[]]>([
    ['moves the highest ordinal first', {}, ['old', 'old', 'old'], ['2']],
    ['moves as many as maxUnavailable says', { maxUnavailable: 2 }, ['old', 'old', 'old'], ['1', '2']],
    ['takes a percentage of the fleet, rounded down', { maxUnavailable: '70%' }, ['old', 'old', 'old'], ['1', '2']],
    ['takes a percentage of less than one member for one', { maxUnavailable: '10%' }, ['old', 'old', 'old'], ['2']],
    ['moves a broken outdated member at once', {}, ['old broken', 'new broken', 'old'], ['0']],
    ['moves all broken outdated members together', {}, ['old broken', 'old broken', 'old broken'], ['0', '1', '2']],
    ['stops no healthy member beside a broken one', {}, ['old', 'old broken', 'old'], ['1']],
    ['stops nothing while an updated member is broken', {}, ['old', 'old', 'new broken'], []],
    ['stops nothing while a member is missing', {}, ['old', 'old', 'absent'], []],
    ['goes on with what is stopped already', {}, ['old', 'old', 'old stopped'], ['2']],
    ['counts a stopped member whose pod is still Ready', {}, ['old', 'old', 'old stopping'], ['2']],
    [
      'stops young members within the budget: they are Ready',
      { minReadySeconds: 30 },
      ['old young', 'old young'],
      ['1'],
    ],
    ['leaves ordinals below the partition alone', { partition: 2 }, ['old', 'old', 'old'], ['2']],
    ['leaves broken ordinals below the partition alone', { partition: 1 }, ['old broken', 'new'], []],
    [
      'finishes what is in flight while it is paused, and starts nothing',
      { paused: true },
      ['old', 'old broken', 'old stopped'],
      ['2'],
    ],
  ])('%s', ([, rollout, members, moving]) => {
    expect(moved(spec(rollout), members)).toEqual(moving);
  });
});

describe('a member that only the cache says is broken', () => {
  const seen = (read: Partial<Readings>, rollout: SpecInput['rollout'] = {}) => {
    const bare = deployment({ replicas: 3, ...TARGET, rollout });
    const owner = { ...bare, status: { plan: activePlan(bare) } };
    const observed = observe(owner, { ...world(owner, ['old', 'old broken', 'old']), ...read });
    return plan(desire(owner), observed).actions.map((action) =>
      action.type === 'Apply' ? `${action.purpose} ${action.object.metadata?.name}` : `${action.type} web-1`,
    );
  };
  const cached = { provenClaims: new Set<string>() };

  test.for([
    ['without surge', { maxSurge: 0 }, []],
    ['with surge', { maxSurge: 1 }, ['Surge web-2-surge']],
  ] as const)('is read live, %s, and not stopped', ([, rollout, others]) => {
    expect(seen(cached, rollout).toSorted()).toEqual(['Prove web-1', ...others]);
    expect(seen({}, rollout).toSorted()).toEqual(['Quiesce web-1', ...others]);
  });

  test('counts against the budget of the others while it is not known', () => {
    expect(seen(cached, { maxSurge: 0, maxUnavailable: 2 })).toEqual(['Prove web-1', 'Quiesce web-2']);
  });

  test('is stopped within the budget, as any other, if it turns out to be Ready', () => {
    const owner = deployment({ replicas: 3, ...TARGET });
    const { pods } = world(owner, ['old', 'old', 'old']);
    expect(seen({ pods }, { maxSurge: 0 })).toEqual(['Quiesce web-2']);
  });
});

describe('a member whose pod is of another template than its StatefulSet', () => {
  /** web-1, and web-0 where `all`: started on the target, and their pods are of the template before. */
  const seen = (read: Partial<Readings>, spec: SpecInput = {}, stored: Partial<RolloutPlan> = {}, all = false) => {
    const bare = deployment({ replicas: 2, ...TARGET, ...spec });
    const owner = { ...bare, status: { plan: activePlan(bare, stored) } };
    const old = { ...owner, spec: { ...owner.spec, template: running('app:1') } };
    const pods = [pod(all ? old : owner, 0), pod(old, 1)];
    const observed = observe(owner, { ...world(owner, ['new', 'new']), pods, ...read });
    const { actions, rolloutPlan } = plan(desire(owner), observed);
    const lines = actions.map((action) =>
      action.type === 'Apply' ? `${action.purpose} ${action.object.metadata?.name}` : action.type,
    );
    return { lines, rolloutPlan };
  };
  const cached = { provenClaims: new Set<string>() };
  const recreate: SpecInput = { storage: STORAGE };
  const finished = { phase: 'Completed' } as const;

  test('is read live, and stopped only if it is so there', () => {
    expect(seen(cached, recreate).lines).toEqual(['Prove']);
    expect(seen({}, recreate).lines).toEqual(['Quiesce web-1']);
  });

  test('keeps the plan going, and is not what misses its deadline', () => {
    const late = { createdAt: at(-9999) };
    expect(seen(cached, recreate, late)).toMatchObject({ lines: ['Prove'], rolloutPlan: { phase: 'Active' } });
  });

  test('gets a plan of its own where the last one has ended: once it was read live', () => {
    expect(seen(cached, recreate, finished)).toMatchObject({ lines: ['Prove'], rolloutPlan: finished });
    expect(seen({}, recreate, finished)).toMatchObject({
      lines: [],
      rolloutPlan: { phase: 'Active', members: ['web-1'] },
    });
  });

  test('is moved within the budget, the highest ordinal first', () => {
    expect(seen({}, recreate, {}, true).lines).toEqual(['Quiesce web-1']);
    expect(seen({}, { ...recreate, rollout: { maxUnavailable: 2 } }, {}, true).lines).toHaveLength(2);
  });

  test('has another pod serve for it first where the rollout surges', () => {
    expect(seen(cached).lines).toEqual(['Prove']);
    expect(seen({}).lines).toEqual(['Surge web-1-surge']);
  });

  test.for<[name: string, spec: SpecInput, lines: readonly string[]]>([
    ['is mended below the partition too: it had been moved before', { rollout: { partition: 2 } }, ['Quiesce web-1']],
    ['waits while the rollout is paused', { rollout: { paused: true } }, []],
    ['waits while the fleet is paused', { paused: true }, []],
  ])('%s', ([, spec, lines]) => {
    expect(seen({}, { ...recreate, ...spec }).lines).toEqual(lines);
  });

  test('waits, asking nothing, for a rollout that is paused to go on', () => {
    expect(seen(cached, { ...recreate, rollout: { paused: true } }, finished).lines).toEqual([]);
  });

  test('gets no consumer any more', () => {
    const { lines } = seen({}, { ...recreate, consumers: [workerOf('worker:1')] });
    expect(lines).toEqual(['StartConsumer web-0-worker', 'Quiesce web-1']);
  });
});

describe('the progress deadline', () => {
  const spec: SpecInput = { storage: STORAGE, rollout: { progressDeadlineSeconds: 50 } };

  test('stops the wave at the deadline of the pod, and finishes what is in flight', () => {
    const late = roll(spec, ['old broken', 'old stopped', 'new broken']);
    expect(late.overdue?.name).toBe('web-2');
    expect([...late.moving]).toEqual(['web-1']);
  });

  test('goes on before the deadline, and says when to look again', () => {
    const early = roll({ ...spec, rollout: { progressDeadlineSeconds: 51 } }, ['old broken', 'new broken']);
    expect(early).toMatchObject({ overdue: undefined, lookAgainAtMs: NOW + 1000 });
  });

  test('does not stop a corrected template: the broken members are outdated then', () => {
    expect(moved(spec, ['old', 'old broken', 'old broken'], { createdAt: at(-9999) })).toEqual(['1', '2']);
  });

  test('counts from the plan where the pod is older', () => {
    expect(
      roll({ ...spec, rollout: { progressDeadlineSeconds: 55 } }, ['new broken'], { createdAt: at(-10) }).overdue,
    ).toBeUndefined();
  });

  test('counts from the detach while the member has no pod yet, however long that took', () => {
    const owner = deployment({ ...TARGET, ...spec });
    const wait = (detachedAt: string) => {
      const handoff = { stoppedAt: at(-900), podUID: 'old-pod', podGoneAt: at(-890), detachedAt };
      const members: MemberStatus[] = [{ name: 'web-0', phase: 'Provisioning', handoff }];
      const started = { ...owner, status: { plan: activePlan(owner, { createdAt: at(-900) }), members } };
      return planRollout(desire(started), observe(started, { ...world(started, ['new']), pods: [] }));
    };
    expect(wait(at(-49))).toMatchObject({ overdue: undefined, lookAgainAtMs: NOW + 1000 });
    expect(wait(at(-50)).overdue?.name).toBe('web-0');
  });

  test('is not missed by a member that there is nothing of yet, or that has just been added', () => {
    expect(roll(spec, ['old', 'absent'], { createdAt: at(-900) }).overdue).toBeUndefined();
    const owner = deployment({ ...TARGET, ...spec });
    const added = { ...owner, status: { plan: activePlan(owner, { createdAt: at(-900) }) } };
    const statefulSets = [statefulSet(added, 0, { metadata: { creationTimestamp: at(-1) } })];
    const read = { ...world(added, ['new']), statefulSets, pods: [] };
    expect(planRollout(desire(added), observe(added, read)).overdue).toBeUndefined();
  });

  test('counts for a surge pod too: it is what the wave waits for', () => {
    const rollout = { progressDeadlineSeconds: 50 };
    const owner = deployment({ replicas: 2, ...TARGET, rollout });
    const withPlan = { ...owner, status: { plan: activePlan(owner) } };
    const read = world(withPlan, ['old', 'old']);
    const broken = pod(withPlan, 1, { ...PODS['new broken'], surge: true });
    const late = planRollout(
      desire(withPlan),
      observe(withPlan, {
        ...read,
        statefulSets: [...read.statefulSets, surgeSet(withPlan, 1)],
        pods: [...read.pods, broken],
      }),
    );
    expect(late.overdue?.name).toBe('web-1');
    expect(late.surging.size).toBe(0);
  });
});

interface Surge {
  readonly ordinal: number;
  readonly ready: boolean;
  readonly readySince?: string;
  /** Its StatefulSet has a former template, and so has its pod. */
  readonly isStale?: boolean;
  /** Its pod has a former template, its StatefulSet has not: a StatefulSet controller that lagged has made it. */
  readonly isPodStale?: boolean;
  readonly isForeign?: boolean;
}

describe('a surging rollout', () => {
  const surging = (
    members: readonly Member[],
    rollout: SpecInput['rollout'],
    surge?: Surge,
    more: Partial<Readings> = {},
  ) => {
    const bare = deployment({ replicas: members.length, ...TARGET, rollout });
    const owner = { ...bare, status: { plan: activePlan(bare) } };
    const maker = surge?.isStale === true ? { ...owner, spec: { ...owner.spec, template: running('app:0') } } : owner;
    const read = world(owner, members);
    const metadata = surge?.isForeign === true ? { ownerReferences: [] } : {};
    const sets = surge === undefined ? [] : [asSeen(surgeSet(maker, surge.ordinal, { metadata }))];
    const former = { ...owner, spec: { ...owner.spec, template: running('app:0') } };
    const podMaker = surge?.isPodStale === true ? former : maker;
    const pods = surge === undefined ? [] : [pod(podMaker, surge.ordinal, { ...surge, surge: true })];
    const observed = observe(owner, {
      ...read,
      statefulSets: [...read.statefulSets, ...sets],
      pods: [...read.pods, ...pods],
      ...more,
    });
    return plan(desire(owner), observed).actions.map((action) =>
      action.type === 'Apply'
        ? `${action.purpose} ${action.object.metadata?.name}`
        : action.type === 'Delete'
          ? `Delete ${action.key.name}`
          : action.type,
    );
  };

  test('starts a surge first and stops nobody', () => {
    expect(surging(['old', 'old'], {})).toEqual(['Surge web-1-surge']);
  });

  test('starts as many surges as maxSurge says', () => {
    expect(surging(['old', 'old', 'old'], { maxSurge: 2 })).toEqual(['Surge web-1-surge', 'Surge web-2-surge']);
  });

  test('is not held up by a surge StatefulSet that is somebody else’s, but for its own member', () => {
    const foreign = { ordinal: 2, ready: false, isForeign: true };
    expect(surging(['old', 'old', 'old'], {}, foreign)).toEqual(['Surge web-1-surge', 'Wait']);
  });

  test('waits for the surge pod', () => {
    expect(surging(['old', 'old'], {}, { ordinal: 1, ready: false })).toEqual([]);
  });

  test('stops the member once its surge pod was read live to serve', () => {
    const surge = { ordinal: 1, ready: true };
    expect(surging(['old', 'old'], {}, surge, { provenClaims: new Set() })).toEqual(['Prove']);
    expect(surging(['old', 'old'], {}, surge)).toEqual(['Quiesce web-1']);
  });

  test('stops a broken outdated member without a surge', () => {
    expect(surging(['old', 'old broken'], {})).toEqual(['Surge web-0-surge', 'Quiesce web-1']);
  });

  test('keeps the surge until the member is available again', () => {
    expect(surging(['old', 'new broken'], {}, { ordinal: 1, ready: true })).toEqual([]);
  });

  test('removes the surge once the member was read live to be available again', () => {
    const surge = { ordinal: 1, ready: true };
    expect(surging(['old', 'new'], {}, surge, { provenClaims: new Set() })).toEqual(['Prove']);
    expect(surging(['old', 'new'], {}, surge)).toContain('Delete web-1-surge');
  });

  test('removes the surge of a former revision', () => {
    const surge = { ordinal: 1, ready: false, isStale: true };
    expect(surging(['old', 'old'], {}, surge, { provenClaims: new Set() })).toEqual(['Prove']);
    expect(surging(['old', 'old'], {}, surge)).toContain('Delete web-1-surge');
  });

  test('keeps the surge of a former revision as long as nothing else of its member serves', () => {
    const surge = { ordinal: 1, ready: true, readySince: at(-5), isStale: true };
    expect(surging(['old', 'old broken'], { minReadySeconds: 10 }, surge)).not.toContain('Delete web-1-surge');
    expect(surging(['old', 'old'], { minReadySeconds: 10 }, surge)).toContain('Delete web-1-surge');
  });

  test('makes a surge anew whose pod has another template than its StatefulSet, unless nothing else serves', () => {
    const surge = { ordinal: 1, ready: true, isPodStale: true };
    expect(surging(['old', 'old'], {}, surge, { provenClaims: new Set() })).toEqual(['Prove']);
    expect(surging(['old', 'old'], {}, surge)).toEqual(['Delete web-1-surge']);
    expect(surging(['old', 'old broken'], {}, surge)).not.toContain('Delete web-1-surge');
  });

  test('makes a surge anew that somebody has scaled to none', () => {
    const bare = deployment({ replicas: 2, ...TARGET });
    const read = world(bare, ['old', 'old']);
    const statefulSets = [...read.statefulSets, surgeSet(bare, 1, { replicas: 0 })];
    expect(surging(['old', 'old'], {}, undefined, { statefulSets, provenClaims: new Set() })).toEqual(['Prove']);
    expect(surging(['old', 'old'], {}, undefined, { statefulSets })).toEqual(['Delete web-1-surge']);
    expect(surging(['old', 'old broken'], {}, undefined, { statefulSets })).toContain('Delete web-1-surge');
  });

  test('removes the surge of a former revision also where the pod that serves has another template than its StatefulSet', () => {
    const bare = deployment({ replicas: 2, ...TARGET });
    const of = (image: string) => ({ ...bare, spec: { ...bare.spec, template: running(image) } });
    const read = world(bare, ['old', 'old']);
    const linesWith = (ready: boolean) =>
      surging(['old', 'old'], {}, undefined, {
        statefulSets: [...read.statefulSets.map(asSeen), asSeen(surgeSet(of('app:0'), 1))],
        pods: [pod(of('app:1'), 0), pod(bare, 1, { ready }), pod(of('app:0'), 1, { surge: true })],
      });
    expect(linesWith(true)).toContain('Delete web-1-surge');
    expect(linesWith(false)).not.toContain('Delete web-1-surge');
  });

  test('removes the surge of a member that a partition now keeps back', () => {
    expect(surging(['old', 'old'], { partition: 1 }, { ordinal: 0, ready: true })).toContain('Delete web-0-surge');
  });
});

test('a member whose claim is being deleted holds up nobody else', () => {
  const bare = deployment({ replicas: 2, ...TARGET, storage: STORAGE });
  const owner = { ...bare, status: { plan: activePlan(bare) } };
  const read = world(owner, ['old', 'old']);
  const claims = [claim(owner, 0), claim(owner, 1, { metadata: { deletionTimestamp: at(-5) } })];
  expect([...planRollout(desire(owner), observe(owner, { ...read, claims })).moving]).toEqual(['web-0']);
});
