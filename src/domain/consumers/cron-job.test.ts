import { describe, expect, test } from 'vitest';

import type { NodeDeploymentStatus, StoredNodeDeployment } from '../../api/v1alpha1/node-deployment.ts';
import { CONDITION } from '../../api/v1alpha1/conditions.ts';
import { CONTROLLER_REVISION, type CronJob, type StoredJob, type StoredPod } from '../../kube/kinds.ts';
import { desire } from '../desired/desire.ts';
import { revisionOf } from '../desired/pod-template.ts';
import { eventsOf } from '../events/events-of.ts';
import { brokenInvariants } from '../invariants.ts';
import type { Readings } from '../observed.ts';
import { NOTHING_DONE, type Outcome } from '../outcome.ts';
import { plan } from '../plan.ts';
import { summarize } from '../summary/summary.ts';
import {
  NOW,
  STORAGE,
  type SpecInput,
  at,
  attachment,
  claim,
  cleanUpOf,
  cronJobOf,
  deployment,
  followerPod,
  followerSet,
  observe,
  pod,
  runOf,
  runPod,
  running,
  settled,
  statefulSet,
  workerOf,
} from '../testing/build.ts';

const GROUP: SpecInput = { storage: STORAGE, consumers: [cleanUpOf('clean:1')] };
const group = deployment(GROUP);
const alone = settled(group, [0]);
const cron = cronJobOf(group, 0);
const run = runOf(cron);
/** Nothing runs now; the next run is on m1. */
const scheduled: Partial<Readings> = { ...alone, cronJobs: [cron] };
const withRun = (suspendedAt?: string, more: Partial<Readings> = {}): Partial<Readings> => ({
  ...alone,
  cronJobs: [cronJobOf(group, 0, suspendedAt)],
  jobs: [run],
  pods: [...alone.pods, runPod(run)],
  ...more,
});
const suspended = (seconds: number, more: Partial<Readings> = {}): Partial<Readings> => ({
  ...scheduled,
  cronJobs: [cronJobOf(group, 0, at(seconds))],
  ...more,
});
const onM2 = (one: StoredPod): StoredPod => ({ ...one, spec: { containers: [], ...one.spec, nodeName: 'm2' } });
const movedPod = onM2(pod(group, 0));

function decide(owner: StoredNodeDeployment, read: Partial<Readings>, now = NOW) {
  const observed = observe(owner, read, now);
  const desired = desire(owner);
  const decided = plan(desired, observed);
  expect(brokenInvariants(decided, desired, observed)).toEqual([]);
  return { desired, observed, plan: decided };
}

/** What is done, a line each: `StartConsumer web-0-clean-up`, `Wait ConsumersStopping`. */
function linesOf(owner: StoredNodeDeployment, read: Partial<Readings>, now = NOW): readonly string[] {
  const { actions } = decide(owner, read, now).plan;
  const isRecord = (action: (typeof actions)[number]): boolean =>
    'kind' in action && action.kind === CONTROLLER_REVISION;
  return actions
    .filter((action) => !isRecord(action))
    .map((action) => {
      if (action.type === 'Apply') return `${action.purpose} ${action.object.metadata?.name}`;
      if (action.type === 'Delete') return `Delete ${action.kind.kind} ${action.key.name}`;
      return action.type === 'Wait' ? `Wait ${action.reason}` : action.type;
    });
}

function messageOf(owner: StoredNodeDeployment, read: Partial<Readings>): string | undefined {
  return decide(owner, read).plan.actions.find((action) => action.type === 'Wait')?.message;
}

function started(read: Partial<Readings>): CronJob {
  const [apply] = decide(group, read).plan.actions;
  if (apply?.type !== 'Apply') throw new Error('nothing is applied');
  return apply.object as CronJob;
}

const moving = (spec: SpecInput = {}): StoredNodeDeployment => {
  const target = deployment({ ...GROUP, template: running('app:2'), ...spec });
  const base = { id: 'p', purpose: 'Rollout', generation: 1, createdAt: at(-10), members: [] } as const;
  const updateRevision = revisionOf(target.spec);
  const status: NodeDeploymentStatus = {
    plan: { ...base, targetRevision: updateRevision, phase: 'Active' },
    updateRevision,
  };
  return { ...target, status };
};

describe('a CronJob', () => {
  test('is made once the pod of its member is on a machine, for that machine, one run at a time', () => {
    expect(linesOf(group, alone)).toEqual(['StartConsumer web-0-clean-up']);
    expect(started(alone).spec).toMatchObject({
      schedule: '0 3 * * *',
      timeZone: 'Etc/UTC',
      suspend: false,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 60,
      jobTemplate: {
        spec: {
          podReplacementPolicy: 'Failed',
          template: {
            spec: {
              restartPolicy: 'OnFailure',
              volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'web-0' } }],
              affinity: {
                nodeAffinity: {
                  requiredDuringSchedulingIgnoredDuringExecution: {
                    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['m1'] }] }],
                  },
                },
              },
            },
          },
        },
      },
    });
    expect(linesOf(group, { ...alone, pods: [] })).not.toContain('StartConsumer web-0-clean-up');
  });

  test('is left alone where all is well, with a run and without', () => {
    expect(linesOf(group, scheduled)).toEqual([]);
    expect(linesOf(group, withRun())).toEqual([]);
  });

  test('is suspended while its member has no pod on a machine, and its run goes on', () => {
    expect(linesOf(group, withRun(undefined, { pods: [runPod(run)] }))).toEqual(['StopConsumer web-0-clean-up']);
  });

  test('follows its member in one write, whose next runs are there; the run on the other machine is ended', () => {
    const read = withRun(undefined, { pods: [movedPod, runPod(run)] });
    expect(linesOf(group, read)).toEqual(['Delete Job web-0-clean-up-29000000', 'StartConsumer web-0-clean-up']);
  });

  test('that was suspended starts again with its member', () => {
    expect(linesOf(group, suspended(-600))).toEqual(['StartConsumer web-0-clean-up']);
  });

  test('takes a change of its template without a stop: the run that is on ends as it began', () => {
    const changed = deployment({ ...GROUP, consumers: [cleanUpOf('clean:2')] });
    expect(linesOf(changed, withRun())).toEqual(['StartConsumer web-0-clean-up']);
  });

  test('of another owner is not touched, and said so, and the fleet is Ready', () => {
    const foreign = { ...cron, metadata: { ...cron.metadata, ownerReferences: [] } };
    const read = { ...alone, cronJobs: [foreign] };
    expect(linesOf(group, read)).toEqual(['Wait ForeignOwner']);
    const { desired, observed, plan: decided } = decide(group, read);
    const { conditions } = summarize(desired, observed, decided, NOTHING_DONE);
    expect(conditions?.find(({ type }) => type === CONDITION.Stalled)).toMatchObject({ status: 'True' });
    expect(conditions?.find(({ type }) => type === CONDITION.Ready)).toMatchObject({ status: 'True' });
  });

  test('that the API server refuses leaves the fleet Ready, and Stalled', () => {
    const { desired, observed, plan: decided } = decide(group, alone);
    const refusal = { member: 'web-0', reason: 'Rejected', message: 'no', isAside: true } as const;
    const outcome: Outcome = { refusals: [refusal] };
    const { conditions } = summarize(desired, observed, decided, outcome);
    expect(conditions?.find(({ type }) => type === CONDITION.Stalled)).toMatchObject({ reason: 'Rejected' });
    expect(conditions?.find(({ type }) => type === CONDITION.Ready)).toMatchObject({ status: 'True' });
  });

  test('that the spec does not have any more is suspended, and deleted once its run is over', () => {
    const without = deployment({ storage: STORAGE });
    expect(linesOf(without, withRun())).toEqual(['StopConsumer web-0-clean-up', 'Wait ConsumersStopping']);
    expect(linesOf(without, withRun(at(-60)))).toEqual(['Wait ConsumersStopping']);
    expect(linesOf(without, suspended(-60))).toEqual(['Delete CronJob web-0-clean-up']);
  });

  test('that becomes a follower of the same name makes room for it', () => {
    const other = deployment({ ...GROUP, consumers: [workerOf('worker:1', 'clean-up')] });
    expect(linesOf(other, suspended(-60))).toEqual(['Delete CronJob web-0-clean-up', 'StartConsumer web-0-clean-up']);
  });
});

describe('a member with a CronJob', () => {
  test('that moves is stopped once the CronJob has been suspended for 5 s', () => {
    expect(linesOf(moving(), scheduled)).toEqual(['Wait ConsumersStopping', 'StopConsumer web-0-clean-up']);
    expect(linesOf(moving(), suspended(-4))).toEqual(['Wait ConsumersStopping']);
    expect(decide(moving(), suspended(-4)).plan.lookAgainAtMs).toBe(NOW + 1000);
    expect(linesOf(moving(), suspended(-5))).toEqual(['Quiesce web-0']);
  });

  test.for<[name: string, owner: StoredNodeDeployment]>([
    ['moves', moving()],
    ['is suspended', deployment({ ...GROUP, suspend: true })],
    ['is scaled away', deployment({ ...GROUP, replicas: 0 })],
  ])('that %s waits until the run has ended, for the progress deadline at most, and then ends it', ([, owner]) => {
    expect(linesOf(owner, withRun(at(-599)))).toEqual(['Wait ConsumersStopping']);
    expect(messageOf(owner, withRun(at(-599)))).toBe(
      'its consumer clean-up stops first: its run web-0-clean-up-29000000 may end by itself until 2026-01-01T12:00:01Z',
    );
    expect(decide(owner, withRun(at(-599))).plan.lookAgainAtMs).toBe(NOW + 1000);
    expect(linesOf(owner, withRun(at(-600)))).toEqual(
      expect.arrayContaining(['Wait ConsumersStopping', 'Delete Job web-0-clean-up-29000000']),
    );
  });

  test.for<[name: string, jobs: readonly StoredJob[], pods: readonly StoredPod[]]>([
    ['its Job has no pod, for it may get one', [run], []],
    ['its pod is there although its Job is gone', [], [runPod(run)]],
    ['a pod of a run by hand is there', [runOf(cron, { name: 'by-hand' })], [runPod(runOf(cron, { name: 'by-hand' }))]],
  ])('counts a run as on while %s', ([, jobs, pods]) => {
    const read = suspended(-60, { jobs, pods: [...alone.pods, ...pods] });
    expect(linesOf(moving(), read)).toEqual(['Wait ConsumersStopping']);
  });

  test('counts a run no more once its Job has finished and its pod has ended, though both are still there', () => {
    const done = { ...run, status: { conditions: [{ type: 'Complete', status: 'True' }] } };
    const read = suspended(-60, { jobs: [done], pods: [...alone.pods, runPod(run, {}, 'Succeeded')] });
    expect(linesOf(moving(), read)).toEqual(['Quiesce web-0']);
  });

  test('that waits for a run keeps its followers at work until then', () => {
    const both = { consumers: [cleanUpOf('clean:1'), workerOf('worker:1')] };
    const set = followerSet(deployment({ ...GROUP, ...both }), 0);
    const followers = { statefulSets: [...alone.statefulSets, set] };
    const pods = [...alone.pods, followerPod(set)];
    const read = withRun(at(-60), { ...followers, pods: [...pods, runPod(run)] });
    expect(linesOf(moving(both), read)).toEqual(['Wait ConsumersStopping']);
    expect(linesOf(moving(both), suspended(-60, { ...followers, pods }))).toEqual([
      'Wait ConsumersStopping',
      'StopConsumer web-0-worker',
    ]);
  });

  test('that is stopped does not start beside a run, which is ended at once', () => {
    const stopped = statefulSet(group, 0, { replicas: 0 });
    const claims = [claim(group, 0)];
    const attachments = claims.map((one) => attachment(one));
    const read = { ...withRun(at(-1)), statefulSets: [stopped], claims, attachments, pods: [runPod(run)] };
    expect(linesOf(group, read)).toEqual(['Wait ConsumersStopping', 'Delete Job web-0-clean-up-29000000']);
    expect(linesOf(group, { ...read, attachments: [], pods: [] })).toEqual([
      'Wait ConsumersStopping',
      'Delete Job web-0-clean-up-29000000',
    ]);
  });

  test('leaves a Job alone that only has the labels of a run: it blocks as anybody does', () => {
    const metadata = { name: 'imposter', uid: 'imposter-uid', ownerReferences: [] };
    const job = runOf(cron, metadata);
    const read = suspended(-3600, { jobs: [job], pods: [...alone.pods, runPod(job)] });
    expect(linesOf(moving(), read)).toEqual(['Wait BlockedByConsumer', 'StartConsumer web-0-clean-up']);
  });

  test('of a fleet that is deleted with its claims goes with its run', () => {
    const retention = { onDelete: 'Delete' } as const;
    const spec = { ...GROUP, storage: { ...STORAGE, retention } };
    const doomed = deployment(spec, { deletionTimestamp: at(0), finalizers: ['nodefleet.dev/claims'] });
    expect(linesOf(doomed, withRun())).toEqual([
      'Delete CronJob web-0-clean-up',
      'Wait ConsumersStopping',
      'Wait PodTerminating',
    ]);
  });
});

describe('a run', () => {
  const due = Date.parse('2026-01-02T03:00:00Z');
  const consumersOf = (read: Partial<Readings>, now = NOW, owner = group) => {
    const { desired, observed, plan: decided } = decide(owner, read, now);
    return summarize(desired, observed, decided, NOTHING_DONE).members?.[0]?.consumers;
  };
  const idle = deployment({ ...GROUP, suspend: true });
  const stopped = suspended(-60, { statefulSets: [statefulSet(idle, 0, { replicas: 0 })], pods: [] });

  test('that came due during a stop is skipped when it is a minute late, which is looked for and told once', () => {
    expect(decide(idle, stopped).plan.lookAgainAtMs).toBe(due + 60_000);
    expect(consumersOf(stopped, due + 59_000, idle)?.[0]?.skippedRunAt).toBeUndefined();
    expect(consumersOf(stopped, due + 60_000, idle)).toMatchObject([
      { phase: 'Stopped', skippedRunAt: '2026-01-02T03:00:00Z' },
    ]);
    const { desired, observed, plan: decided } = decide(idle, stopped, due + 60_000);
    const after = summarize(desired, observed, decided, NOTHING_DONE);
    const tell = (before: NodeDeploymentStatus | undefined) =>
      eventsOf(before, observed, decided, NOTHING_DONE, after)
        .filter(({ reason }) => reason === 'RunSkipped')
        .map(({ note }) => note);
    expect(tell(undefined)).toEqual([
      'web-0: the run of its consumer clean-up that was due at 2026-01-02T03:00:00Z is skipped: the member was in a hand-off or stopped',
    ]);
    expect(tell(after)).toEqual([]);
    expect(decided.lookAgainAtMs).toBeUndefined();
  });

  test('that was skipped is still told of when the CronJob is at work again', () => {
    const told = { name: 'clean-up', kind: 'CronJob', phase: 'Stopped', skippedRunAt: at(-9) } as const;
    const status: NodeDeploymentStatus = { members: [{ name: 'web-0', phase: 'Running', consumers: [told] }] };
    const owner = { ...group, status: { updateRevision: revisionOf(group.spec), ...status } };
    expect(consumersOf(scheduled, NOW, owner)).toMatchObject([{ phase: 'Scheduled', skippedRunAt: at(-9) }]);
  });

  test.for<[phase: string, read: Partial<Readings>]>([
    ['Waiting', alone],
    ['Scheduled', scheduled],
    ['Starting', { ...scheduled, jobs: [run] }],
    ['Running', withRun()],
    ['Stopping', withRun(at(-60))],
    ['Stopped', suspended(-60)],
  ])('makes its consumer %s', ([phase, read]) => {
    expect(consumersOf(read)).toMatchObject([{ name: 'clean-up', kind: 'CronJob', phase }]);
  });

  test('that is ended, and a CronJob that stops and starts, are told as Events', () => {
    const reasonsOf = (owner: StoredNodeDeployment, read: Partial<Readings>) => {
      const { desired, observed, plan: decided } = decide(owner, read);
      const after = summarize(desired, observed, decided, NOTHING_DONE);
      return eventsOf(after, observed, decided, NOTHING_DONE, after).map(({ reason }) => reason);
    };
    expect(reasonsOf(moving(), withRun())).toEqual(['ConsumerStopped']);
    expect(reasonsOf(moving(), withRun(at(-600)))).toEqual(['RunEnded']);
    expect(reasonsOf(group, suspended(-60))).toEqual(['ConsumerStarted']);
    expect(reasonsOf(deployment({ ...GROUP, consumers: [cleanUpOf('clean:2')] }), scheduled)).toEqual([]);
  });
});
