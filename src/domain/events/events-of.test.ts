import { describe, expect, test } from 'vitest';

import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { Condition, Handoff, MemberStatus, NodeDeploymentStatus } from '../../api/v1alpha1/node-deployment.ts';
import { CLAIM, STATEFUL_SET } from '../../kube/kinds.ts';
import type { Action, Apply } from '../actions.ts';
import type { Readings } from '../observed.ts';
import { NOTHING_DONE, type Outcome } from '../outcome.ts';
import { STORAGE, type SpecInput, at, attachment, claim, deployment, observe, pod } from '../testing/build.ts';
import type { FleetEvent } from './catalogue.ts';
import { eventsOf, lastWords } from './events-of.ts';

interface Scene {
  readonly spec?: SpecInput;
  readonly before?: NodeDeploymentStatus;
  readonly after?: NodeDeploymentStatus;
  readonly read?: Partial<Readings>;
  readonly actions?: readonly Action[];
  readonly outcome?: Outcome;
  readonly metadata?: Parameters<typeof deployment>[1];
}

function tell({ spec, before, after, read, actions = [], outcome = NOTHING_DONE, metadata }: Scene): FleetEvent[] {
  const observed = observe(deployment({ storage: STORAGE, ...spec }, metadata, before), read);
  const plan = { actions, rolloutPlan: before?.plan };
  return [...lastWords(observed, plan, outcome), ...eventsOf(before, observed, plan, outcome, after ?? before ?? {})];
}

/** `Normal HandoffStarted web-0: stops [Pod web-0-0]`. */
const lineOf = ({ type, reason, note, related }: FleetEvent): string =>
  `${type} ${reason} ${note}${related === undefined ? '' : ` [${related.kind} ${related.name}]`}`;
const lines = (scene: Scene): readonly string[] => tell(scene).map(lineOf);
const reasons = (scene: Scene): readonly string[] => tell(scene).map(({ reason }) => reason);

const member = (change: Partial<MemberStatus> = {}): MemberStatus => ({ name: 'web-0', phase: 'Running', ...change });
const members = (...changes: readonly Partial<MemberStatus>[]): NodeDeploymentStatus => ({
  members: changes.map((change, ordinal) => member({ name: `web-${ordinal}`, ...change })),
});
const condition = (type: string, status: Condition['status'], reason: string, message = 'why'): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: at(0),
});

describe('a rollout', () => {
  const plan = {
    id: 'p1',
    purpose: 'Rollout',
    generation: 2,
    targetRevision: 'r2',
    phase: 'Active',
    createdAt: at(-90),
    members: ['web-1', 'web-0'],
  } as const;
  const many = Array.from({ length: 7 }, (_, ordinal) => `web-${ordinal}`);

  test.for<[string, NodeDeploymentStatus | undefined, NodeDeploymentStatus, readonly string[]]>([
    ['begins', {}, { plan }, ['Normal RolloutStarted moving to revision r2: web-1, web-0']],
    [
      'of many members begins, and names a few of them',
      undefined,
      { plan: { ...plan, members: many } },
      ['Normal RolloutStarted moving to revision r2: web-0, web-1, web-2, web-3, web-4 and 2 more'],
    ],
    ['goes on', { plan }, { plan }, []],
    [
      'is completed',
      { plan },
      { plan: { ...plan, phase: 'Completed' } },
      ['Normal RolloutCompleted every member that is to move runs revision r2, 90 s after the rollout began'],
    ],
    ['stays completed', { plan: { ...plan, phase: 'Completed' } }, { plan: { ...plan, phase: 'Completed' } }, []],
    [
      'is superseded',
      { plan },
      { plan: { ...plan, phase: 'Superseded' }, updateRevision: 'r3' },
      ['Normal RolloutSuperseded the rollout of revision r2 gives way to revision r3'],
    ],
    [
      'stays superseded',
      { plan: { ...plan, phase: 'Superseded' } },
      { plan: { ...plan, phase: 'Superseded' }, updateRevision: 'r3' },
      [],
    ],
    [
      'follows another one',
      { plan: { ...plan, phase: 'Superseded' } },
      { plan: { ...plan, id: 'p2', targetRevision: 'r3' } },
      ['Normal RolloutStarted moving to revision r3: web-1, web-0'],
    ],
    [
      'begins again under the same id: a StatefulSet was changed by somebody else',
      { plan: { ...plan, phase: 'Completed' } },
      { plan },
      ['Normal RolloutStarted moving to revision r2: web-1, web-0'],
    ],
  ])('%s', ([, before, after, told]) => {
    expect(lines({ ...(before && { before }), after })).toEqual(told);
  });
});

describe('a condition', () => {
  const paused = condition('Paused', 'True', 'RolloutPaused', 'spec.rollout.paused: no further member is moved');
  const running = condition('Paused', 'False', 'NotPaused');
  const warned = condition('Accepted', 'True', 'ValidWithWarnings', 'deadlock');
  const invalid = condition('Accepted', 'False', 'InvalidSpec', 'spec.replicas: too big');

  test.for<[string, Condition | undefined, Condition, readonly string[]]>([
    ['a pause begins', running, paused, ['Normal RolloutPaused spec.rollout.paused: no further member is moved']],
    [
      'a fleet is born paused',
      undefined,
      paused,
      ['Normal RolloutPaused spec.rollout.paused: no further member is moved'],
    ],
    ['a pause goes on', paused, paused, []],
    [
      'a pause of the rollout becomes one of everything',
      paused,
      condition('Paused', 'True', 'Paused'),
      ['Normal Paused why'],
    ],
    ['a pause ends', paused, running, []],
    ['a spec is refused', undefined, invalid, ['Warning InvalidSpec spec.replicas: too big']],
    ['a spec stays refused', invalid, invalid, []],
    [
      'a template is refused',
      condition('Accepted', 'True', 'Valid'),
      condition('Accepted', 'False', 'InvalidTemplate', 'image: Required value'),
      ['Warning TemplateRefused image: Required value'],
    ],
    ['a template is warned of', condition('Accepted', 'True', 'Valid'), warned, ['Warning TemplateWarning deadlock']],
    ['a fleet is born with a warning', undefined, warned, ['Warning TemplateWarning deadlock']],
    ['a warning goes on', warned, warned, []],
    ['a warning is heeded', warned, condition('Accepted', 'True', 'Valid'), []],
  ])('%s', ([, before, after, told]) => {
    expect(lines({ before: { conditions: before ? [before] : [] }, after: { conditions: [after] } })).toEqual(told);
  });
});

describe('a hand-off', () => {
  const stopped: Handoff = { stoppedAt: at(-30), podUID: 'old', nodeName: 'm1' };
  const gone: Handoff = { ...stopped, podGoneAt: at(-28), removedBy: 'Kubelet' };
  const detached: Handoff = { ...gone, detachedAt: at(-21) };
  const started: Handoff = { ...detached, startedAt: at(-20) };
  const completed: Handoff = { ...started, completedAt: at(-8) };
  const moved = { nodeName: 'm2', revision: 'r2', podUID: 'new' };
  const ofClaim = { claim: { name: 'web-0', uid: 'c' } };
  const active = {
    plan: {
      id: 'p1',
      purpose: 'Rollout',
      generation: 2,
      targetRevision: 'r2',
      phase: 'Active',
      createdAt: at(-90),
      members: ['web-0'],
    },
  } as const;

  test.for<[string, Handoff | undefined, Handoff | undefined, readonly string[]]>([
    ['begins', undefined, stopped, ['Normal HandoffStarted web-0: stops [Pod web-0-0]']],
    [
      'goes on: the pod is gone',
      stopped,
      gone,
      ['Normal OldPodTerminated web-0: its pod is gone from machine m1, 2 s after it was told to stop [Pod web-0-0]'],
    ],
    [
      'goes on by force',
      stopped,
      { ...gone, removedBy: 'Other' },
      [
        'Normal OldPodTerminated web-0: its pod is gone from machine m1, removed by force, 2 s after it was told to stop [Pod web-0-0]',
      ],
    ],
    [
      'goes on: the volume is detached',
      gone,
      detached,
      [
        'Normal VolumeDetached web-0: its volume is detached from machine m1, 7 s after its pod was gone [PersistentVolumeClaim web-0]',
      ],
    ],
    ['starts the next pod, which the StatefulSet controller tells itself', detached, started, []],
    [
      'is completed',
      started,
      completed,
      [
        'Normal HandoffCompleted web-0: available on machine m2 with revision r2, 22 s after it was told to stop, 12 s after its start [Pod web-0-0]',
      ],
    ],
    ['is over', completed, completed, []],
    ['is forgotten with the member', completed, undefined, []],
  ])('%s', ([, before, after, told]) => {
    const said = lines({
      before: members({ ...ofClaim, ...(before && { handoff: before }) }),
      after: members({ ...ofClaim, ...moved, ...(after && { handoff: after }) }),
      read: {},
    });
    expect(said).toEqual(told);
  });

  test.for<[string, Handoff | undefined, Handoff | undefined, readonly string[]]>([
    [
      'is told when the pod is gone',
      completed,
      { podUID: 'new', nodeName: 'm2', podGoneAt: at(-2) },
      ['Normal PodLost web-0: its pod is gone from machine m2, although nodefleet did not ask for it [Pod web-0-0]'],
    ],
    [
      'is told with its end, not as a hand-off',
      { podUID: 'old', podGoneAt: at(-30) },
      { podUID: 'old', podGoneAt: at(-30), startedAt: at(-29), completedAt: at(-20) },
      [
        'Normal PodReplaced web-0: available on machine m2 with revision r2, 10 s after its old pod was gone, 9 s after its start [Pod web-0-0]',
      ],
    ],
    [
      'becomes a hand-off when a stop is asked for meanwhile; the loss is not told again',
      { podUID: 'old', podGoneAt: at(-30) },
      { podUID: 'old', podGoneAt: at(-30), stoppedAt: at(-20) },
      ['Normal HandoffStarted web-0: stops [Pod web-0-0]'],
    ],
  ])('a pod that was lost unasked %s', ([, before, after, told]) => {
    const now = members({ ...moved, ...(after && { handoff: after }) });
    expect(lines({ before: members(before ? { handoff: before } : {}), after: now })).toEqual(told);
  });

  test('a member that is not wanted any more has no hand-off', () => {
    const after = members({ phase: 'Deleting', handoff: { podUID: 'old', podGoneAt: at(-2) } });
    expect(lines({ before: members({ podUID: 'old' }), after })).toEqual([]);
  });

  test('that nobody watched is told whole, in the order of its steps', () => {
    const before = members({ handoff: { ...completed, stoppedAt: at(-3600) } });
    expect(reasons({ before, after: members({ ...moved, handoff: completed }) })).toEqual([
      'HandoffStarted',
      'OldPodTerminated',
      'VolumeDetached',
      'HandoffCompleted',
    ]);
  });

  test('of a rollout says from which revision to which', () => {
    const before = { ...members({ revision: 'r1' }), ...active };
    const [event] = tell({ before, after: { ...before, ...members({ revision: 'r1', handoff: stopped }) } });
    expect(event).toMatchObject({
      note: 'web-0: stops, to move from revision r1 to r2',
      action: 'HandOff',
      related: { uid: 'old' },
    });
  });

  test('of a member whose pod did not run says that the pod is replaced, and why it failed', () => {
    const before = members({ phase: 'Failed', reason: 'ImagePullBackOff' });
    expect(lines({ before, after: members({ handoff: stopped }) })).toEqual([
      'Normal HandoffStarted web-0: stops [Pod web-0-0]',
      'Normal BrokenPodReplaced web-0: its pod did not run (ImagePullBackOff) and is replaced [Pod web-0-0]',
    ]);
  });

  test('is none where spec.suspend stops the member', () => {
    expect(lines({ spec: { suspend: true }, before: members({}), after: members({ handoff: stopped }) })).toEqual([
      'Normal MemberSuspended web-0: stops, as spec.suspend asks [Pod web-0-0]',
    ]);
  });

  test('comes after the beginning of its rollout and before its end', () => {
    const before = { ...members({ handoff: started }), ...active };
    const after = { plan: { ...active.plan, phase: 'Completed' as const }, ...members({ handoff: completed }) };
    expect(reasons({ before, after })).toEqual(['HandoffCompleted', 'RolloutCompleted']);
  });
});

describe('a start on a volume that is not proven free', () => {
  const owner = deployment({ storage: STORAGE });
  const mine = claim(owner, 0);
  const start = { type: 'Apply', purpose: 'Start', member: 'web-0', kind: STATEFUL_SET, object: {} } as const;
  const action: Apply = { ...start, fence: 'absent', fieldManager: 'nodefleet' };
  const read = { claims: [mine], attachments: [attachment(mine)] };
  const before = members({ claim: { name: 'web-0', uid: mine.metadata.uid, requested: '10Gi' } });
  const refusals = [{ member: 'web-0', reason: 'Forbidden', message: 'no' }] as const;

  test.for<[string, Partial<Scene>, readonly string[]]>([
    ['is told under BestEffort', { spec: { rollout: { detach: 'BestEffort' } } }, ['BestEffortDetach']],
    ['cannot be under Required', {}, []],
    [
      'is not told where the volume is free',
      {
        spec: { rollout: { detach: 'BestEffort' } },
        read: { claims: [claim(owner, 0, { spec: { volumeName: '' } })] },
      },
      [],
    ],
    [
      'is not told where the API server has refused it',
      { spec: { rollout: { detach: 'BestEffort' } }, outcome: { refusals } },
      [],
    ],
    [
      'is told although a growth was refused before it',
      {
        spec: { rollout: { detach: 'BestEffort' } },
        outcome: { refusals: [{ member: 'web-0', reason: 'ExpansionNotAllowed', message: 'no' }] },
      },
      ['BestEffortDetach'],
    ],
    [
      'is none of several writers',
      { spec: { rollout: { detach: 'BestEffort' }, storage: { ...STORAGE, accessMode: 'ReadWriteMany' } } },
      [],
    ],
  ])('%s', ([, scene, told]) => {
    expect(reasons({ before, read, actions: [action], ...scene })).toEqual(told);
  });

  test('names the attachment that was left', () => {
    const spec = { rollout: { detach: 'BestEffort' as const } };
    expect(lines({ before, read, spec, actions: [action] })).toEqual([
      expect.stringMatching(
        /^Warning BestEffortDetach web-0: starts although .*pv-web-0 .*m1.* \[PersistentVolumeClaim web-0\]$/,
      ),
    ]);
  });
});

describe('trouble', () => {
  const stalled = (reason: string, message = 'web-0: why') => condition('Stalled', 'True', reason, message);
  const held = { reason: 'BlockedByConsumer', message: 'pod backup mounts claim web-0' };

  test.for<[string, NodeDeploymentStatus, NodeDeploymentStatus, readonly string[]]>([
    [
      'of a member is a Warning when it begins',
      members({}, {}),
      members({}, { reason: 'DetachTimeout', message: 'volume v is attached' }),
      ['Warning DetachTimeout web-1: volume v is attached'],
    ],
    ['that goes on is not told again', members(held), members(held), []],
    ['that ends is not told', members(held), members({}), []],
    [
      'that turns into another one is told',
      members(held),
      members({ reason: 'NodeUnreachable', message: 'm1 is silent' }),
      ['Warning NodeUnreachable web-0: m1 is silent'],
    ],
    ['that is only a wait is not told', members({}), members({ reason: 'AwaitingDetach', message: 'soon' }), []],
    [
      'with a claim of somebody else is a rejection',
      members({}),
      members({ reason: 'ForeignClaim', message: 'claim web-0 exists' }),
      ['Warning ClaimRejected web-0: claim web-0 exists'],
    ],
    [
      'with a claim of another kind is a rejection, too',
      members({}),
      members({ reason: 'ClaimMismatch', message: 'claim web-0 is a block device' }),
      ['Warning ClaimRejected web-0: claim web-0 is a block device'],
    ],
    [
      'with a growth is a refusal of it',
      members({}, {}),
      members({ reason: 'ResizeInfeasible', message: 'no' }, { reason: 'ExpansionNotAllowed', message: 'never' }),
      ['Warning ExpansionRefused web-0: no', 'Warning ExpansionRefused web-1: never'],
    ],
    [
      'that no member shows is told from the condition',
      members({}),
      { ...members({ reason: 'ImagePullBackOff' }), conditions: [stalled('ProgressDeadlineExceeded')] },
      ['Warning ProgressDeadlineExceeded web-0: why'],
    ],
    [
      'that a member shows is not told from the condition too',
      members({}),
      { ...members(held), conditions: [stalled('BlockedByConsumer')] },
      ['Warning BlockedByConsumer web-0: pod backup mounts claim web-0'],
    ],
    [
      'in the condition that goes on is not told again',
      { ...members({}), conditions: [stalled('Forbidden')] },
      { ...members({}), conditions: [stalled('Forbidden', 'web-1: why')] },
      [],
    ],
  ])('%s', ([, before, after, told]) => {
    expect(lines({ before, after })).toEqual(told);
  });

  test.for<[string, string]>([
    ['BlockedByConsumer', 'Pod backup'],
    ['PodTerminatingTooLong', 'Pod web-0-0'],
    ['DetachTimeout', 'PersistentVolumeClaim web-0'],
  ])('%s is related to %s', ([reason, related]) => {
    const owner = deployment({ storage: STORAGE });
    const backup = pod(owner, 0, { metadata: { name: 'backup', uid: 'b', labels: {} } });
    const read = { claims: [claim(owner, 0)], pods: [pod(owner, 0), backup] };
    const before = members({ claim: { name: 'web-0', uid: claim(owner, 0).metadata.uid } });
    const [event] = tell({ before, after: members({ ...before.members?.[0], reason, message: 'why' }), read });
    expect(`${event?.related?.kind} ${event?.related?.name}`).toBe(related);
  });
});

describe('a claim', () => {
  const owner = deployment({ storage: STORAGE });
  const own = claim(owner, 0);
  const { uid } = own.metadata;
  const old = { creationTimestamp: at(-3 * 86_400) };
  const former = claim(owner, 0, {
    metadata: { ...old, annotations: { ...own.metadata.annotations, [ANNOTATION.deploymentUid]: 'former' } },
  });
  const using = (requested = '10Gi') => members({ claim: { name: 'web-0', uid, requested } });
  const kept = (reason: 'ScaledDown' | 'Orphaned' = 'ScaledDown') => ({
    retainedClaims: [{ name: 'web-0', uid, size: '10Gi', since: at(-60), reason }],
  });
  const apply: Apply = {
    type: 'Apply',
    purpose: 'Ensure',
    member: 'web-0',
    kind: CLAIM,
    object: {},
    fence: 'absent',
    fieldManager: 'nodefleet',
  };
  const remove = {
    type: 'Delete',
    member: 'web-0',
    kind: CLAIM,
    key: { namespace: 'default', name: 'web-0' },
    uid,
  } as const;
  const refusals = [{ member: 'web-0', reason: 'Forbidden', message: 'no' }] as const;
  const adopted =
    'Normal ClaimAdopted web-0: uses claim web-0 (10Gi) with its data, 3 d old [PersistentVolumeClaim web-0]';

  test.for<[string, Scene, readonly string[]]>([
    [
      'that was made is told when it is seen for the first time',
      { before: members({}), after: using(), read: { claims: [own] } },
      ['Normal ClaimCreated web-0: claim web-0 (10Gi) is made [PersistentVolumeClaim web-0]'],
    ],
    ['that is known is not told', { before: using(), after: using(), read: { claims: [own] } }, []],
    [
      'that is not there yet is not told, although its creation was accepted',
      { before: members({}), after: members({}), actions: [apply] },
      [],
    ],
    [
      'of a former fleet is told when it is taken over, with its age',
      { before: {}, after: using(), read: { claims: [former] }, actions: [apply] },
      [adopted],
    ],
    [
      'of a former fleet that was refused before is told, too',
      { before: using(), after: using(), read: { claims: [former] }, actions: [apply] },
      [adopted],
    ],
    ['that is not ours is not told', { before: {}, after: using(), read: { claims: [former] } }, []],
    [
      'that the API server does not let us have is not told',
      { before: {}, after: using(), read: { claims: [former] }, actions: [apply], outcome: { refusals } },
      [],
    ],
    [
      'that is older than the fleet was taken over by a reconcile whose status was lost',
      { before: {}, after: using(), read: { claims: [claim(owner, 0, { metadata: old })] } },
      [adopted],
    ],
    [
      'of a member that is back is used again',
      { before: kept(), after: using(), read: { claims: [claim(owner, 0, { metadata: old })] } },
      [adopted],
    ],
    [
      'of a member that is not quite back is not told yet',
      { before: kept(), after: { ...using(), ...kept() }, read: { claims: [former] }, actions: [apply] },
      [],
    ],
    [
      'that a member leaves behind is retained',
      { before: using(), after: { members: [], ...kept() }, read: { claims: [own] } },
      ['Normal ClaimRetained claim web-0 (10Gi) stays, with its data; no member uses it [PersistentVolumeClaim web-0]'],
    ],
    [
      'that a former fleet has left behind is retained',
      { after: kept('Orphaned'), read: { claims: [former] } },
      [
        'Normal ClaimRetained claim web-0 (10Gi) was left behind by a former fleet of this name, with its data; no member uses it [PersistentVolumeClaim web-0]',
      ],
    ],
    ['that stays retained is not told', { before: kept(), after: kept(), read: { claims: [own] } }, []],
    [
      'of a fleet that goes is not told when the ledger ends',
      {
        before: { ...kept(), ...using() },
        after: using(),
        read: { claims: [own] },
        metadata: { deletionTimestamp: at(-1) },
      },
      [],
    ],
    [
      'that is deleted is told when the API server has accepted it',
      { spec: { replicas: 0 }, before: kept(), after: {}, read: { claims: [own] }, actions: [remove] },
      [
        'Normal ClaimDeleted web-0: claim web-0 (10Gi) is deleted with its data, as spec.storage.retention.onScaleDown asks [PersistentVolumeClaim web-0]',
      ],
    ],
    [
      'that is deleted with its fleet says so',
      {
        before: using(),
        after: using(),
        read: { claims: [own] },
        actions: [remove],
        metadata: { deletionTimestamp: at(-1) },
      },
      [
        'Normal ClaimDeleted web-0: claim web-0 (10Gi) is deleted with its data, as spec.storage.retention.onDelete asks [PersistentVolumeClaim web-0]',
      ],
    ],
    [
      'whose deletion is refused is not told',
      { before: using(), after: using(), read: { claims: [own] }, actions: [remove], outcome: { refusals } },
      [],
    ],
    [
      'that asks for more is told',
      { before: using('10Gi'), after: using('20Gi'), read: { claims: [own] } },
      ['Normal ExpansionRequested web-0: claim web-0 asks for 20Gi instead of 10Gi [PersistentVolumeClaim web-0]'],
    ],
    ['that asks for as much in other words is not told', { before: using('10Gi'), after: using('10240Mi') }, []],
    ['that asks for less is not told', { before: using('20Gi'), after: using('10Gi') }, []],
  ])('%s', ([, scene, told]) => {
    expect(lines(scene)).toEqual(told);
  });

  test.for([
    [0, '0 s'],
    [119, '1 min'],
    [7200, '2 h'],
    [86_400 * 400, '400 d'],
  ] as const)('%d s after it was made is %s old', ([seconds, text]) => {
    const metadata = { ...former.metadata, creationTimestamp: at(-seconds) };
    const [event] = tell({ before: {}, after: using(), read: { claims: [{ ...former, metadata }] }, actions: [apply] });
    expect(event?.note).toContain(` ${text} old`);
  });
});
