// A consumer's pod on a volume of which no VolumeAttachment tells. (The member's own pod: gate.test.ts.)
import { describe, expect, test } from 'vitest';

import type { MemberStatus, NodeDeploymentStatus, Suspect } from '../../api/v1alpha1/node-deployment.ts';
import type { StoredMachine, StoredPod } from '../../kube/kinds.ts';
import type { Readings } from '../observed.ts';
import {
  NOW,
  STORAGE,
  at,
  claim,
  cleanUpOf,
  cronJobOf,
  csiDriver,
  deployment,
  followerPod,
  followerSet,
  machine,
  observe,
  pod,
  runOf,
  runPod,
  statefulSet,
  workerOf,
} from '../testing/build.ts';
import { gate } from './gate.ts';
import { suspectsOf } from './release.ts';
import { UNTOLD_MACHINE } from './suspects.ts';

const spec = { storage: STORAGE, consumers: [workerOf('worker:1'), cleanUpOf('clean:1')] };
const plain = deployment(spec);
const worker = followerPod(followerSet(plain, 0));
const run = runPod(runOf(cronJobOf(plain, 0)));
const ended = (one: StoredPod): StoredPod => ({ ...one, status: { phase: 'Succeeded' } });
const member = pod(plain, 0, { metadata: { uid: 'member', creationTimestamp: at(-3600) } });

interface Case {
  /** The last pod of each that was seen to go, by name. */
  readonly removed?: Readonly<Record<string, StoredPod>>;
  /** Uid of the worker's pod in the status. */
  readonly told?: string;
  readonly suspects?: Suspect[];
  readonly read?: Partial<Readings>;
  readonly detach?: 'BestEffort';
}

/** The member, of which one pod runs and was there before; its volume needs no attachment. */
function look({ removed = {}, told, suspects, read = {}, detach }: Case) {
  const consumers = [{ name: 'worker', kind: 'Follower', phase: 'Running', podUID: told, nodeName: 'm1' }] as const;
  const line = {
    name: 'web-0',
    phase: 'Running',
    podUID: 'member',
    nodeName: 'm1',
    suspects,
    consumers: [...consumers],
  };
  const status: NodeDeploymentStatus = { members: [line as NonNullable<NodeDeploymentStatus['members']>[number]] };
  const owner = deployment({ ...spec, ...(detach && { rollout: { detach } }) }, {}, status);
  const observed = observe(owner, {
    ...{
      statefulSets: [statefulSet(plain, 0)],
      claims: [claim(plain, 0)],
      drivers: [csiDriver(false)],
      pods: [member],
    },
    removedPods: new Map(Object.entries(removed)),
    provenClaims: new Set(['web-0']),
    ...read,
  });
  const [one] = observed.members;
  if (one === undefined) throw new Error('no member');
  const ofConsumers = suspectsOf(observed, one).filter(({ consumer }) => consumer !== undefined);
  return { suspects: ofConsumers, stands: () => gate(observed, one) };
}

const ofWorker = { podUID: worker.metadata.uid, nodeName: 'm1', consumer: 'worker' };

describe("a consumer's pod on a volume without attachments", () => {
  test('that somebody removed by force may still write, be it a follower or a run', () => {
    expect(look({ removed: { 'web-0-worker': worker } }).suspects).toMatchObject([{ ...ofWorker, isForced: true }]);
    expect(look({ removed: { 'web-0-clean-up': run } }).suspects).toMatchObject([
      { podUID: run.metadata.uid, consumer: 'clean-up', isForced: true },
    ]);
  });

  test('that its kubelet ended may not, whether it is gone or still there', () => {
    expect(look({ removed: { 'web-0-worker': ended(worker) } }).suspects).toEqual([]);
    const told = worker.metadata.uid;
    expect(look({ told, read: { pods: [member, ended(worker)] } }).suspects).toEqual([]);
  });

  test('that went unwatched may, until its kubelet must have ended it', () => {
    const told = worker.metadata.uid;
    expect(look({ told }).suspects).toMatchObject([{ ...ofWorker, isForced: false }]);
    const gone = (seconds: number): Suspect[] => [{ ...ofWorker, isForced: false, goneAt: at(seconds) }];
    expect(look({ suspects: gone(-59) }).suspects).toHaveLength(1);
    expect(look({ suspects: gone(-60) }).suspects).toEqual([]);
  });

  test('that is there is no suspect', () => {
    expect(look({ told: worker.metadata.uid, read: { pods: [member, worker] } }).suspects).toEqual([]);
  });

  test('keeps the member from starting, and is named', () => {
    const stopped = { statefulSets: [statefulSet(plain, 0, { replicas: 0 })], pods: [] };
    const { stands } = look({ removed: { 'web-0': ended(member), 'web-0-worker': worker }, read: stopped });
    expect(stands()).toMatchObject({
      type: 'Wait',
      stalled: 'ReleaseUnproven',
      message: expect.stringContaining('pod of consumer worker was removed by force from machine m1'),
    });
  });

  test('is answered for by BestEffort once a later pod of the member runs, and stays so', () => {
    const later = pod(plain, 0, { metadata: { uid: 'later', creationTimestamp: at(-1) } });
    const gone: StoredPod = { ...worker, metadata: { ...worker.metadata, deletionTimestamp: at(-30) } };
    const removed = { 'web-0-worker': gone };
    const suspects: Suspect[] = [{ ...ofWorker, isForced: true, goneAt: at(-30) }];
    expect(look({ removed, suspects, read: { pods: [later] } }).suspects).toHaveLength(1);
    expect(look({ removed, suspects, read: { pods: [later] }, detach: 'BestEffort' }).suspects).toEqual([]);
    expect(look({ removed, read: { pods: [later] } }).suspects).toEqual([]);
  });
});

test('nothing of it counts where attachments tell', () => {
  const drivers = [csiDriver(true)];
  expect(look({ removed: { 'web-0-worker': worker }, read: { drivers } }).suspects).toEqual([]);
});

describe('of more pods than the status tells one by one', () => {
  const followers = Array.from({ length: 8 }, (_, index) => workerOf('worker:1', `worker-${index}`));
  const owner = deployment({ storage: STORAGE, consumers: followers });
  const consumers = followers.map(({ name, kind }) => ({
    ...{ name, kind, phase: 'Running' as const, podUID: `${name}-uid`, nodeName: 'm1' },
  }));
  /** The member is stopped, and of no pod of it or of its consumers is anything left but what is told. */
  const lookAt = (told: Partial<MemberStatus>, read: Partial<Readings>, seconds = 0) => {
    const stopped = statefulSet(owner, 0, { replicas: 0, quiescedAt: at(-5) });
    const rest = { claims: [claim(owner, 0)], drivers: [csiDriver(false)], provenClaims: new Set(['web-0']), ...read };
    const status: NodeDeploymentStatus = { members: [{ name: 'web-0', phase: 'Starting', ...told }] };
    const observed = observe({ ...owner, status }, { statefulSets: [stopped], ...rest }, NOW + seconds * 1000);
    const [one] = observed.members;
    if (one === undefined) throw new Error('no member');
    return { suspects: [...suspectsOf(observed, one)], stands: () => gate(observed, one) };
  };
  const forced: StoredPod = { ...member, metadata: { ...member.metadata, deletionTimestamp: at(0) } };
  /** All eight went unwatched, and the member's own was removed by force. */
  const nine = { podUID: 'member', nodeName: 'm1', consumers };
  const read = { removedPods: new Map([['web-0', forced]]) };
  const older = { podUID: 'older', nodeName: 'm1', goneAt: at(-1), isForced: false, consumer: 'worker-0' };
  const { suspects } = lookAt({ ...nine, suspects: [older] }, read);

  test('each is told while they are the member and its consumers, once', () => {
    expect(lookAt(nine, read).suspects.map(({ podUID, nodeName }) => [podUID, nodeName])).toEqual(
      ['member', ...consumers.map(({ podUID }) => podUID)].map((uid) => [uid, 'm1']),
    );
  });

  test('none is forgotten: the oldest are folded into one', () => {
    expect(suspects).toHaveLength(9);
    expect(suspects[0]).toMatchObject({ nodeName: UNTOLD_MACHINE, isForced: true });
  });

  test('that one stays beside those of them that the operator still remembers', () => {
    const uid = 'worker-0-uid';
    const ofFirst: StoredPod = { ...ended(worker), metadata: { ...worker.metadata, uid, deletionTimestamp: at(0) } };
    const later = lookAt({ suspects }, { removedPods: new Map([['web-0-worker-0', ofFirst]]) }, 3600);
    expect(later.suspects).toEqual([suspects[0]]);
  });

  test.for<[what: string, machines: readonly StoredMachine[]]>([
    ['time', [machine('m1')]],
    ['a machine that is off', [machine('m1', 'Unknown', true)]],
  ])('%s does not release that one, of which nobody knows where it ran', ([, machines]) => {
    const known = new Map(machines.map((one) => [one.metadata.name, one]));
    const later = lookAt({ suspects }, { machines: known }, 3600);
    expect(later.suspects).toEqual([suspects[0]]);
    expect(later.stands()).toMatchObject({
      stalled: 'ReleaseUnproven',
      message: expect.stringContaining('machines that the status has no room to name'),
    });
  });
});
