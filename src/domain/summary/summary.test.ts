import { describe, expect, test } from 'vitest';

import { CONDITION } from '../../api/v1alpha1/conditions.ts';
import { ANNOTATION } from '../../api/v1alpha1/names.ts';
import type { NodeDeploymentStatus, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { statusSchema } from '../../api/v1alpha1/status.ts';
import type { StoredClaim } from '../../kube/kinds.ts';
import { desire } from '../desired/desire.ts';
import { revisionOf } from '../desired/pod-template.ts';
import type { Readings } from '../observed.ts';
import { NOTHING_DONE, type Outcome } from '../outcome.ts';
import { plan } from '../plan.ts';
import { summarize } from './summary.ts';
import {
  NOW,
  STORAGE,
  type SpecInput,
  at,
  attachment,
  claim,
  deployment,
  machine,
  observe,
  pod,
  running,
  service,
  settled,
  statefulSet,
} from '../testing/build.ts';

function statusOf(
  owner: StoredNodeDeployment,
  read: Partial<Readings>,
  outcome: Outcome = NOTHING_DONE,
  now = NOW,
): NodeDeploymentStatus {
  const desired = desire(owner);
  const observed = observe(owner, read, now);
  return summarize(desired, observed, plan(desired, observed), outcome);
}
const conditionOf = (status: NodeDeploymentStatus, type: string): string => {
  const { status: value, reason } = status.conditions?.find((condition) => condition.type === type) ?? {};
  return `${value}/${reason}`;
};

describe('the counters', () => {
  test('are of pods, by readiness and by revision', () => {
    const fleet = deployment({ replicas: 4, rollout: { minReadySeconds: 60, partition: 4 } });
    const old = { ...fleet, spec: { ...fleet.spec, template: running('app:0') } };
    const status = statusOf(fleet, {
      ...settled(fleet, [0, 1]),
      statefulSets: [0, 1, 2].map((ordinal) => statefulSet(ordinal === 2 ? old : fleet, ordinal)),
      pods: [pod(fleet, 0), pod(fleet, 1, { readySince: at(-59) }), pod(old, 2, { ready: false })],
    });
    expect(status).toMatchObject({
      replicas: 3,
      readyReplicas: 2,
      updatedReplicas: 2,
      availableReplicas: 1,
      updateRevision: revisionOf(fleet.spec),
    });
    expect(status.currentRevision).toBeUndefined();
  });

  test('observedGeneration is the generation that was read', () => {
    expect(statusOf(deployment({}, { generation: 7 }), {}).observedGeneration).toBe(7);
  });

  test('currentRevision follows once every member agrees', () => {
    const fleet = deployment({ replicas: 2 });
    expect(statusOf(fleet, settled(fleet, [0, 1])).currentRevision).toBe(revisionOf(fleet.spec));
  });

  test('largestCapacity never goes back', () => {
    const fleet = deployment({ replicas: 1, storage: STORAGE }, {}, { largestCapacity: '1Ti' });
    expect(statusOf(fleet, settled(fleet, [0])).largestCapacity).toBe('1Ti');
    expect(statusOf({ ...fleet, status: { largestCapacity: '1Gi' } }, settled(fleet, [0])).largestCapacity).toBe(
      '10Gi',
    );
  });
});

describe('the phase of a member', () => {
  const fleet = deployment({ storage: STORAGE });
  const set = statefulSet(fleet, 0);
  const stopped = statefulSet(fleet, 0, { replicas: 0, quiescedAt: at(-5) });
  const mine = claim(fleet, 0);

  test.for<[phase: string, spec: SpecInput, read: Partial<Readings>]>([
    ['Pending', {}, {}],
    ['Provisioning', {}, { claims: [mine] }],
    ['Provisioning', {}, { claims: [mine], statefulSets: [set] }],
    ['Starting', {}, { claims: [mine], statefulSets: [set], pods: [pod(fleet, 0, { ready: false })] }],
    [
      'Failed',
      {},
      { claims: [mine], statefulSets: [set], pods: [pod(fleet, 0, { ready: false, waiting: 'CrashLoopBackOff' })] },
    ],
    ['Running', {}, { claims: [mine], statefulSets: [set], pods: [pod(fleet, 0)] }],
    [
      'AwaitingTermination',
      {},
      { claims: [mine], statefulSets: [set], pods: [pod(fleet, 0, { isTerminating: true })] },
    ],
    ['Quiescing', {}, { claims: [mine], statefulSets: [stopped], pods: [pod(fleet, 0)] }],
    [
      'AwaitingTermination',
      {},
      { claims: [mine], statefulSets: [stopped], pods: [pod(fleet, 0, { isTerminating: true })] },
    ],
    ['AwaitingDetach', {}, { claims: [mine], statefulSets: [stopped], attachments: [attachment(mine)] }],
    ['Starting', {}, { claims: [mine], statefulSets: [stopped] }],
    ['Stopped', { suspend: true }, { claims: [mine], statefulSets: [stopped] }],
    ['Deleting', { replicas: 0 }, { statefulSets: [set] }],
  ])('%s (%s)', ([phase, spec, read]) => {
    expect(statusOf(deployment({ storage: STORAGE, ...spec }), read).members?.[0]?.phase).toBe(phase);
  });

  test('comes with pod, machine, claim and attachment', () => {
    expect(statusOf(fleet, settled(fleet, [0])).members?.[0]).toMatchObject({
      name: 'web-0',
      podUID: 'web-0-0-Pod-uid',
      nodeName: 'm1',
      claim: { name: 'web-0', requested: '10Gi', capacity: '10Gi' },
      attachment: { state: 'Attached', since: at(-3600) },
    });
  });
});

describe('the conditions', () => {
  const fleet = deployment({ replicas: 2, storage: STORAGE });
  const whole = settled(fleet, [0, 1]);
  const foreign = claim(fleet, 0, { metadata: { annotations: { [ANNOTATION.deploymentUid]: 'x' }, labels: {} } });
  const noAttach = {
    metadata: { name: 'csi.example.com', uid: 'driver', resourceVersion: '1', creationTimestamp: at(0) },
    spec: { attachRequired: false },
  };
  const GROWN = { ...STORAGE, size: '20Gi' };
  const resizing = (status: StoredClaim['status']): Partial<Readings> => ({
    ...whole,
    claims: whole.claims.map((one) => ({
      ...one,
      spec: { ...one.spec, resources: { requests: { storage: '20Gi' } } },
      status: { ...one.status, ...status },
    })),
  });
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'worker' } } };
  const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  const together = { spec: { containers: [{ name: 'app', image: 'app:1' }], affinity } };
  const refused: Outcome = { refusals: [{ member: 'web-0', reason: 'QuotaExceeded', message: 'no' }] };

  test.for<[type: string, verdict: string, spec: SpecInput, read: Partial<Readings>, outcome?: Outcome]>([
    ['Accepted', 'True/Valid', {}, whole],
    ['Accepted', 'True/ValidWithWarnings', { template: together }, whole],
    ['Ready', 'True/AllMembersReady', {}, whole],
    ['Ready', 'False/MembersNotReady', {}, { ...whole, pods: [] }],
    ['Ready', 'False/Suspended', { suspend: true }, whole],
    ['Ready', 'False/RollingOut', { template: running('app:2') }, whole],
    ['Ready', 'False/RolloutPending', { template: running('app:2'), rollout: { paused: true } }, whole],
    ['Ready', 'False/ForeignClaim', {}, { claims: [foreign] }],
    ['Ready', 'False/QuotaExceeded', {}, whole, refused],
    ['Progressing', 'False/Complete', {}, whole],
    ['Progressing', 'True/MembersStarting', {}, { ...whole, pods: [] }],
    ['Progressing', 'True/RollingOut', { template: running('app:2') }, whole],
    ['Progressing', 'False/Paused', { paused: true }, whole],
    ['Progressing', 'True/ScalingDown', { replicas: 1 }, whole],
    ['Stalled', 'False/NotStalled', {}, whole],
    ['Stalled', 'True/ForeignClaim', {}, { claims: [foreign] }],
    ['Stalled', 'True/QuotaExceeded', {}, { claims: [foreign] }, refused],
    ['StorageReady', 'True/ClaimsBound', {}, whole],
    ['StorageReady', 'False/ClaimsPending', {}, { ...whole, claims: [] }],
    [
      'StorageReady',
      'False/ClaimTerminating',
      {},
      {
        ...whole,
        claims: whole.claims.map((one) => ({ ...one, metadata: { ...one.metadata, deletionTimestamp: at(-5) } })),
      },
    ],
    ['StorageReady', 'False/ResizePending', { storage: { ...STORAGE, size: '20Gi' } }, whole],
    ['StorageReady', 'False/Ephemeral', {}, { ...whole, pods: [pod(deployment(), 0)] }],
    ['VolumesSafe', 'True/ExclusiveAttach', {}, whole],
    ['VolumesSafe', 'Unknown/AttachmentMissing', {}, { ...whole, attachments: [] }],
    ['VolumesSafe', 'Unknown/AttachNotRequired', {}, { ...whole, drivers: [noAttach], attachments: [] }],
    ['VolumesSafe', 'Unknown/CannotReadVolumeAttachments', {}, { ...whole, unreadable: new Set(['attachments']) }],
    ['VolumesSafe', 'Unknown/CannotReadVolumes', {}, { ...whole, volumes: [], unreadable: new Set(['volumes']) }],
    ['VolumesSafe', 'Unknown/CannotReadVolumes', {}, { ...whole, unreadable: new Set(['drivers']) }],
    ['VolumesSafe', 'Unknown/NodeUnreachable', {}, { ...whole, machines: new Map([['m1', machine('m1', 'Unknown')]]) }],
    ['VolumesSafe', 'Unknown/NodeUnreachable', {}, { ...whole, machines: new Map() }],
    ['VolumesSafe', 'True/NoVolumes', { storage: undefined }, { ...whole, claims: [] }],
    ['StorageReady', 'True/Ephemeral', { storage: undefined }, { ...whole, claims: [] }],
    [
      'StorageReady',
      'False/ResizeInfeasible',
      { storage: GROWN },
      resizing({ allocatedResourceStatuses: { storage: 'ControllerResizeInfeasible' } }),
    ],
    [
      'Stalled',
      'True/ResizeInfeasible',
      { storage: GROWN },
      resizing({ allocatedResourceStatuses: { storage: 'NodeResizeInfeasible' } }),
    ],
    [
      'StorageReady',
      'False/FileSystemResizePending',
      { storage: GROWN },
      resizing({ allocatedResourceStatuses: { storage: 'NodeResizePending' } }),
    ],
    ['StorageReady', 'False/Resizing', { storage: GROWN }, resizing({})],
    ['Stalled', 'True/NodeUnreachable', {}, { ...whole, machines: new Map([['m1', machine('m1', 'Unknown')]]) }],
    [
      'VolumesSafe',
      'False/MultipleAttachments',
      {},
      { ...whole, attachments: [...whole.attachments, attachment(claim(fleet, 0), 'm2')] },
    ],
    ['VolumesSafe', 'True/SharedByDesign', { storage: { ...STORAGE, accessMode: 'ReadWriteMany' } }, whole],
    ['Paused', 'False/NotPaused', {}, whole],
    ['Paused', 'True/Paused', { paused: true }, whole],
    ['Paused', 'True/RolloutPaused', { rollout: { paused: true } }, whole],
  ])('%s is %s', ([type, verdict, spec, read, outcome]) => {
    expect(conditionOf(statusOf(deployment({ replicas: 2, storage: STORAGE, ...spec }), read, outcome), type)).toBe(
      verdict,
    );
  });

  test('say so where there is no storage', () => {
    const status = statusOf(deployment(), {});
    expect([conditionOf(status, 'StorageReady'), conditionOf(status, 'VolumesSafe')]).toEqual([
      'True/Ephemeral',
      'True/NoVolumes',
    ]);
  });

  test('say Deleting of a fleet that is deleted', () => {
    const status = statusOf(deployment({}, { deletionTimestamp: at(0), finalizers: ['foreign/f'] }), {});
    expect([conditionOf(status, 'Ready'), conditionOf(status, 'Progressing')]).toEqual([
      'False/Deleting',
      'True/Deleting',
    ]);
  });

  test('name one stalled member, count the others once each, and end with the remedy', () => {
    const dead = new Map([['m1', machine('m1', 'Unknown')]]);
    const messageOf = (replicas: number): string | undefined => {
      const owner = deployment({ replicas, storage: STORAGE });
      const ordinals = Array.from({ length: replicas }, (_, ordinal) => ordinal);
      const stopping = {
        ...settled(owner, ordinals),
        statefulSets: ordinals.map((ordinal) => statefulSet(owner, ordinal, { replicas: 0, quiescedAt: at(-5) })),
        machines: dead,
      };
      return statusOf(owner, stopping).conditions?.find(({ type }) => type === 'Stalled')?.message;
    };
    expect(messageOf(1)).toMatch(/^web-0: pod web-0-0 .*:NoExecute$/);
    expect(messageOf(3)).toMatch(/^web-0 \(and 2 more\): pod web-0-0 .*:NoExecute$/);
  });

  test('keep their times, and those of others, while nothing changes', () => {
    const audited = {
      type: 'example.com/Audited',
      status: 'True' as const,
      reason: 'R',
      message: 'm',
      lastTransitionTime: at(-9),
    };
    const first = statusOf({ ...fleet, status: { conditions: [audited] } }, whole);
    const later = statusOf({ ...fleet, status: first }, whole, NOTHING_DONE, NOW + 3_600_000);
    expect(later).toEqual(first);
    expect(later.conditions).toContainEqual(audited);
  });
});

describe('the ledger of retained claims', () => {
  const fleet = deployment({ replicas: 0, storage: STORAGE });
  const left = claim(fleet, 0);

  test('names a claim from the day on which it was left behind', () => {
    const first = statusOf(fleet, { claims: [left] });
    expect(first.retainedClaims).toEqual([
      { name: 'web-0', uid: left.metadata.uid, size: '10Gi', since: at(0), reason: 'ScaledDown' },
    ]);
    const later = statusOf({ ...fleet, status: first }, { claims: [left] }, NOTHING_DONE, NOW + 3_600_000);
    expect(later.retainedClaims).toEqual(first.retainedClaims);
  });

  test('starts anew for another claim of that name', () => {
    const first = statusOf(fleet, { claims: [left] });
    const other = claim(fleet, 0, { metadata: { uid: 'other' } });
    expect(
      statusOf({ ...fleet, status: first }, { claims: [other] }, NOTHING_DONE, NOW + 60_000).retainedClaims,
    ).toMatchObject([{ uid: 'other', since: at(60) }]);
  });

  test('calls a claim of a former fleet orphaned', () => {
    const orphan = claim(fleet, 0, { metadata: { annotations: { [ANNOTATION.deploymentUid]: 'former' } } });
    expect(statusOf(fleet, { claims: [orphan] }).retainedClaims).toMatchObject([{ reason: 'Orphaned' }]);
  });

  test('forgets a claim that is used again, once its member has a StatefulSet', () => {
    const again = deployment({ replicas: 1, storage: STORAGE }, {}, statusOf(fleet, { claims: [left] }));
    const read = { claims: [left], services: [service(again, 0)] };
    expect(statusOf(again, read).retainedClaims).toHaveLength(1);
    expect(statusOf(again, { ...read, statefulSets: [statefulSet(again, 0)] }).retainedClaims).toBeUndefined();
  });
});

test('a message of somebody else is cut where the status has no room for it, and never in half of a character', () => {
  const fleet = deployment();
  for (const message of ['\u{1f4a3}'.repeat(600), `x${'\u{1f4a3}'.repeat(600)}`]) {
    const refused: Outcome = { refusals: [{ member: 'web-0', reason: 'QuotaExceeded', message }] };
    const status = statusOf(fleet, settled(fleet, [0]), refused);
    const texts = [status.members?.[0]?.message, ...(status.conditions ?? []).map((one) => one.message)];
    expect(texts.map((text) => text?.isWellFormed())).not.toContain(false);
    expect(texts[0]).toMatch(/…$/u);
    statusSchema.parse(status);
  }
});

describe('a status that somebody fills up', () => {
  test.for<[what: string, filled: (fleet: StoredNodeDeployment) => readonly [StoredNodeDeployment, Partial<Readings>]]>(
    [
      [
        'with claims that carry our labels',
        (fleet) => [fleet, { claims: Array.from({ length: 1100 }, (_, ordinal) => claim(fleet, ordinal)) }],
      ],
      [
        'with StatefulSets that carry our labels',
        (fleet) => [fleet, { statefulSets: Array.from({ length: 600 }, (_, ordinal) => statefulSet(fleet, ordinal)) }],
      ],
      [
        'with conditions',
        (fleet) => {
          const one = { status: 'True', reason: 'Made', message: 'up', lastTransitionTime: at(0) } as const;
          const conditions = Array.from({ length: 32 }, (_, index) => ({ ...one, type: `example.com/Mine${index}` }));
          return [{ ...fleet, status: { conditions } }, settled(fleet, [0])];
        },
      ],
    ],
  )('%s still fits its schema, and has our conditions', ([, filled]) => {
    const status = statusOf(...filled(deployment({ replicas: 1, storage: STORAGE })));
    expect(statusSchema.safeParse(status).error).toBeUndefined();
    expect(status.conditions?.slice(0, 7).map(({ type }) => type)).toEqual(Object.values(CONDITION));
    expect(status.members?.[0]?.name).toBe('web-0');
  });

  test('names of the claims that were left behind those first that a spec can ask for again', () => {
    const fleet = deployment({ replicas: 0, storage: STORAGE });
    const claims = Array.from({ length: 300 }, (_, ordinal) => claim(fleet, 299 - ordinal));
    const names = statusOf(fleet, { claims }).retainedClaims?.map(({ name }) => name) ?? [];
    expect([names.length, names[0], names.at(-1)]).toEqual([256, 'web-0', 'web-255']);
  });

  test('cuts a reason that a pod has made up', () => {
    const fleet = deployment({ replicas: 1 });
    const condition = { type: 'PodScheduled', status: 'False', reason: 'r'.repeat(100), message: 'm' };
    const waiting = pod(fleet, 0, { ready: false });
    const unscheduled = { ...waiting, status: { ...waiting.status, conditions: [condition] } };
    const status = statusOf(fleet, { ...settled(fleet, [0]), pods: [unscheduled] });
    expect(status.members?.[0]?.reason).toBe('r'.repeat(64));
  });
});
