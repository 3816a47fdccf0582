// Scenarios 7 and 8: what counts as the end of a volume's last writer, when its pod says nothing about that.
import { describe, expect, onTestFinished, test } from 'vitest';

import type { MemberStatus } from '../../../src/api/v1alpha1/node-deployment.ts';
import { POD } from '../../../src/kube/kinds.ts';
import { turn } from '../pods.ts';
import { movableClock } from '../support/clocks.ts';
import { connectTo, newCluster, type Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { createGapTransport } from '../support/faults.ts';
import { condition, fleet, toImage } from '../support/fleets.ts';
import { startOperator } from '../support/operator.ts';
import { handOff, readyFleet, untilAllRun, untilReady, volumesOf, type Stage } from '../support/stage.ts';
import { storyOf } from '../support/story.ts';
import { findDoubleUse, recordTruth } from '../support/truth.ts';

/** The line of `web-0`, once it says all of this. */
async function untilMember(cluster: Cluster, expected: object): Promise<MemberStatus | undefined> {
  return eventually(async () => {
    const [member] = (await cluster.nd('web')).status?.members ?? [];
    expect(member).toMatchObject(expected);
    return member;
  });
}

/** The pod of `web-0` does not end by itself any more. */
async function hang({ kubectl }: Cluster): Promise<void> {
  await turn(kubectl, 'pod/web-0-0', 'terminate', 'never');
}

async function deleteByForce({ kubectl }: Cluster): Promise<void> {
  await kubectl(['delete', 'pod/web-0-0', '--grace-period=0', '--force']);
}

describe('scenario 7: a force-deleted pod that still writes (kubernetes#123338)', () => {
  test('in mid hand-off: no new pod is made before the volume is unmounted and its attachment gone', async () => {
    const { cluster, operator, truth, volumes, since } = await readyFleet({ storage: {} });
    const machine = (await cluster.read(POD, 'web-0-0')).spec?.nodeName;
    await turn(cluster.kubectl, 'pvc/web-0', 'unmount', 'never');
    await hang(cluster);
    await cluster.patch('web', toImage('web:2'));
    await untilMember(cluster, { phase: 'AwaitingTermination', reason: 'PodTerminating' });
    await deleteByForce(cluster);
    const member = await untilMember(cluster, { phase: 'AwaitingDetach', handoff: { removedBy: 'Other' } });
    expect(member?.message).toContain(`volume ${volumes.get('web-0')} is attached to machine ${machine}`);
    await operator.quiet();
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(['web-0 stop', 'web-0 pod gone']);

    await turn(cluster.kubectl, 'pvc/web-0', 'unmount', null);
    await untilAllRun(cluster, 'web:2');
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(handOff('web-0', 'web:2'));
    expect(findDoubleUse(truth, volumes)).toEqual([]);
  });

  test('whose StatefulSet is gone too: it is not made again before the attachment is gone', async () => {
    const { cluster, operator, truth, volumes, since } = await readyFleet({ storage: {} });
    await turn(cluster.kubectl, 'pvc/web-0', 'unmount', 'never');
    await hang(cluster);
    await cluster.kubectl(['delete', 'statefulset/web-0', '--wait=false']);
    await untilMember(cluster, { reason: 'PodTerminating' });
    await deleteByForce(cluster);
    await untilMember(cluster, { reason: 'AwaitingDetach', attachment: { state: 'Attached' } });
    await operator.quiet();
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(['web-0 pod gone']);

    await turn(cluster.kubectl, 'pvc/web-0', 'unmount', null);
    await untilReady(cluster);
    await truth.caughtUp();
    const back = ['web-0 pod gone', 'web-0 detached', 'web-0 pod made', 'web-0 attached', 'web-0 ready'];
    expect(storyOf(truth, volumes, since)).toEqual(back);
    expect(findDoubleUse(truth, volumes)).toEqual([]);
  });
});

describe('a volume that the operator has not been told of', () => {
  test('is read live before it is handed on', async () => {
    const cluster = await newCluster();
    const over = createGapTransport(await connectTo(cluster.plane), ({ path }) => path.includes('/persistentvolumes?'));
    const operator = await startOperator(cluster, { over });
    onTestFinished(() => over.open()); // runs first, so that the operator can stop
    over.shut();
    const truth = await recordTruth(cluster);
    await cluster.apply(fleet({ storage: {} }));
    await untilReady(cluster);
    await operator.quiet();
    const since = Number((await cluster.nd('web')).metadata.resourceVersion);
    const volumes = await volumesOf(cluster);
    operator.recording.clear();

    await cluster.patch('web', toImage('web:2'));
    await untilAllRun(cluster, 'web:2');
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(handOff('web-0', 'web:2'));
    expect(findDoubleUse(truth, volumes)).toEqual([]);
    const path = `/api/v1/persistentvolumes/${volumes.get('web-0')}`;
    expect(operator.requests().filter((exchange) => exchange.path === path)).not.toEqual([]);
  });
});

/** As `handOff`, of a volume that is never attached. */
const HAND_OFF = ['web-0 stop', 'web-0 pod gone', 'web-0 start web:2', 'web-0 pod made', 'web-0 ready'];
const STOPPED = HAND_OFF.slice(0, 2);
const NO_ATTACH = { storage: { storageClassName: 'no-attach' } };

/** The pod of `web-0`, which is to move to `web:2`, is deleted by force, and the operator knows. */
async function untilUnproven({ cluster, operator }: Stage): Promise<void> {
  await hang(cluster);
  await cluster.patch('web', toImage('web:2'));
  await untilMember(cluster, { reason: 'PodTerminating' });
  await deleteByForce(cluster);
  await untilMember(cluster, { reason: 'ReleaseUnproven' });
  await operator.quiet();
}

describe('scenario 8: a driver with attachRequired: false (kubernetes#111799)', () => {
  test('hands a volume on as soon as the kubelet has removed the pod, and calls its exclusive use unknown', async () => {
    const { cluster, operator, truth, volumes, since } = await readyFleet(NO_ATTACH);
    const verdict = condition(await cluster.nd('web'), 'VolumesSafe');
    expect(verdict).toMatchObject({ status: 'Unknown', reason: 'AttachNotRequired' });
    expect(verdict?.message).toContain('no-attach.sim.nodefleet.dev');

    await hang(cluster);
    await cluster.patch('web', toImage('web:2'));
    await untilMember(cluster, { phase: 'AwaitingTermination', reason: 'PodTerminating' });
    await operator.quiet();
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(['web-0 stop']);

    await turn(cluster.kubectl, 'pod/web-0-0', 'terminate', null);
    await untilAllRun(cluster, 'web:2');
    const member = await untilMember(cluster, { handoff: { removedBy: 'Kubelet', completedAt: expect.any(String) } });
    expect(member?.handoff).not.toHaveProperty('detachedAt');
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(HAND_OFF);
    expect(findDoubleUse(truth, volumes)).toEqual([]);
  });

  test('and a force-deleted pod: Required refuses and says so, BestEffort goes on at the timeout', async () => {
    const clock = movableClock();
    const stage = await readyFleet({ ...NO_ATTACH, rollout: { detachTimeoutSeconds: 30 } }, undefined, { clock });
    const { cluster, operator, truth, volumes, since } = stage;
    await untilUnproven(stage);
    const stalled = condition(await cluster.nd('web'), 'Stalled');
    expect(stalled).toMatchObject({ status: 'True', reason: 'ReleaseUnproven' });
    expect(stalled?.message).toMatch(
      /^web-0: pod web-0-0 was removed by force from machine machine-\d: its processes may still write/,
    );

    // The timeout is none of Required.
    clock.putForward(31);
    await cluster.kubectl(['annotate', 'nd/web', 'example.com/look=again']);
    await operator.quiet();
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(STOPPED);

    await cluster.patch('web', { spec: { rollout: { detach: 'BestEffort' } } });
    await untilAllRun(cluster, 'web:2');
    expect(condition(await cluster.nd('web'), 'Stalled')?.status).toBe('False');
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(HAND_OFF);
  });

  test('and a force-deleted pod: BestEffort waits until the timeout', async () => {
    const clock = movableClock();
    const rollout = { detach: 'BestEffort', detachTimeoutSeconds: 30 };
    const stage = await readyFleet({ ...NO_ATTACH, rollout }, undefined, { clock });
    const { cluster, truth, volumes, since } = stage;
    await untilUnproven(stage);
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(STOPPED);
    clock.putForward(30);
    await untilAllRun(cluster, 'web:2');
  });

  test('and an operator that did not see how the pod went: goes on once a kubelet must have ended it', async () => {
    const { cluster, operator, truth, volumes, since } = await readyFleet(NO_ATTACH);
    await hang(cluster);
    await cluster.patch('web', toImage('web:2'));
    await untilMember(cluster, { reason: 'PodTerminating' });
    await operator.kill();
    await deleteByForce(cluster);
    const clock = movableClock();
    const successor = await startOperator(cluster, { clock });
    await untilMember(cluster, { reason: 'AwaitingRelease', suspects: [{ isForced: false }] });
    await successor.quiet();
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(STOPPED);
    // 30 s of grace, and 30 s for the kubelet to notice.
    clock.putForward(60);
    await untilAllRun(cluster, 'web:2');
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(HAND_OFF);
  });

  test('and an operator that was restarted after a pod was deleted by force: goes on refusing', async () => {
    const stage = await readyFleet(NO_ATTACH);
    const { cluster, operator, truth, volumes, since } = stage;
    await untilUnproven(stage);
    await operator.kill();
    const successor = await startOperator(cluster);
    await successor.quiet();
    await untilMember(cluster, { reason: 'ReleaseUnproven', suspects: [{ isForced: true }] });
    await truth.caughtUp();
    expect(storyOf(truth, volumes, since)).toEqual(STOPPED);
  });

  test('or a volume that no driver attaches at all (in-tree): the exclusive use is unknown, and it says why', async () => {
    const cluster = await newCluster();
    const truth = await recordTruth(cluster);
    const operator = await startOperator(cluster);
    const { namespace, kubectl } = cluster;
    const name = `nfs-${namespace}`;
    onTestFinished(async () => void (await kubectl(['delete', `pv/${name}`, '--wait=false'])));
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        claimRef: { namespace, name: 'web-0' },
        nfs: { server: 'nfs.example.com', path: '/' },
        storageClassName: '',
      },
    });
    await cluster.apply(fleet({ storage: { storageClassName: '' } }));
    await untilReady(cluster);
    await operator.quiet();
    const { metadata } = await cluster.nd('web');
    expect(await volumesOf(cluster)).toEqual(new Map([['web-0', name]]));
    const verdict = condition(await cluster.nd('web'), 'VolumesSafe');
    expect(verdict).toMatchObject({ status: 'Unknown', reason: 'AttachNotRequired' });
    expect(verdict?.message).toContain('in-tree nfs volumes');

    await cluster.patch('web', toImage('web:2'));
    await untilAllRun(cluster, 'web:2');
    await truth.caughtUp();
    expect(storyOf(truth, await volumesOf(cluster), Number(metadata.resourceVersion))).toEqual(HAND_OFF);
  });
});
