import { describe, expect, test } from 'vitest';

import type { Handoff, MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { at } from '../testing/build.ts';
import { durationsOf } from './durations.ts';

const PLAN = { id: 'p', purpose: 'Rollout', generation: 2, targetRevision: 'r2', members: ['web-0'] } as const;
const ACTIVE: NodeDeploymentStatus = { plan: { ...PLAN, phase: 'Active', createdAt: at(-5) } };

/** A status with one member and this record of its hand-off. */
function withRecord(
  handoff: Handoff | undefined,
  base = ACTIVE,
  member: Partial<MemberStatus> = {},
): NodeDeploymentStatus {
  return { ...base, members: [{ name: 'web-0', phase: 'Running', ...(handoff && { handoff }), ...member }] };
}

const STOPPED: Handoff = { stoppedAt: at(0), podUID: 'u1' };
const GONE: Handoff = { ...STOPPED, podGoneAt: at(7) };
const DETACHED: Handoff = { ...GONE, detachedAt: at(9) };
const STARTED: Handoff = { ...DETACHED, startedAt: at(10) };
const COMPLETED: Handoff = { ...STARTED, completedAt: at(40) };

const told = (before: Handoff | undefined, after: Handoff) => {
  const { steps, downtimes } = durationsOf(withRecord(before), withRecord(after));
  return [...steps.map(({ step, seconds }) => `${step} ${seconds}`), ...downtimes.map((seconds) => `down ${seconds}`)];
};

describe('a hand-off', () => {
  test.for<[name: string, before: Handoff | undefined, after: Handoff, told: readonly string[]]>([
    ['tells nothing when it begins', undefined, STOPPED, []],
    ['tells how long the pod took to go', STOPPED, GONE, ['terminate 7']],
    ['tells how long the volume took to be detached', GONE, DETACHED, ['detach 2']],
    ['tells how long the next pod took to be made', DETACHED, STARTED, ['start 1']],
    [
      'tells how long that took to be available, and how long nobody served',
      STARTED,
      COMPLETED,
      ['ready 30', 'down 40'],
    ],
    ['tells nothing twice', COMPLETED, COMPLETED, []],
    [
      'tells all at once what happened between two looks',
      STOPPED,
      COMPLETED,
      ['terminate 7', 'detach 2', 'start 1', 'ready 30', 'down 40'],
    ],
    ['tells all of another pod than the one before', { ...COMPLETED, podUID: 'u0' }, GONE, ['terminate 7']],
    [
      'counts the start from the end of the pod, where nothing is attached',
      GONE,
      { ...GONE, startedAt: at(8) },
      ['start 1'],
    ],
    [
      'is never shorter than nothing, whatever the clocks say',
      STOPPED,
      { ...GONE, podGoneAt: at(-3) },
      ['terminate 0'],
    ],
  ])('%s', ([, before, after, expected]) => {
    expect(told(before, after)).toEqual(expected);
  });

  test('that ends with its plan still counts', () => {
    const ended = { ...PLAN, phase: 'Completed', createdAt: at(-5) } as const;
    const after: NodeDeploymentStatus = { plan: ended, history: [{ ...ended, endedAt: at(41) }] };
    expect(durationsOf(withRecord(STARTED), withRecord(COMPLETED, after)).downtimes).toEqual([40]);
    expect(durationsOf(withRecord(STARTED, after), withRecord(COMPLETED, after)).downtimes).toEqual([40]);
  });

  test('of a member that goes for good is not told', () => {
    expect(durationsOf(withRecord(STARTED), withRecord(COMPLETED, ACTIVE, { phase: 'Deleting' }))).toEqual({
      steps: [],
      downtimes: [],
    });
  });
});

test('a suspension is no hand-off and no downtime', () => {
  const plan = { ...PLAN, phase: 'Completed', createdAt: at(-50) } as const;
  const rested: NodeDeploymentStatus = { plan, history: [{ ...plan, endedAt: at(-20) }] };
  expect(durationsOf(withRecord(undefined, rested), withRecord(COMPLETED, rested))).toEqual({
    steps: [],
    downtimes: [],
  });
});

test('a pod that was lost is downtime, and no hand-off', () => {
  const lost: Handoff = { podUID: 'u1', podGoneAt: at(0), startedAt: at(5), completedAt: at(20) };
  expect(durationsOf(withRecord(undefined, {}), withRecord(lost, {}))).toEqual({ steps: [], downtimes: [20] });
});
