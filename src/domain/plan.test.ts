import { describe, expect, test } from 'vitest';

import { ANNOTATION } from '../api/v1alpha1/names.ts';
import type { NodeDeploymentStatus, StoredNodeDeployment } from '../api/v1alpha1/node-deployment.ts';
import type { StoredPod } from '../kube/kinds.ts';
import type { Action } from './actions.ts';
import { desire } from './desired/desire.ts';
import { revisionOf } from './desired/pod-template.ts';
import type { Readings } from './observed.ts';
import { plan } from './plan.ts';
import {
  STORAGE,
  type SpecInput,
  at,
  claim,
  deployment,
  machine,
  observe,
  pod,
  running,
  settled,
  statefulSet,
  surgeSet,
} from './testing/build.ts';

const OLD = { replicas: 2, storage: STORAGE } as const;
const old = deployment(OLD);
const rest = settled(old, [0, 1]);

/** The fleet with a new template, and a stored plan to move to it. */
function moving(spec: SpecInput = {}): StoredNodeDeployment {
  const target = deployment({ ...OLD, template: running('app:2'), ...spec });
  const targetRevision = revisionOf(target.spec);
  const base = { id: 'p', purpose: 'Rollout', generation: 1, createdAt: at(-10), members: [] } as const;
  const status: NodeDeploymentStatus = { plan: { ...base, targetRevision, phase: 'Active' } };
  return { ...target, status };
}

/** What is done to members, one line each: `web-0 Quiesce`, `web-0 ForeignOwner`. */
function linesOf(owner: StoredNodeDeployment, read: Partial<Readings>): readonly string[] {
  const lineOf = (action: Action): string[] => {
    if (!('member' in action) || action.member === owner.metadata.name) return [];
    return [
      `${action.member} ${action.type === 'Wait' ? action.reason : 'purpose' in action ? action.purpose : action.type}`,
    ];
  };
  const observed = observe(owner, read);
  return plan(desire(owner), observed).actions.flatMap(lineOf);
}

const stranger = (ordinal: number): StoredPod => {
  const mine = pod(old, ordinal);
  return { ...mine, metadata: { ...mine.metadata, name: `backup-${ordinal}`, uid: `backup-${ordinal}`, labels: {} } };
};

describe('a rollout', () => {
  test('stops the highest member first', () => {
    expect(linesOf(moving(), rest)).toEqual(['web-1 Quiesce']);
  });

  test("leaves a member that runs beside somebody else's pod on its claim, says so, and moves the next", () => {
    expect(linesOf(moving(), { ...rest, pods: [...rest.pods, stranger(1)] })).toEqual([
      'web-0 Quiesce',
      'web-1 BlockedByConsumer',
    ]);
  });

  test('stops nobody where detachment could not be seen, and says so of each', () => {
    const blind = { ...rest, unreadable: new Set<'attachments'>(['attachments']) };
    expect(linesOf(moving(), blind)).toEqual([
      'web-0 CannotReadVolumeAttachments',
      'web-1 CannotReadVolumeAttachments',
    ]);
    expect(linesOf(moving({ rollout: { detach: 'BestEffort' } }), blind)).toEqual(['web-1 Quiesce']);
  });

  test("starts a member without the stamp of its stop, so that somebody else's stop has no old timer", () => {
    const owner = moving();
    const stopped = statefulSet(old, 1, { replicas: 0, quiescedAt: at(-30) });
    const read = {
      ...rest,
      statefulSets: [statefulSet(old, 0), stopped],
      pods: [pod(old, 0)],
      attachments: [],
      provenClaims: new Set(['web-1']),
    };
    const start = plan(desire(owner), observe(owner, read)).actions.find(
      (action) => action.type === 'Apply' && action.purpose === 'Start',
    );
    expect(start).toMatchObject({ object: { metadata: { annotations: { [ANNOTATION.quiescedAt]: '' } } } });
  });
});

test('a surge of another owner is refused by name, and the member is left alone', () => {
  const owner = { ...old, spec: { ...old.spec } };
  const foreign = surgeSet(owner, 0, { metadata: { ownerReferences: [] } });
  const read = { ...rest, services: [], statefulSets: [...rest.statefulSets, foreign] };
  expect(linesOf(owner, read)).toEqual(['web-0 ForeignOwner', 'web-1 Ensure']);
});

test('suspending stops a member whose claim is being deleted, and nothing else is done with that claim', () => {
  const owner = deployment({ ...OLD, replicas: 1, suspend: true });
  const claims = [claim(old, 0, { metadata: { deletionTimestamp: at(-5) } })];
  expect(linesOf(owner, { ...settled(owner, [0]), claims })).toEqual(['web-0 ClaimTerminating', 'web-0 Quiesce']);
  expect(linesOf(deployment({ ...OLD, replicas: 1 }), { ...settled(owner, [0]), claims })).toEqual([
    'web-0 ClaimTerminating',
  ]);
});

test('a growth is asked for beside everything else, and last of the claim', () => {
  const owner = deployment({ ...OLD, replicas: 1, storage: { ...STORAGE, size: '20Gi' } });
  expect(linesOf(owner, settled(deployment({ ...OLD, replicas: 1 }), [0]))).toEqual(['web-0 Resize']);
});

describe('a paused fleet', () => {
  test('is told what is wrong with its members, and nothing is done to them', () => {
    const owner = moving({ paused: true });
    expect(linesOf(owner, rest)).toEqual([]);
    const silent = { ...rest, machines: new Map([['m1', machine('m1', 'Unknown')]]) };
    expect(linesOf(owner, silent)).toEqual(['web-0 NodeUnreachable', 'web-1 NodeUnreachable']);
  });
});

describe("a StatefulSet whose update strategy is somebody's RollingUpdate", () => {
  const withStrategy = (updateStrategy: object, taken = {}, replicas = 1): Partial<Readings> => {
    const sets = [0, 1].map((ordinal) => {
      const set = statefulSet(old, ordinal, { replicas });
      if (ordinal === 0 || set.spec === undefined) return set;
      const annotations = { ...set.metadata.annotations, ...taken };
      return { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, updateStrategy } };
    });
    return { ...rest, statefulSets: sets };
  };
  const appliesTo = (read: Partial<Readings>) =>
    plan(desire(old), observe(old, read)).actions.flatMap((action) =>
      action.type === 'Apply' && action.member === 'web-1' ? [action] : [],
    );
  const rolling = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };

  test('is taken over first, with a partition under which nothing rolls, and without a word about its template', () => {
    const [apply, ...more] = appliesTo(withStrategy(rolling));
    expect(more).toEqual([]);
    expect(apply).toMatchObject({
      purpose: 'Ensure',
      fieldManager: 'nodefleet-strategy',
      object: { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } } },
    });
    expect(Object.keys(apply?.object ?? {})).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    expect(apply).not.toHaveProperty('object.spec.template');
    expect(apply).not.toHaveProperty('object.spec.replicas');
  });

  test("takes another maxUnavailable too: the same one would stay its former owner's", () => {
    const [apply] = appliesTo(withStrategy({ ...rolling, rollingUpdate: { partition: 3, maxUnavailable: 1 } }));
    expect(apply).toHaveProperty('object.spec.updateStrategy.rollingUpdate', { partition: 4, maxUnavailable: 2 });
  });

  test('is OnDelete next, and the mark of the first step goes', () => {
    const [apply] = appliesTo(withStrategy(rolling, { [ANNOTATION.strategyTaken]: 'true' }));
    expect(apply).toHaveProperty('object.spec', { updateStrategy: { type: 'OnDelete' } });
    expect(apply).not.toHaveProperty('object.metadata.annotations');
  });

  test('is mended before the member starts: the start would be refused', () => {
    expect(appliesTo(withStrategy(rolling, {}, 0)).map(({ purpose }) => purpose)).toEqual(['Ensure']);
  });
});
