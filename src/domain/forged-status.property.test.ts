// Whoever may write the status may write anything that fits its schema. The operator then does nothing that it would
// not do anyway: what belongs to others stays as it is, no invariant breaks, and the fleet comes to what its spec says.
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';

import { writeEvidence } from '../../hack/evidence.ts';
import type { MemberStatus, NodeDeploymentStatus } from '../api/v1alpha1/node-deployment.ts';
import { MEMBER_PHASES } from '../api/v1alpha1/conditions.ts';
import { statusSchema } from '../api/v1alpha1/status.ts';
import { claimsOf, isTerminal } from '../kube/pods.ts';
import { revisionOf } from './desired/pod-template.ts';
import { NOW, STORAGE, claim, deployment, running, statefulSet } from './testing/build.ts';
import { type Reconciled, edit, reconcile } from './testing/operator.ts';
import { type World, emptyWorld, moves, passTime, put } from './testing/world.ts';

const RUNS = Number(process.env['FORGED_RUNS'] ?? 60);
const ENOUGH = 400;
const evidence = { statuses: 0, reconciles: 0, broken: 0 };
afterAll(() => writeEvidence('forged-status', evidence));

const specOf = (image: string, replicas: number) =>
  deployment({ replicas, template: running(image), storage: STORAGE });
const OLD = specOf('app:1', 2);
const [FROM, TO] = [revisionOf(OLD.spec), revisionOf(specOf('app:2', 2).spec)];
const OTHER = deployment({ storage: STORAGE }, { name: 'other', uid: 'other-uid' });

/** A fleet at rest, and a fleet of somebody else, whose objects the operator of this test never looks after. */
const withOther = (world: World): World =>
  put(put(world, 'claims', claim(OTHER, 0)), 'statefulSets', statefulSet(OTHER, 0));
const SETTLED = settle(emptyWorld(OLD, NOW)).world;
const START = withOther(SETTLED);
/** The same on volumes that are attached nowhere: how a pod ended is known from the status alone. */
const UNATTACHED = withOther(settle(emptyWorld(OLD, NOW, true)).world);
const ofOther = ({ claims, statefulSets }: World) =>
  [...claims, ...statefulSets].filter(({ metadata }) => metadata.name === 'other-0');

const UIDS = [...START.pods, ...START.claims, ...START.statefulSets].map(({ metadata }) => metadata.uid);
const NAMES = ['web-0', 'web-1', 'web-2', 'web-255', 'other-0', 'web', '../../secrets/x'];
const name = fc.constantFrom(...NAMES);
const uid = fc.constantFrom(...UIDS, 'nobody');
const machine = fc.constantFrom('m1', 'm2', 'nowhere');
const time = fc.constantFrom('1970-01-01T00:00:00Z', '2026-01-01T12:00:00Z', '9999-12-31T23:59:59Z');
const revision = fc.constantFrom(FROM, TO, 'forged', '../x');
const size = fc.constantFrom('1Gi', '64Ti', 'banana', '-1Gi');
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });
const distinct = <T>(one: fc.Arbitrary<T>, key: (value: T) => unknown, maxLength = 4): fc.Arbitrary<T[]> =>
  fc.uniqueArray(one, { selector: key, maxLength });

const plan = fc.record({
  id: fc.constantFrom('forged', '', 'x'.repeat(63)),
  purpose: fc.constant('Rollout' as const),
  generation: fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER),
  targetRevision: revision,
  phase: fc.constantFrom('Active', 'Completed', 'Superseded'),
  createdAt: time,
  members: distinct(name, (one) => one),
});
const handoff = fc.record({
  stoppedAt: maybe(time),
  podUID: maybe(uid),
  nodeName: maybe(machine),
  podGoneAt: maybe(time),
  removedBy: maybe(fc.constantFrom('Kubelet' as const, 'Other' as const)),
  detachedAt: maybe(time),
  startedAt: maybe(time),
  completedAt: maybe(time),
});
const suspect = fc.record({ podUID: uid, nodeName: machine, goneAt: time, isForced: fc.constant(false) });
const member: fc.Arbitrary<MemberStatus> = fc.record({
  name,
  phase: fc.constantFrom(...MEMBER_PHASES),
  reason: maybe(fc.constantFrom('ForeignClaim', 'x')),
  revision: maybe(revision),
  podUID: maybe(uid),
  nodeName: maybe(machine),
  claim: maybe(fc.record({ name, uid, requested: maybe(size), capacity: maybe(size) })),
  handoff: maybe(handoff),
  suspects: maybe(distinct(suspect, ({ podUID }) => podUID)),
});
const condition = fc.record({
  type: fc.constantFrom('Accepted', 'Ready', 'Stalled', 'Progressing', 'example.com/Mine'),
  status: fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const),
  observedGeneration: maybe(fc.constantFrom(0, Number.MAX_SAFE_INTEGER)),
  lastTransitionTime: time,
  reason: fc.constantFrom('Forged', 'AllMembersReady'),
  message: fc.constantFrom('', 'delete other-0'),
});
const past = fc.record({
  ...{ id: fc.string({ maxLength: 9 }), generation: fc.nat(9), targetRevision: revision, createdAt: time },
  ...{ phase: fc.constantFrom('Completed' as const, 'Superseded' as const), endedAt: time },
});
const left = fc.record({
  ...{ name, uid, size: maybe(size), since: time },
  reason: fc.constantFrom('ScaledDown' as const, 'Orphaned' as const),
});
const count = maybe(fc.constantFrom(0, 2, 2_147_483_647));
const forged: fc.Arbitrary<NodeDeploymentStatus> = fc.record({
  observedGeneration: maybe(fc.constantFrom(0, Number.MAX_SAFE_INTEGER)),
  ...{ replicas: count, readyReplicas: count, updatedReplicas: count, availableReplicas: count },
  selector: maybe(fc.constant('app=other')),
  ...{ currentRevision: maybe(revision), updateRevision: maybe(revision), largestCapacity: maybe(size) },
  plan: maybe(plan as fc.Arbitrary<NonNullable<NodeDeploymentStatus['plan']>>),
  history: maybe(distinct(past, ({ id }) => id)),
  members: maybe(distinct(member, (one) => one.name)),
  retainedClaims: maybe(distinct(left, (one) => one.name)),
  conditions: maybe(distinct(condition, ({ type }) => type)),
});

test('a forged status moves nobody to anything but what the spec says', { timeout: 240_000 }, () => {
  fc.assert(
    fc.property(
      forged,
      fc.constantFrom('app:1', 'app:2'),
      fc.integer({ min: 1, max: 3 }),
      (status, image, replicas) => {
        evidence.statuses += 1;
        statusSchema.parse(status);
        const wanted = specOf(image, replicas);
        const { deployment: before } = START;
        if (before === undefined) throw new Error('there is no fleet');
        const world = edit({ ...START, deployment: { ...before, status } }, wanted.spec);
        const { world: end, status: told } = settle(world);
        expect(ofOther(end)).toEqual(ofOther(START));
        const names = Array.from({ length: replicas }, (_, ordinal) => `web-${ordinal}`);
        const sets = end.statefulSets.filter(({ metadata }) => metadata.name !== 'other-0');
        expect(sets.map(({ metadata }) => metadata.name).toSorted()).toEqual(names);
        expect(sets.map(({ spec }) => spec?.template.spec?.containers[0]?.image)).toEqual(names.map(() => image));
        // Of the claims of the members nothing is lost.
        for (const { metadata } of SETTLED.claims)
          expect(end.claims.map((one) => one.metadata.uid)).toContain(metadata.uid);
        expect(told).toMatchObject({
          observedGeneration: end.deployment?.metadata.generation,
          ...{ replicas, readyReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas },
          members: names.map((one) => ({ name: one, phase: 'Running', claim: { name: one } })),
        });
        expect(told?.plan?.phase).not.toBe('Active');
        expect(told?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
        expect(told?.retainedClaims?.map((one) => one.name) ?? []).toEqual(replicas === 1 ? ['web-1'] : []);
      },
    ),
    { numRuns: RUNS },
  );
});

test(
  'where only the status could tell how a pod ended, it waits at most, and says for what',
  { timeout: 240_000 },
  () => {
    fc.assert(
      fc.property(forged, (status) => {
        evidence.statuses += 1;
        const { deployment: before } = UNATTACHED;
        if (before === undefined) throw new Error('there is no fleet');
        const world = edit({ ...UNATTACHED, deployment: { ...before, status } }, specOf('app:2', 2).spec);
        const { world: end, status: told } = settle(world);
        expect(ofOther(end)).toEqual(ofOther(UNATTACHED));
        expect(end.claims.map(({ metadata }) => metadata.uid)).toEqual(
          expect.arrayContaining(UNATTACHED.claims.map(({ metadata }) => metadata.uid)),
        );
        const isReady = told?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
        const reasons = told?.members?.flatMap(({ reason, message }) => (reason && message ? reason : [])) ?? [];
        expect(isReady || reasons.length > 0).toBe(true);
      }),
      { numRuns: RUNS },
    );
  },
);

/** Everybody works until nothing is left to do, in less than a day. @throws AssertionError for a step that is not safe */
function settle(start: World): { readonly world: World; readonly status: NodeDeploymentStatus | undefined } {
  let world = start;
  for (let round = 0; round < ENOUGH; round += 1) {
    const done = reconcile(world);
    checkStep(world, done);
    ({ world } = done);
    const { lookAgainAtMs = Infinity } = done.plan ?? {};
    // What is somebody else's is played by nobody here.
    const next = moves({ ...world, statefulSets: world.statefulSets.filter((one) => one.metadata.name !== 'other-0') });
    if (done.writes > 0) continue;
    if (next.length > 0) world = passTime(next[round % next.length]?.(world) ?? world);
    else if (lookAgainAtMs === Infinity) return { world, status: world.deployment?.status };
    else world = passTime({ ...world, now: lookAgainAtMs });
    expect(world.now - NOW, 'milliseconds that are waited').toBeLessThan(86_400_000);
  }
  throw new Error(`not at rest: ${JSON.stringify(world.deployment?.status)}`);
}

/** No invariant breaks, no claim goes, and no member is started beside a process that may write to its volume. */
function checkStep(before: World, { broken, plan: made }: Reconciled): void {
  evidence.reconciles += 1;
  evidence.broken += broken.length;
  expect(broken).toEqual([]);
  for (const action of made?.actions ?? []) {
    if (action.type === 'Delete') expect(action.kind.kind).not.toBe('PersistentVolumeClaim');
    if ('member' in action) expect(action.member).toMatch(/^web(-[0-2])?$/);
    if (action.type !== 'Apply' || !['Start', 'Resume'].includes(action.purpose)) continue;
    expect(before.processes.filter(({ claims }) => claims.includes(action.member))).toEqual([]);
    expect(before.pods.filter((pod) => !isTerminal(pod) && claimsOf(pod).includes(action.member))).toEqual([]);
  }
}
