import { expect, test } from 'vitest';

import type { Handoff, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { handoffOf, wasEndedByKubelet } from './handoff.ts';
import type { Readings } from '../observed.ts';
import {
  NOW,
  STORAGE,
  at,
  attachment,
  claim,
  csiDriver,
  deployment,
  observe,
  pod,
  running,
  statefulSet,
} from '../testing/build.ts';

const old = deployment({ storage: STORAGE });
const mine = claim(old, 0);
const stopped = statefulSet(old, 0, { replicas: 0, quiescedAt: at(-30) });
const oldPod = pod(old, 0, { isTerminating: true, metadata: { uid: 'old-pod' } });
const newPod = pod(old, 0, { readySince: at(40), metadata: { uid: 'new-pod', creationTimestamp: at(20) } });

/** The record after `read`, of a fleet whose status holds `before`. */
function record(read: Partial<Readings>, before?: Handoff, seconds = 0): Handoff | undefined {
  const members = [{ name: 'web-0', phase: 'Running', podUID: 'old-pod', nodeName: 'm1', handoff: before }] as const;
  const status: NodeDeploymentStatus = { members: [...members] };
  const owner = deployment({ storage: STORAGE, template: running('app:1') }, {}, status);
  const observed = observe(owner, { claims: [mine], ...read }, NOW + seconds * 1000);
  const [member] = observed.members;
  if (member === undefined) throw new Error('no member');
  return handoffOf(observed, member);
}

const stop: Handoff = { stoppedAt: at(-30), podUID: 'old-pod', nodeName: 'm1' };
const gone: Handoff = { ...stop, podGoneAt: at(-10) };
const detached: Handoff = { ...gone, removedBy: 'Kubelet', detachedAt: at(-5) };

test('a member that has never lost its pod has no record', () => {
  const same = pod(old, 0, { metadata: { uid: 'old-pod' } });
  expect(record({ statefulSets: [statefulSet(old, 0)], pods: [same] })).toBeUndefined();
});

test('a pod that goes unasked, as in a drain, opens a record; a stop before its next pod goes on with that', () => {
  const lost = { podUID: 'old-pod', nodeName: 'm1', podGoneAt: at(0) };
  const read = { statefulSets: [statefulSet(old, 0)], attachments: [attachment(mine)] };
  expect(record(read)).toEqual(lost);
  expect(record({ ...read, statefulSets: [stopped] }, lost, 5)).toEqual({ ...lost, stoppedAt: at(-30) });
  expect(record({ ...read, pods: [newPod] }, lost, 50)).toMatchObject({
    ...lost,
    startedAt: at(20),
    completedAt: at(40),
  });
});

test('a member that has its next pod already goes on with what the start noted of the last one’s end', () => {
  const noted = (text: string, isAttachable = true) =>
    record({
      statefulSets: [statefulSet(old, 0, { metadata: { annotations: { 'nodefleet.dev/handoff': text } } })],
      pods: [newPod],
      drivers: [csiDriver(isAttachable)],
    });
  expect(noted(JSON.stringify(detached))).toEqual({ ...detached, startedAt: at(20) });
  const unknown = { podUID: 'old-pod', nodeName: 'm1', podGoneAt: at(0), startedAt: at(20) };
  expect(noted(JSON.stringify({ ...detached, podUID: 'another' }))).toEqual(unknown);
  expect(noted('{"podUID":"old-pod","removedBy":"Me"}')).toEqual(unknown);
  expect(noted('{')).toEqual(unknown);
  // Here the record is what a decision rests on, and anybody can have made it up.
  expect(noted(JSON.stringify(detached), false)).toEqual(unknown);
});

test('a record that was told in part goes on with what the start noted, and one that is complete with nothing', () => {
  const annotations = { 'nodefleet.dev/handoff': JSON.stringify(detached) };
  const started = { statefulSets: [statefulSet(old, 0, { metadata: { annotations } })], pods: [newPod] };
  const done = { startedAt: at(20), completedAt: at(40) };
  expect(record(started, stop, 50)).toEqual({ ...detached, ...done });
  expect(record(started, { ...stop, ...done }, 50)?.detachedAt).toBeUndefined();
});

test('a member without a volume goes on with what the start noted: no decision rests on it', () => {
  const owner = deployment({}, {}, { members: [{ name: 'web-0', phase: 'Running', podUID: 'old-pod' }] });
  const annotations = { 'nodefleet.dev/handoff': JSON.stringify(gone) };
  const sets = [statefulSet(owner, 0, { metadata: { annotations } })];
  const [member] = observe(owner, { statefulSets: sets, pods: [newPod] }, NOW).members;
  expect(member && handoffOf(observe(owner, { statefulSets: sets, pods: [newPod] }, NOW), member)).toMatchObject(gone);
});

test('a stop names the pod and its machine', () => {
  expect(record({ statefulSets: [stopped], pods: [oldPod], attachments: [attachment(mine)] })).toEqual(stop);
});

test('a stop whose pod is gone by the time that it is seen takes pod and machine from the status', () => {
  expect(record({ statefulSets: [stopped] })).toMatchObject({ ...stop, podGoneAt: at(0), detachedAt: at(0) });
});

test('each step keeps the time at which it was first seen', () => {
  expect(record({ statefulSets: [stopped], attachments: [attachment(mine)] }, stop)).toEqual({
    ...stop,
    podGoneAt: at(0),
  });
  expect(record({ statefulSets: [stopped] }, gone)).toMatchObject({ podGoneAt: at(-10), detachedAt: at(0) });
  expect(record({ statefulSets: [stopped] }, detached)).toEqual(detached);
});

test('tells who removed the pod', () => {
  const removed = (phase: string, uid = 'old-pod') => ({
    statefulSets: [stopped],
    removedPods: new Map([['web-0', pod(old, 0, { phase, metadata: { uid } })]]),
  });
  expect(record(removed('Succeeded'), stop)).toMatchObject({ removedBy: 'Kubelet' });
  expect(record(removed('Running'), stop)).toMatchObject({ removedBy: 'Other' });
  expect(record(removed('Succeeded', 'another-pod'), stop)?.removedBy).toBeUndefined();
});

test('calls no volume detached that is never attached, or whose attachments may not be read', () => {
  expect(record({ statefulSets: [stopped], volumes: [] }, gone)?.detachedAt).toBeUndefined();
  expect(record({ statefulSets: [stopped], unreadable: new Set(['attachments']) }, gone)?.detachedAt).toBeUndefined();
});

test('ends when the next pod is available', () => {
  const started = { statefulSets: [statefulSet(old, 0)], pods: [newPod] };
  expect(record({ ...started, pods: [{ ...newPod, status: { phase: 'Pending' } }] }, detached, 50)).toEqual({
    ...detached,
    startedAt: at(20),
  });
  const done = { ...detached, startedAt: at(20), completedAt: at(40) };
  expect(record(started, detached, 50)).toEqual(done);
  expect(record({ ...started, pods: [pod(old, 0, { metadata: { uid: 'third-pod' } })] }, done, 900)).toEqual(done);
});

test('a new stop begins a new record', () => {
  const again = statefulSet(old, 0, { replicas: 0, quiescedAt: at(-1) });
  const before = { ...detached, startedAt: at(-20), completedAt: at(-15) };
  expect(record({ statefulSets: [again], pods: [oldPod], attachments: [attachment(mine)] }, before)).toEqual({
    ...stop,
    stoppedAt: at(-1),
  });
});

test('a pod that has never been on a machine has nothing left to write', () => {
  const unscheduled = { ...pod(old, 0, { phase: 'Pending' }), spec: { containers: [] } };
  expect(wasEndedByKubelet(unscheduled)).toBe(true);
  expect(wasEndedByKubelet(pod(old, 0, { phase: 'Pending' }))).toBe(false);
});
