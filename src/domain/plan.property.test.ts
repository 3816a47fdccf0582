// Any fleet in any state, reachable or not: no plan breaks an invariant, and the status tells the truth about it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { ANNOTATION, FINALIZER } from '../api/v1alpha1/names.ts';
import type { NodeDeploymentStatus, RolloutPlan, StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import { statusSchema } from '../api/v1alpha1/status.ts';
import type { ObjectMeta } from '../kube/object.ts';
import { desire } from './desired/desire.ts';
import { revisionOf } from './desired/pod-template.ts';
import { brokenInvariants } from './invariants.ts';
import { NO_READINGS, type Observed, type Readings } from './observed.ts';
import { NOTHING_DONE } from './outcome.ts';
import { plan } from './plan.ts';
import { MAX_REVISIONS } from './rollout/revisions.ts';
import { summarize } from './summary/summary.ts';
import {
  type SpecInput,
  at,
  attachment,
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
} from './testing/build.ts';

const often = fc.nat(3).map((n) => n > 0);
const rarely = fc.nat(4).map((n) => n === 4);
const specs: fc.Arbitrary<SpecInput> = fc.record({
  replicas: fc.nat(3),
  template: fc.constantFrom('app:1', 'app:2').map(running),
  paused: rarely,
  suspend: rarely,
  rollout: fc.record({
    strategy: fc.constantFrom('Auto', 'Recreate'),
    maxUnavailable: fc.constantFrom<number | string>(1, 3, '50%'),
    maxSurge: fc.constantFrom<number | string>(0, 1, '50%'),
    partition: fc.nat(2),
    paused: rarely,
    minReadySeconds: fc.constantFrom(0, 60),
    detach: fc.constantFrom('Required', 'BestEffort'),
  }),
});
const storages = fc.option(
  fc.record({
    size: fc.constantFrom('10Gi', '20Gi'),
    accessMode: fc.constantFrom('ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany'),
    existingClaims: fc.constantFrom('AdoptOwn', 'AdoptAny', 'Reject'),
    retention: fc.record({
      onDelete: fc.constantFrom('Retain', 'Delete'),
      onScaleDown: fc.constantFrom('Retain', 'Delete'),
    }),
  }),
  { nil: undefined },
);

/** Draws each member's objects: there or not, ours or not, old or new, whole, broken or going. */
const members = fc.array(
  fc.record({
    set: fc.option(
      fc.record({
        isOld: fc.boolean(),
        replicas: fc.nat(1),
        isForeign: rarely,
        isGoing: rarely,
        stoppedAgo: fc.constantFrom(10, 9999),
      }),
    ),
    surge: fc.option(fc.record({ isOld: fc.boolean(), isForeign: rarely, ready: fc.boolean() }), { freq: 1 }),
    pod: fc.option(
      fc.record({ isOld: fc.boolean(), ready: fc.boolean(), isTerminating: rarely, readyAgo: fc.constantFrom(5, 100) }),
    ),
    claim: fc.option(
      fc.record({ isForeign: rarely, isGoing: rarely, phase: fc.constantFrom('Bound', 'Pending', 'Lost') }),
    ),
    hasService: often,
    isUsedByAnother: rarely,
    attachedTo: fc.subarray(['m1', 'm2']),
    isProven: fc.boolean(),
  }),
  { maxLength: 4 },
);
type Drawn = typeof members extends fc.Arbitrary<infer T> ? T : never;

function readings(owner: StoredNodeDeployment, drawn: Drawn): Readings {
  const old = { ...owner, spec: { ...owner.spec, template: running('app:0') } };
  const persistent = owner.spec.storage === undefined ? deployment({ storage: { size: '10Gi' } }) : owner;
  const former = { annotations: { [ANNOTATION.deploymentUid]: 'former-uid' } };
  const meta = (isForeign: boolean, isGoing = false): ObjectMeta => ({
    ...(isForeign ? { ownerReferences: [] } : {}),
    ...(isGoing ? { deletionTimestamp: at(-1) } : {}),
  });
  const of = <T>(make: (member: Drawn[number], ordinal: number) => readonly T[]): readonly T[] => drawn.flatMap(make);
  const claims = of(({ claim: one }, ordinal) =>
    one === null
      ? []
      : [
          claim(persistent, ordinal, {
            metadata: { ...meta(false, one.isGoing), ...(one.isForeign ? former : {}) },
            status: { phase: one.phase },
          }),
        ],
  );
  return {
    ...NO_READINGS,
    volumes: claims.map(volumeOf),
    statefulSets: [
      ...of(({ set }, ordinal) =>
        set === null
          ? []
          : [
              statefulSet(set.isOld ? old : owner, ordinal, {
                replicas: set.replicas,
                quiescedAt: at(-set.stoppedAgo),
                metadata: meta(set.isForeign, set.isGoing),
              }),
            ],
      ),
      ...of(({ surge }, ordinal) =>
        surge === null ? [] : [surgeSet(surge.isOld ? old : owner, ordinal, { metadata: meta(surge.isForeign) })],
      ),
    ],
    services: of(({ hasService }, ordinal) => (hasService ? [service(owner, ordinal)] : [])),
    claims,
    pods: [
      ...of(({ pod: one }, ordinal) =>
        one === null
          ? []
          : [
              pod(one.isOld ? old : owner, ordinal, {
                ready: one.ready,
                isTerminating: one.isTerminating,
                readySince: at(-one.readyAgo),
              }),
            ],
      ),
      ...of(({ surge }, ordinal) =>
        surge === null ? [] : [pod(surge.isOld ? old : owner, ordinal, { surge: true, ready: surge.ready })],
      ),
      ...of(({ isUsedByAnother }, ordinal) =>
        isUsedByAnother ? [pod(persistent, ordinal, { metadata: { name: `backup-${ordinal}`, labels: {} } })] : [],
      ),
    ],
    attachments: of(({ attachedTo }, ordinal) =>
      attachedTo.map((machine) => attachment(claim(persistent, ordinal), machine)),
    ),
    provenClaims: new Set(drawn.flatMap(({ isProven }, ordinal) => (isProven ? [`web-${ordinal}`] : []))),
  };
}

const observations: fc.Arbitrary<Observed> = fc
  .record({
    spec: specs,
    storage: storages,
    drawn: members,
    isDeleted: rarely,
    hasFinalizer: fc.boolean(),
    records: fc.shuffledSubarray(Array.from({ length: MAX_REVISIONS + 4 }, (_, index) => `app:${index}`)),
    stored: fc.constantFrom('none', 'live', 'former', 'done'),
  })
  .map(({ spec, storage, drawn, isDeleted, hasFinalizer, records, stored }) => {
    const metadata = {
      ...(isDeleted ? { deletionTimestamp: at(-1) } : {}),
      finalizers: hasFinalizer ? [FINALIZER] : [],
    };
    const owner = deployment({ ...spec, ...(storage === undefined ? {} : { storage }) }, metadata);
    const rollout: RolloutPlan = {
      id: 'p',
      purpose: 'Rollout',
      generation: 1,
      targetRevision: stored === 'former' ? 'former' : revisionOf(owner.spec),
      phase: stored === 'done' ? 'Completed' : 'Active',
      createdAt: at(-300),
      members: [],
    };
    const revisions = records.map((image, index) =>
      record({ ...owner, spec: { ...owner.spec, template: running(image) } }, index + 1),
    );
    return observe(
      { ...owner, ...(stored === 'none' ? {} : { status: { plan: rollout } }) },
      { ...readings(owner, drawn), revisions },
    );
  });

const withStatus = (observed: Observed, status: NodeDeploymentStatus): Observed => ({
  ...observed,
  deployment: { ...observed.deployment, status },
});

describe('any fleet in any state', () => {
  test('gets a plan that breaks no invariant', () => {
    fc.assert(
      fc.property(observations, (observed) => {
        const desired = desire(observed.deployment);
        expect(brokenInvariants(plan(desired, observed), desired, observed)).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  test('gets the same plan and the same status from the same reading', () => {
    fc.assert(
      fc.property(observations, (observed) => {
        const desired = desire(observed.deployment);
        const once = plan(desired, observed);
        const again = structuredClone(observed);
        expect(plan(desired, again)).toEqual(once);
        expect(summarize(desired, again, once, NOTHING_DONE)).toEqual(summarize(desired, observed, once, NOTHING_DONE));
      }),
    );
  });

  test('gets a status that its own schema accepts', () => {
    fc.assert(
      fc.property(observations, (observed) => {
        const desired = desire(observed.deployment);
        statusSchema.strict().parse(summarize(desired, observed, plan(desired, observed), NOTHING_DONE));
      }),
    );
  });

  test('gets a status that says the same once it is stored', () => {
    fc.assert(
      fc.property(observations, (observed) => {
        const desired = desire(observed.deployment);
        const decided = plan(desired, observed);
        const status = summarize(desired, observed, decided, NOTHING_DONE);
        // A reconcile that records a plan is followed by one that acts on it, and says more.
        fc.pre(decided.rolloutPlan === observed.deployment.status?.plan);
        expect(summarize(desired, withStatus(observed, status), decided, NOTHING_DONE)).toEqual(status);
      }),
      { numRuns: 500 },
    );
  });

  test('has no counter above the members that it counts', () => {
    fc.assert(
      fc.property(observations, (observed) => {
        const desired = desire(observed.deployment);
        const {
          replicas = 0,
          readyReplicas = 0,
          updatedReplicas = 0,
          availableReplicas = 0,
        } = summarize(desired, observed, plan(desired, observed), NOTHING_DONE);
        expect(readyReplicas).toBeLessThanOrEqual(desired.replicas);
        expect(availableReplicas).toBeLessThanOrEqual(readyReplicas);
        expect(Math.max(readyReplicas, updatedReplicas)).toBeLessThanOrEqual(replicas);
      }),
    );
  });
});
