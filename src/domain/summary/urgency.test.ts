import { describe, expect, test } from 'vitest';

import type { MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { desire } from '../desired/desire.ts';
import { NOTHING_DONE } from '../outcome.ts';
import type { Readings } from '../observed.ts';
import { plan } from '../plan.ts';
import {
  NOW,
  STORAGE,
  type SpecInput,
  at,
  claim,
  csiDriver,
  deployment,
  observe,
  pod,
  running,
  service,
  settled,
} from '../testing/build.ts';
import { summarize } from './summary.ts';
import { canWait } from './urgency.ts';

type Change = (status: NodeDeploymentStatus) => NodeDeploymentStatus;

/** Whether the change of a status at rest can wait. */
function waits(change: Change, read: Partial<Readings> = {}, storage: typeof STORAGE | undefined = STORAGE): boolean {
  const owner = deployment({ ...(storage && { storage }) });
  const rest = { ...settled(owner, [0]), ...read };
  const status = (of: typeof owner) => {
    const observed = observe(of, rest, NOW + 60_000);
    return { observed, status: summarize(desire(of), observed, plan(desire(of), observed), NOTHING_DONE) };
  };
  const stored = { ...owner, status: status(owner).status };
  const { observed } = status(stored);
  return canWait(observed, change(stored.status));
}

const ofMember =
  (change: Partial<MemberStatus>): Change =>
  (status) => ({ ...status, members: status.members?.map((member) => ({ ...member, ...change })) });
const ofCondition =
  (type: string, change: object): Change =>
  (status) => ({
    ...status,
    conditions: status.conditions?.map((one) => (one.type === type ? { ...one, ...change } : one)),
  });
const PLAN = {
  id: 'p',
  purpose: 'Rollout',
  generation: 1,
  targetRevision: 'r',
  createdAt: at(0),
  members: [],
} as const;
const HANDOFF = { podUID: 'old', podGoneAt: at(0) };

test.for<[string, Change]>([
  ['nothing', (status) => status],
  ['a count', (status) => ({ ...status, readyReplicas: 7 })],
  ['a phase', ofMember({ phase: 'Quiescing', reason: 'PodTerminating', message: 'not gone yet' })],
  ['a message of a condition', ofCondition('Stalled', { message: 'other words' })],
  ['why a fleet is not Ready', ofCondition('Ready', { reason: 'MembersNotReady' })],
  ['what is known of the storage', ofCondition('StorageReady', { status: 'False' })],
  ['a step of a hand-off, a pod, its machine', ofMember({ handoff: HANDOFF, podUID: 'next', nodeName: 'm2' })],
])('%s can wait', ([, change]) => {
  expect(waits(change)).toBe(true);
});

test.for<[string, Change]>([
  ['the generation that was seen', (status) => ({ ...status, observedGeneration: 9 })],
  ['a plan, which unlocks its effects', (status) => ({ ...status, plan: { ...PLAN, phase: 'Active' } })],
  ['a template that has passed, or it would be asked about again', (status) => ({ ...status, updateRevision: 'r2' })],
  [
    'a claim that is left behind, or it would pass for a new one',
    (status) => ({
      ...status,
      retainedClaims: [{ name: 'web-1', uid: 'u', size: '1Gi', since: at(0), reason: 'ScaledDown' }],
    }),
  ],
  ['that the fleet is Ready, or is not', ofCondition('Ready', { status: 'False' })],
  ['that work begins, or is done', ofCondition('Progressing', { status: 'True' })],
  ['that somebody has to act', ofCondition('Stalled', { status: 'True' })],
  ['that somebody has to act on something else', ofCondition('Stalled', { reason: 'QuotaExceeded' })],
  ['that the spec is refused', ofCondition('Accepted', { status: 'False' })],
  ['that the fleet is paused', ofCondition('Paused', { status: 'True' })],
  ['that a volume has two writers', ofCondition('VolumesSafe', { status: 'False' })],
])('%s cannot wait', ([, change]) => {
  expect(waits(change)).toBe(false);
});

const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'worker' } } };
const DEADLOCKED = {
  spec: {
    ...running('app:1').spec,
    containers: [{ name: 'app', image: 'app:1' }],
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
  },
};

describe('the first status of a fleet', () => {
  /** Whether it can wait, where the fleet was just made and `read` is there. */
  function waits(spec: SpecInput, read: Partial<Readings>): boolean {
    const owner = deployment({ storage: STORAGE, ...spec });
    const observed = observe(owner, read);
    return canWait(observed, summarize(desire(owner), observed, plan(desire(owner), observed), NOTHING_DONE));
  }

  test.for<[string, SpecInput, Partial<Readings>]>([
    ['has nothing to tell but that it is accepted and begun', {}, {}],
    ['tells of claims that are its own', {}, { claims: [claim(deployment({ storage: STORAGE }), 0)] }],
  ])('can wait where it %s', ([, spec, read]) => {
    expect(waits(spec, read)).toBe(true);
  });

  test.for<[string, SpecInput, Partial<Readings>]>([
    ['has no members to wait for', { replicas: 0 }, {}],
    ['is paused', { paused: true }, {}],
    ['is accepted with a warning', { template: DEADLOCKED }, {}],
    ['is Ready already', {}, settled(deployment({ storage: STORAGE }), [0])],
    ['cannot go on', {}, { services: [service(deployment(), 0, { ownerReferences: [] })] }],
  ])('cannot wait where it %s', ([, spec, read]) => {
    expect(waits(spec, read)).toBe(false);
  });
});

test('of a fleet that is deleted nothing is urgent but the evidence: who deletes it waits for its end', () => {
  const owner = deployment({ storage: STORAGE });
  const going = { ...owner, metadata: { ...owner.metadata, deletionTimestamp: at(-1), generation: 2 }, status: {} };
  const observed = observe(going, settled(owner, [0]));
  const status = summarize(desire(going), observed, plan(desire(going), observed), NOTHING_DONE);
  expect(canWait(observed, status)).toBe(true);
  const unattached = observe(going, { ...settled(owner, [0]), drivers: [csiDriver(false)] });
  expect(canWait(unattached, status)).toBe(false);
});

const EVIDENCE = ofMember({ podUID: 'next' });

test.for<[string, boolean, Partial<Readings>, typeof STORAGE | undefined]>([
  ['cannot wait where no attachment tells who may write', false, { drivers: [csiDriver(false)] }, STORAGE],
  ['cannot wait where it is not known whether one will', false, { volumes: [] }, STORAGE],
  ['cannot wait where attachments may not be read', false, { unreadable: new Set(['attachments'] as const) }, STORAGE],
  ['can wait where there is no volume', true, {}, undefined],
])('which pod a member has %s', ([, expected, read, storage]) => {
  expect(waits(EVIDENCE, read, storage)).toBe(expected);
});

test('what is no evidence can wait on such a volume too', () => {
  const owner = deployment({ storage: STORAGE });
  expect(waits(ofMember({ message: 'x' }), { drivers: [csiDriver(false)], pods: [pod(owner, 0)] })).toBe(true);
});
